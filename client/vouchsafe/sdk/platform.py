"""The platform as a client sees it: its two sides, opened and closed together, and what can be done on them.

    async with Vouchsafe(Profile.load(path)) as platform:
        account = platform.account(Wallet.create(directory, passphrase))

The two sides live in one object because they live on one device; they share no connection, token or trace, and are
never connected at the same time: what one does waits for the other (`sides`).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from services.chassis.clock import Clock, SystemClock
from vouchsafe.sdk import reading
from vouchsafe.sdk.account import Account
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.compartments import AliasCompartment, PersonCompartment
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.person_account import PersonAccount
from vouchsafe.sdk.person_side import PersonSide
from vouchsafe.sdk.profile import Profile
from vouchsafe.sdk.side import PATIENCE
from vouchsafe.sdk.sides import OneAtATime
from vouchsafe.sdk.voice import Voice
from vouchsafe.sdk.wallet import Wallet


class Vouchsafe:
    """A platform, to be used as an asynchronous context manager on one event loop.

    `patience` is how many seconds a call waits for a service that cannot be reached.
    """

    def __init__(self, profile: Profile, *, patience: float = PATIENCE, clock: Clock | None = None) -> None:
        gate = OneAtATime()
        self.trust = profile.read_trust()
        self.person = PersonSide(profile.person, self.trust, patience=patience, gate=gate)
        self.alias = AliasSide(profile.alias, self.trust, patience=patience, gate=gate)
        self.delays = profile.delays
        self._clock = clock or SystemClock()
        self._patience = patience

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        async with AsyncExitStack() as both:
            both.push_async_callback(self.person.close)
            both.push_async_callback(self.alias.close)

    def person_account(self, compartment: PersonCompartment) -> PersonAccount:
        """The person of a compartment, whose aliases stay closed."""
        return PersonAccount(self.person, compartment)

    def account(self, wallet: Wallet) -> Account:
        """The account of a wallet."""
        return Account(
            self.person,
            self.alias,
            wallet,
            self.trust,
            patience=self._patience,
            delays=self.delays,
            clock=self._clock,
        )

    def voice(self, compartment: AliasCompartment, alias: Alias) -> Voice:
        """An alias of a compartment, to make its steps and to speak with. The person's compartment is not needed."""
        return Voice(
            self.alias,
            compartment,
            alias,
            self.trust.receipt_public,
            delays=self.delays,
            clock=self._clock,
            patience=self._patience,
        )

    def feed(self, *, label: str = "") -> AsyncIterator[reading.Post]:
        """The newest posts, newest first, for as long as the caller asks for more."""
        return reading.feed(self.alias, label=label)

    async def thread(self, thread_id: str) -> reading.Thread:
        """A whole thread with its posts and comments; THREAD_NOT_FOUND when there is none."""
        return await reading.thread(self.alias, thread_id)

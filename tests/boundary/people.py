"""The people of a run: who they are, what their devices do by the SDK, and when each next step is due.

Each person has a wallet, a device and connections of his own: one set for the person's side while he is verified, and
a new one for each visit of his alias. Nothing here knows what an attacker looks at; `cast` tells who is who.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.mailbox import Mailbox
from examples.demo.authors import code_in
from services.chassis.clock import Clock
from tests.boundary.settings import Employer
from vouchsafe.sdk import Account, Cost, Profile, Published, Vouchsafe, VouchsafeError, Wallet
from vouchsafe.sdk.keys import Alias, Person

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_CHEAP = Cost(memory_kib=8 * 1024, passes=1)
_PATIENCE = 20.0
_NOT_YET = frozenset({"LABEL_NOT_ACTIVE", "UNKNOWN_KEY"})


@dataclass
class Citizen:
    """One person and his alias. `moments`: when he did what, by the run's clock."""

    number: int
    employer: Employer
    arrives: float
    name: str = field(default_factory=lambda: f"Zofia {secrets.token_hex(6)}")
    login: str = field(default_factory=lambda: f"zofia-{secrets.token_hex(6)}")
    mailbox: str = field(default_factory=lambda: f"z{secrets.token_hex(6)}")
    password: str = field(default_factory=secrets.token_urlsafe)
    wallet: Wallet | None = None
    moments: dict[str, float] = field(default_factory=dict)
    published: list[Published] = field(default_factory=list)

    @property
    def work_email(self) -> str:
        return f"{self.mailbox}@{self.employer.domain}"

    @property
    def person(self) -> Person:
        """The person's keys."""
        return self._wallet.registered()

    @property
    def alias(self) -> Alias:
        """The alias's keys."""
        return self._wallet.alias(self.employer.label)

    @property
    def _wallet(self) -> Wallet:
        if self.wallet is None:
            raise ValueError("nobody has registered yet")
        return self.wallet


@dataclass
class Devices:
    """What everybody's devices share: the platform's address, the mail, and where wallets lie."""

    profile: Profile
    clock: Clock
    mailbox: Mailbox
    wallets: Path

    async def register(self, citizen: Citizen) -> Vouchsafe:
        """Register, sign in and have a code mailed; the connections stay open for `verify`."""
        directory = self.wallets / citizen.login
        citizen.wallet = await asyncio.to_thread(Wallet.create, directory, citizen.password, cost=_CHEAP)
        sdk = self._connected()
        account = sdk.account(citizen.wallet)
        await account.register(citizen.login, citizen.name, citizen.password)
        await account.sign_in(citizen.password)
        await account.request_code(citizen.work_email)
        return sdk

    async def verify(self, citizen: Citizen, sdk: Vouchsafe) -> None:
        """Send the code back, get the credential, and hang up."""
        async with sdk:
            account = sdk.account(_wallet(citizen))
            challenge = citizen.person.challenge
            assert challenge is not None
            code = code_in(await self.mailbox.wait(citizen.work_email))
            await account.confirm_code(challenge, code)
            await account.issue(citizen.employer.label)

    async def sign_in(self, citizen: Citizen) -> None:
        """Come back on the person's side, for nothing in particular."""
        async with self._connected() as sdk:
            await sdk.account(_wallet(citizen)).sign_in(citizen.password)

    async def deposit(self, citizen: Citizen) -> bool:
        """Leave the envelope at disclosure; False while the label is not open. TooEarlyError before it is due."""

        async def deposit(account: Account) -> None:
            await account.wait_active(citizen.employer.label, patience=0)
            await account.voice(citizen.employer.label).deposit()

        return await self._as_alias(citizen, deposit)

    async def create(self, citizen: Citizen, handle: str) -> bool:
        """Make the alias known to the forum; False when it has not heard of the label yet. TooEarlyError."""
        return await self._as_alias(citizen, lambda account: account.voice(citizen.employer.label).create(handle))

    async def speak(self, citizen: Citizen, thread_id: str = "") -> bool:
        """Open a thread, or post in the one that is given."""

        async def speak(account: Account) -> None:
            voice, words = account.voice(citizen.employer.label), f"words {secrets.token_hex(8)}"
            said = voice.post(thread_id, words) if thread_id else voice.open_thread(f"On {secrets.token_hex(4)}", words)
            citizen.published.append(await said)

        return await self._as_alias(citizen, speak)

    async def read(self) -> None:
        """Read everything, as somebody who has no alias."""
        async with self._connected() as sdk:
            threads = {post.thread_id async for post in sdk.feed()}
            for thread_id in sorted(threads):
                await sdk.thread(thread_id)

    def _connected(self) -> Vouchsafe:
        """Connections of one visit: no two visits share any."""
        return Vouchsafe(self.profile, patience=_PATIENCE, clock=self.clock)

    async def _as_alias(self, citizen: Citizen, act: Callable[[Account], Awaitable[None]]) -> bool:
        async with self._connected() as sdk:
            try:
                await act(sdk.account(_wallet(citizen)))
            except VouchsafeError as error:
                if error.reason in _NOT_YET:
                    return False
                raise
        return True


def _wallet(citizen: Citizen) -> Wallet:
    if citizen.wallet is None:
        raise ValueError("the person has no wallet yet")
    return citizen.wallet

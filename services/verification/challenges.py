"""Holds both sides of an issuance to cut and choose: commitment, choice, openings, and what is recorded of them.

The order of the steps is what makes it safe. The choice is written before it is told, so that no retry, crash or other
replica ever tells another one; the outcome is written before anything is signed. What is cheap is checked before the
openings are, which take a tenth of a second, and for one slot that is done once at a time and always to its end.
Who the person is, and which label he may have, was checked before; signing comes after.
"""

import asyncio
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, commit_id_of, fingerprint_of
from services.seal.canonical import sha256
from services.seal.cut_and_choose import Terms
from services.seal.errors import SealError
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.slots import ChallengeMade, Event, Slot, State
from services.verification.domain.slots_decider import (
    BeginIssuance,
    Command,
    IssueCredential,
    NoteCheat,
    ReleaseSlot,
    Rules,
    is_issued,
    open_challenge,
)

SlotsHandler = CommandHandler[Command, State, Event]
Check = Callable[[Terms, bytes, int, bytes, bytes], Awaitable[None]]
"""`seal.cut_and_choose.check`, off the event loop."""

_OUTCOMES = uuid.UUID("93c0a1de-5f0c-5d0b-8a7e-2f6d4f1b90e4")


@dataclass(frozen=True)
class ChallengePolicy:
    """`seconds`: how long an answer may take at least. It is stored rounded up to the resolution, which tells less."""

    rules: Rules
    seconds: int
    resolution_seconds: int

    def ends_at(self, now: int) -> int:
        """When a challenge made now ends, Unix seconds."""
        return (now // self.resolution_seconds + 1) * self.resolution_seconds + self.seconds


@dataclass(frozen=True)
class Order:
    """Which of whose slots is meant, and by which call."""

    escrow_reference: bytes
    label: str
    epoch: int
    slot: int
    caller: str
    request_id: str
    fingerprint: str

    @property
    def stream(self) -> str:
        """The stream of the person's slots."""
        return f"slots-{self.escrow_reference.hex()}"


@dataclass(frozen=True, repr=False)
class Answer:
    """What comes back to a challenge: the closed candidate's blinded message, and the other candidates opened."""

    blinded_message: bytes
    openings: bytes


class Challenges:
    """The challenges of all persons, as far as this process is asked."""

    def __init__(self, *, slots: SlotsHandler, check: Check, policy: ChallengePolicy, clock: Clock) -> None:
        self._slots = slots
        self._check = check
        self._policy = policy
        self._clock = clock
        self._judging: dict[tuple[str, int, int], asyncio.Task[None]] = {}

    @property
    def candidates(self) -> int:
        """How many candidates a new commitment is to."""
        return self._policy.rules.candidates

    async def begin(self, order: Order, terms: Terms, *, stated: bytes, commitment: bytes) -> Slot:
        """The slot with its challenge, which is the same for the same commitment ever after.

        `stated`: the terms' digest as the other side sees it. TERMS_DIFFER and the refusals of `slots_decider`.
        """
        if stated != terms.digest:
            raise DomainError(Reason.TERMS_DIFFER)
        now = self._now()
        command = BeginIssuance(
            label=order.label,
            epoch=order.epoch,
            slot=order.slot,
            terms=stated,
            commitment=commitment,
            candidates=terms.candidates,
            chosen=secrets.randbelow(terms.candidates),
            now=now,
            expires_at=self._policy.ends_at(now),
            rules=self._policy.rules,
        )
        handled = await self._slots.handle(
            order.stream,
            command,
            commit_id=commit_id_of(order.caller, order.request_id, "challenge"),
            fingerprint=order.fingerprint,
            caller=order.caller,
        )
        return handled.state.slot(order.epoch, order.slot)

    async def check_begun(self, order: Order, *, epoch_open: bool) -> None:
        """Return when the slot was challenged at all, so that there is a key to sign with; NO_CHALLENGE, EPOCH_CLOSED.

        The last challenges of an epoch may be answered after its end, for as long as they last.
        """
        state, _ = await self._slots.state(order.stream)
        slot = state.slot(order.epoch, order.slot)
        begun = slot.issued or slot.challenge
        if begun is None or begun.label != order.label:
            raise DomainError(Reason.NO_CHALLENGE)
        if not epoch_open and (slot.challenge is None or self._now() >= slot.challenge.expires_at):
            raise DomainError(Reason.EPOCH_CLOSED)

    async def finish(self, order: Order, answer: Answer, terms: Callable[[int], Terms]) -> None:
        """Return when the closed candidate is to be signed, which is recorded then.

        `terms`: those of a given number of candidates. NO_CHALLENGE, SLOT_LOST, SLOT_USED, TOO_MANY_STRIKES,
        TERMS_DIFFER, OPENINGS_MALFORMED, WorkersDied; CHEAT_CAUGHT, which is recorded too.
        """
        await self._judge_once(order, answer, terms, revoked=False)

    async def release(self, order: Order, answer: Answer, terms: Callable[[int], Terms]) -> None:
        """Return when a slot under a label that is revoked by now was given back, or issued before; as `finish`.

        Only an honest answer releases it. Else whoever drew badly could wait for a revocation and draw again.
        """
        await self._judge_once(order, answer, terms, revoked=True)

    async def _judge_once(self, order: Order, answer: Answer, terms: Callable[[int], Terms], *, revoked: bool) -> None:
        place = (order.stream, order.epoch, order.slot)
        while (under_way := self._judging.get(place)) is not None:
            await asyncio.wait({under_way})
        judging = asyncio.create_task(self._judge(order, answer, terms, revoked=revoked))
        self._judging[place] = judging
        judging.add_done_callback(lambda task: self._judged(place, task))
        # A caller that hangs up early would otherwise have any number of answers looked at for nothing.
        await asyncio.shield(judging)

    async def _judge(self, order: Order, answer: Answer, terms: Callable[[int], Terms], *, revoked: bool) -> None:
        now, rules = self._now(), self._policy.rules
        place = (order.label, order.epoch, order.slot)
        state, _ = await self._slots.state(order.stream)
        # Step 1: what was signed before is signed again, whatever has happened since.
        blinded_hash = sha256(answer.blinded_message)
        if is_issued(state, *place, blinded_hash):
            return
        if revoked and state.slot(order.epoch, order.slot).released:
            return
        # Step 2: all that needs no recomputing. Terms that have changed on our side are nobody's cheat.
        challenge = open_challenge(state, *place, now)
        if state.strikes(order.epoch, now) >= rules.strikes:
            raise DomainError(Reason.TOO_MANY_STRIKES)
        expected = terms(challenge.candidates)
        if expected.digest != challenge.terms:
            raise DomainError(Reason.TERMS_DIFFER)
        if len(answer.openings) != expected.openings_size:
            raise DomainError(Reason.OPENINGS_MALFORMED)
        # Step 3: every opened candidate is made again. The moment of the answer counts, not that of the verdict.
        try:
            await self._check(expected, challenge.commitment, challenge.chosen, answer.openings, answer.blinded_message)
        except SealError:
            await self._conclude(order, challenge, NoteCheat(*place, now))
            raise DomainError(Reason.CHEAT_CAUGHT) from None
        honest = ReleaseSlot(*place, now) if revoked else IssueCredential(*place, blinded_hash, now, rules)
        await self._conclude(order, challenge, honest)

    def _judged(self, place: tuple[str, int, int], task: asyncio.Task[None]) -> None:
        del self._judging[place]
        if not task.cancelled():
            task.exception()  # the caller may be gone, and with it whoever would have looked

    async def _conclude(
        self, order: Order, challenge: ChallengeMade, command: NoteCheat | IssueCredential | ReleaseSlot
    ) -> None:
        """Record the outcome of a challenge, whatever the request's id was used for before.

        Under an id of the caller's choosing, a cheat could be found again and again and never be written down.
        """
        place = f"{order.stream}/{order.epoch}/{order.slot}"
        outcome = f"{type(command).__name__} {place} {challenge.commitment.hex()}"
        signed = command.blinded_hash if isinstance(command, IssueCredential) else b""
        await self._slots.handle(
            order.stream,
            command,
            commit_id=str(uuid.uuid5(_OUTCOMES, outcome)),
            fingerprint=fingerprint_of("verification", outcome.encode() + signed),
            caller=order.caller,
        )

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

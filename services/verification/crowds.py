"""The crowds of all labels, on the event log: who may be issued under which label, counted once; and what follows.

`admit` before a credential is issued, `count` after it was, `ripen` from time to time. What activates a label is
`domain.crowd_decider`'s to say; the streams are one for each widest label and epoch.
"""

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from opentelemetry.context import Context as TraceContext

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.tracelink import opened
from services.verification.domain import crowd_decider, employment_decider
from services.verification.domain.crowd_decider import CountPerson, Policy, RevocationReason, RevokeLabel, Ripen
from services.verification.domain.employment_decider import ChooseEmployer, employer_for
from services.verification.domain.epoch import EpochLength, epoch_at, epoch_before, span_of
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Organisations

CrowdHandler = CommandHandler[crowd_decider.Command, crowd_decider.State, crowd_decider.Event]
EmploymentHandler = CommandHandler[employment_decider.Command, employment_decider.State, employment_decider.Event]

CALLER = "verification"
FAILED = "crowd_failed"

_LOOK_SECONDS = 30.0
_CHOSEN = uuid.UUID("6f0a8c35-3a1e-5e0a-9d0b-8c6c8f2f7b52")
_COUNTED = uuid.UUID("c7a40d0e-94b3-5c6f-8b1f-2e5d7a9c3f61")
_log = log(__name__)


@dataclass(frozen=True)
class Standing:
    """A label in an epoch: how many people count, and whether it may speak."""

    crowd: int
    active: bool
    revoked: bool


class Crowds:
    """The crowds of one process. Those of other processes are the same: the event store decides."""

    def __init__(
        self,
        *,
        crowds: CrowdHandler,
        employments: EmploymentHandler,
        organisations: Organisations,
        policy: Policy,
        length: EpochLength,
        clock: Clock,
    ) -> None:
        self._crowds = crowds
        self._employments = employments
        self._organisations = organisations
        self._policy = policy
        self._length = length
        self._clock = clock

    @property
    def minimum(self) -> int:
        """How many people a label needs. Policy, and no secret."""
        return self._policy.minimum

    @property
    def epoch(self) -> int:
        """The current epoch."""
        return epoch_at(self._clock.now(), self._length)

    @property
    def ends_at(self) -> int:
        """When the current epoch ends, Unix seconds."""
        return span_of(self.epoch, self._length).ends_at

    async def admit(self, reference: bytes, label: str, epoch: int) -> None:
        """Return if a credential under the label may be issued to the person; to be asked before each.

        The first time in an epoch it settles through which employer. UNKNOWN_LABEL, LABEL_REVOKED, NOT_EMPLOYED,
        OTHER_EMPLOYER.
        """
        widest = self._widest(label)
        crowds, _ = await self._crowds.state(_stream(widest, epoch))
        if label in crowds.revoked:
            raise DomainError(Reason.LABEL_REVOKED)
        choice = ChooseEmployer(reference, widest, epoch, self._organisations.employers(label), self._now())
        state, _ = await self._employments.state(employment_stream(reference))
        employer_for(choice, state)
        if (widest, epoch) not in state.chosen:
            await self._choose(choice)

    async def count(self, reference: bytes, label: str, epoch: int) -> None:
        """Count a person who was admitted and holds a credential now, once for the label and epoch.

        In a trace of its own: the one who completes a crowd has it announced to the alias side, and the announcement
        must not name the call that caused it.
        """
        widest = self._widest(label)
        employments, _ = await self._employments.state(employment_stream(reference))
        employer = employments.chosen[widest, epoch]
        command = CountPerson(
            label=label,
            epoch=epoch,
            escrow_reference=reference,
            path=self._organisations.path(employer),
            proven_at=employments.since[employer],
            now=self._now(),
            policy=self._policy,
        )
        person = f"{label}-{epoch}/{reference.hex()}"
        with opened("count", parent=TraceContext()):
            await self._crowds.handle(
                _stream(widest, epoch),
                command,
                commit_id=str(uuid.uuid5(_COUNTED, person)),
                fingerprint=fingerprint_of(CALLER, person.encode()),
                caller=CALLER,
            )

    async def standing(self, label: str, epoch: int) -> Standing:
        """How a label stands; UNKNOWN_LABEL."""
        state, _ = await self._crowds.state(_stream(self._widest(label), epoch))
        return Standing(state.crowd(label, self._now()), label in state.active, label in state.revoked)

    async def revoke(self, label: str, epoch: int, reason: RevocationReason, *, request_id: str, caller: str) -> None:
        """Stop a label in an epoch; one that is stopped stays so, with its first reason. UNKNOWN_LABEL."""
        what = f"{label}-{epoch} {reason}"
        await self._crowds.handle(
            _stream(self._widest(label), epoch),
            RevokeLabel(label, epoch, reason),
            commit_id=str(uuid.uuid5(uuid.UUID(request_id), f"{caller} {what}")),
            fingerprint=fingerprint_of(caller, what.encode()),
            caller=caller,
        )

    async def ripen(self) -> None:
        """Activate what has become large enough by time alone.

        The epoch before counts too: those who came on its last day are of age in the next.
        """
        current = self.epoch
        for widest in self._all_widest():
            for epoch in (epoch_before(current, self._length), current):
                await self._ripen(widest, epoch)

    async def run(self) -> None:
        """Look now and from time to time, until cancelled. What fails is tried again at the next look."""
        while True:
            try:
                await self.ripen()
            except Exception as error:  # noqa: BLE001 -- a crowd that ripens late is late, no more
                _log.error(FAILED, error_type=type(error).__name__, at=where(error))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ripen(self, widest: str, epoch: int) -> None:
        command = Ripen(epoch, self._now(), self._policy)
        state, _ = await self._crowds.state(_stream(widest, epoch))
        if not crowd_decider.decide(command, state):
            return
        with opened("ripen", parent=TraceContext()):
            # Any number of replicas may come to this: the stream's version decides, and the others then find no more
            # to activate. So the commit's id need not be the same for all.
            commit_id = str(uuid.uuid4())
            fingerprint = fingerprint_of(CALLER, commit_id.encode())
            await self._crowds.handle(
                _stream(widest, epoch), command, commit_id=commit_id, fingerprint=fingerprint, caller=CALLER
            )

    async def _choose(self, choice: ChooseEmployer) -> None:
        """Record the choice, of which there is one; whoever was faster with another has made it."""
        what = f"{choice.widest}-{choice.epoch}/{choice.escrow_reference.hex()}"
        handled = await self._employments.handle(
            employment_stream(choice.escrow_reference),
            choice,
            commit_id=str(uuid.uuid5(_CHOSEN, what)),
            fingerprint=fingerprint_of(CALLER, what.encode()),
            caller=CALLER,
        )
        employer_for(choice, handled.state)

    def _widest(self, label: str) -> str:
        return self._organisations.path(label)[-1]

    def _all_widest(self) -> Iterable[str]:
        return sorted({self._widest(label.id) for label in self._organisations.labels()})

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def employment_stream(escrow_reference: bytes) -> str:
    """The stream of one person's employments."""
    return f"employment-{escrow_reference.hex()}"


def _stream(widest: str, epoch: int) -> str:
    return f"crowds-{widest}-{epoch}"

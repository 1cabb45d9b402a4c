"""Where a person works, as far as it was proven, and through which employer credentials go to him.

Events, state and decisions of the stream `employment-<reference>`. Below one widest label a person has one employer an
epoch: counted through two, he could be told from those who have only one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.verification.domain.errors import DomainError, Reason


@dataclass(frozen=True)
class EmploymentVerified:
    """A person works somewhere until `expires_at`, as proven at `proven_at`, Unix seconds; 0 in old events."""

    escrow_reference: bytes
    ownership_key: bytes
    organisation: str
    expires_at: int
    proven_at: int = 0


@dataclass(frozen=True)
class EmployerChosen:
    """In the epoch, and below the label `widest`, the person is issued credentials as one of this organisation's."""

    escrow_reference: bytes
    widest: str
    epoch: int
    organisation: str


Event = EmploymentVerified | EmployerChosen


@dataclass(frozen=True)
class VerifyEmployment:
    """Record what a mailbox has proven."""

    escrow_reference: bytes
    ownership_key: bytes
    organisation: str
    expires_at: int
    proven_at: int


@dataclass(frozen=True)
class ChooseEmployer:
    """Settle on one of the `employers` through whom a credential may go, at `now` (Unix seconds)."""

    escrow_reference: bytes
    widest: str
    epoch: int
    employers: tuple[str, ...]
    now: int


Command = VerifyEmployment | ChooseEmployer


@dataclass(frozen=True)
class State:
    """Until when each organisation is proven, since when without a gap, and the employer of each widest and epoch."""

    until: Mapping[str, int] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    chosen: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def employed(self, organisation: str, now: int) -> bool:
        """Whether the person's employment there is proven at `now`."""
        return self.until.get(organisation, 0) > now


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event; a proof never shortens an earlier one."""
    match event:
        case EmploymentVerified(organisation=organisation):
            before = state.until.get(organisation, 0)
            unbroken = organisation in state.since and before >= event.proven_at
            since = state.since[organisation] if unbroken else event.proven_at
            return replace(
                state,
                until={**state.until, organisation: max(event.expires_at, before)},
                since={**state.since, organisation: since},
            )
        case EmployerChosen():
            return replace(state, chosen={**state.chosen, (event.widest, event.epoch): event.organisation})


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """A proof is always recorded, since the mailbox has judged it; a choice, once. NOT_EMPLOYED, OTHER_EMPLOYER."""
    match command:
        case VerifyEmployment():
            return (
                EmploymentVerified(
                    command.escrow_reference,
                    command.ownership_key,
                    command.organisation,
                    command.expires_at,
                    command.proven_at,
                ),
            )
        case ChooseEmployer(escrow_reference=reference, widest=widest, epoch=epoch):
            employer = employer_for(command, state)
            chosen = EmployerChosen(reference, widest, epoch, employer)
            return () if (widest, epoch) in state.chosen else (chosen,)


def employer_for(command: ChooseEmployer, state: State) -> str:
    """The employer that was chosen, else the one proven for longest; NOT_EMPLOYED, OTHER_EMPLOYER.

    A chosen one counts for as long as the employment is proven.
    """
    chosen = state.chosen.get((command.widest, command.epoch))
    if chosen is not None and command.employers and chosen not in command.employers:
        raise DomainError(Reason.OTHER_EMPLOYER)
    candidates = [each for each in command.employers if chosen in (None, each)]
    employed = [each for each in candidates if state.employed(each, command.now)]
    if not employed:
        raise DomainError(Reason.NOT_EMPLOYED)
    return min(employed, key=lambda each: (state.since[each], each))

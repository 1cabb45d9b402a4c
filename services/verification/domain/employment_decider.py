"""Where a person works, as far as it was proven: events, state and decision of the stream `employment-<reference>`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EmploymentVerified:
    """A person works somewhere until `expires_at`, Unix seconds."""

    escrow_reference: bytes
    ownership_key: bytes
    organisation: str
    expires_at: int


@dataclass(frozen=True)
class VerifyEmployment:
    """Record what a mailbox has proven."""

    escrow_reference: bytes
    ownership_key: bytes
    organisation: str
    expires_at: int


@dataclass(frozen=True)
class State:
    """Until when each organisation is proven, Unix seconds."""

    until: Mapping[str, int] = field(default_factory=dict)

    def employed(self, organisation: str, now: int) -> bool:
        """Whether the person's employment there is proven at `now`."""
        return self.until.get(organisation, 0) > now


initial = State()


def evolve(state: State, event: EmploymentVerified) -> State:
    """The state after an event; a proof never shortens an earlier one."""
    until = max(event.expires_at, state.until.get(event.organisation, 0))
    return State({**state.until, event.organisation: until})


def decide(command: VerifyEmployment, _state: State) -> tuple[EmploymentVerified, ...]:
    """Always granted: the proof was judged by the mailbox."""
    return (
        EmploymentVerified(command.escrow_reference, command.ownership_key, command.organisation, command.expires_at),
    )

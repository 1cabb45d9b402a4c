"""How many codes one person may ask for, whichever mailboxes they go to: events, state and decision.

It lives in a stream of the person's own, so that the limit holds across processes and restarts.
"""

from dataclasses import dataclass

from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.limits import Limit


@dataclass(frozen=True)
class MailAllowanceUsed:
    """A person asked for a code; `used_at` in Unix seconds."""

    escrow_reference: bytes
    used_at: int


@dataclass(frozen=True)
class UseAllowance:
    """Ask for one more code at `now`, Unix seconds."""

    escrow_reference: bytes
    now: int
    limit: Limit


State = tuple[int, ...]
"""The times of earlier requests."""

initial: State = ()


def evolve(state: State, event: MailAllowanceUsed) -> State:
    """The state after an event."""
    return (*state, event.used_at)


def decide(command: UseAllowance, state: State) -> tuple[MailAllowanceUsed, ...]:
    """One more request, or TOO_MANY_CODES."""
    if command.limit.reached(state, command.now):
        raise DomainError(Reason.TOO_MANY_CODES)
    return (MailAllowanceUsed(command.escrow_reference, command.now),)

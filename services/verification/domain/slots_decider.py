"""A person's slots: how many credentials he may be issued in an epoch, under all labels together.

What is signed stays blind; only the blinded message's hash is kept, so that a repeat can be told from a second
credential for the same slot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.verification.domain.errors import DomainError, Reason


@dataclass(frozen=True)
class CredentialIssued:
    """One slot was used; `blinded_hash` is the SHA-256 of the blinded message."""

    label: str
    epoch: int
    slot: int
    blinded_hash: bytes


@dataclass(frozen=True)
class UseSlot:
    """Use a slot, counted from 0, of `slots` in the epoch."""

    label: str
    epoch: int
    slot: int
    blinded_hash: bytes
    slots: int


@dataclass(frozen=True)
class State:
    """What was issued for each (epoch, slot)."""

    used: Mapping[tuple[int, int], CredentialIssued] = field(default_factory=dict)


initial = State()


def evolve(state: State, event: CredentialIssued) -> State:
    """The state after an event."""
    return State({**state.used, (event.epoch, event.slot): event})


def decide(command: UseSlot, state: State) -> tuple[CredentialIssued, ...]:
    """The slot's use; nothing new for the same blinded message; UNKNOWN_SLOT, SLOT_USED."""
    if not 0 <= command.slot < command.slots:
        raise DomainError(Reason.UNKNOWN_SLOT)
    issued = CredentialIssued(command.label, command.epoch, command.slot, command.blinded_hash)
    before = state.used.get((command.epoch, command.slot))
    if before is None:
        return (issued,)
    if before != issued:
        raise DomainError(Reason.SLOT_USED)
    return ()

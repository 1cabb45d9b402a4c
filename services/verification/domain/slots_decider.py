"""What may be done with a person's slots: challenge, issue, note a cheat, and release what a revocation came between.

Whether candidates are honest is found out before a command is made; here only the outcome counts. The choice of the
candidate is a proposal until its event is written: of two commands with the same commitment the first one's choice
stays, whoever sent the second and however often.
"""

from dataclasses import dataclass

from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.slots import (
    ChallengeMade,
    CheatCaught,
    CredentialIssued,
    Event,
    Slot,
    SlotReleased,
    State,
    evolve,
    initial,
)

__all__ = [
    "BeginIssuance",
    "Command",
    "IssueCredential",
    "NoteCheat",
    "ReleaseSlot",
    "Rules",
    "decide",
    "evolve",
    "initial",
]


@dataclass(frozen=True)
class Rules:
    """`slots`: credentials in an epoch; `candidates`: made for one; `strikes`: lost slots that end issuing for it."""

    slots: int
    candidates: int
    strikes: int


@dataclass(frozen=True)
class BeginIssuance:
    """Challenge a commitment to candidates; `chosen` is drawn at random. Times in Unix seconds."""

    label: str
    epoch: int
    slot: int
    terms: bytes
    commitment: bytes
    candidates: int
    chosen: int
    now: int
    expires_at: int
    rules: Rules


@dataclass(frozen=True)
class IssueCredential:
    """Use the slot up for the closed candidate: all others were opened, and found honest."""

    label: str
    epoch: int
    slot: int
    blinded_hash: bytes
    now: int
    rules: Rules


@dataclass(frozen=True)
class NoteCheat:
    """Use the slot up for nothing: an opened candidate was found dishonest."""

    label: str
    epoch: int
    slot: int
    now: int


@dataclass(frozen=True)
class ReleaseSlot:
    """Give the slot back: all others were opened, and found honest, under a label that is revoked by now."""

    label: str
    epoch: int
    slot: int
    now: int


Command = BeginIssuance | IssueCredential | NoteCheat | ReleaseSlot


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events of a command, or one of the reasons that the functions below name."""
    match command:
        case BeginIssuance():
            return _begin(command, state)
        case IssueCredential():
            return _issue(command, state)
        case NoteCheat():
            return _note_cheat(command, state)
        case ReleaseSlot():
            return _release(command, state)


def open_challenge(state: State, label: str, epoch: int, slot: int, now: int) -> ChallengeMade:
    """The challenge that an answer is due to; NO_CHALLENGE, SLOT_USED, SLOT_LOST."""
    found = state.slot(epoch, slot)
    if found.issued is not None:
        raise DomainError(Reason.SLOT_USED)
    if found.challenge is None or found.challenge.label != label or found.released:
        raise DomainError(Reason.NO_CHALLENGE)
    if found.lost(now):
        raise DomainError(Reason.SLOT_LOST)
    return found.challenge


def is_issued(state: State, label: str, epoch: int, slot: int, blinded_hash: bytes) -> bool:
    """Whether the slot was used for this very message."""
    return state.slot(epoch, slot).issued == CredentialIssued(label, epoch, slot, blinded_hash)


def _begin(command: BeginIssuance, state: State) -> tuple[Event, ...]:
    """A challenge, nothing for the same commitment again.

    UNKNOWN_SLOT, SLOT_*, TOO_MANY_STRIKES, CHALLENGES_OPEN, CANDIDATES_DIFFER.
    """
    if not 0 <= command.slot < command.rules.slots:
        raise DomainError(Reason.UNKNOWN_SLOT)
    slot = state.slot(command.epoch, command.slot)
    if slot.lost(command.now):
        raise DomainError(Reason.SLOT_LOST)
    if slot.issued is not None:
        return _repeated(command, slot, Reason.SLOT_USED)
    _check_strikes(state, command.epoch, command.now, command.rules)
    if slot.open(command.now):
        return _repeated(command, slot, Reason.SLOT_CHALLENGED)
    _check_open(state, command)
    if command.candidates != command.rules.candidates:
        raise DomainError(Reason.CANDIDATES_DIFFER)
    return (
        ChallengeMade(
            label=command.label,
            epoch=command.epoch,
            slot=command.slot,
            terms=command.terms,
            commitment=command.commitment,
            candidates=command.candidates,
            chosen=command.chosen,
            expires_at=command.expires_at,
        ),
    )


def _repeated(command: BeginIssuance, slot: Slot, otherwise: Reason) -> tuple[Event, ...]:
    made = slot.challenge
    if made is None or (made.label, made.terms, made.commitment) != (command.label, command.terms, command.commitment):
        raise DomainError(otherwise)
    return ()


def _issue(command: IssueCredential, state: State) -> tuple[Event, ...]:
    """The slot's use, nothing for the same message again; those of `open_challenge`, TOO_MANY_STRIKES."""
    if is_issued(state, command.label, command.epoch, command.slot, command.blinded_hash):
        return ()
    open_challenge(state, command.label, command.epoch, command.slot, command.now)
    _check_strikes(state, command.epoch, command.now, command.rules)
    return (CredentialIssued(command.label, command.epoch, command.slot, command.blinded_hash),)


def _note_cheat(command: NoteCheat, state: State) -> tuple[Event, ...]:
    """The strike, once; those of `open_challenge`."""
    if state.slot(command.epoch, command.slot).caught:
        return ()
    open_challenge(state, command.label, command.epoch, command.slot, command.now)
    return (CheatCaught(command.label, command.epoch, command.slot),)


def _release(command: ReleaseSlot, state: State) -> tuple[Event, ...]:
    """The slot's release; those of `open_challenge`."""
    open_challenge(state, command.label, command.epoch, command.slot, command.now)
    return (SlotReleased(command.label, command.epoch, command.slot),)


def _check_open(state: State, command: BeginIssuance) -> None:
    """Whoever begins all slots at once would have as many tries as there are slots, before the first is lost."""
    at_risk = state.strikes(command.epoch, command.now) + state.open(command.epoch, command.now)
    if at_risk >= command.rules.strikes:
        raise DomainError(Reason.CHALLENGES_OPEN)


def _check_strikes(state: State, epoch: int, now: int, rules: Rules) -> None:
    if state.strikes(epoch, now) >= rules.strikes:
        raise DomainError(Reason.TOO_MANY_STRIKES)

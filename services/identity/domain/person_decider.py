"""What may be done with a person. Everything random, timed or encrypted arrives in the command.

Whether a password is right and whether a release is authorised is checked before a command is made (`api`).
"""

from dataclasses import dataclass

from services.identity.domain.errors import DomainError, Reason
from services.identity.domain.person import (
    Event,
    OwnershipCommitted,
    PersonRegistered,
    PersonReleased,
    Registered,
    State,
    Unregistered,
    evolve,
    initial,
)

__all__ = ["Command", "RecordRelease", "RegisterPerson", "decide", "evolve", "initial"]


@dataclass(frozen=True)
class RegisterPerson:
    """Register a person under a login that is free; `commitment` binds reference and key by the salt."""

    person_id: str
    escrow_reference: bytes
    ownership_key: bytes
    commitment_salt: bytes
    commitment: bytes
    password_hash: str
    wrapped_key: bytes
    sealed_profile: bytes


@dataclass(frozen=True)
class RecordRelease:
    """Record that the person was sealed to the recipient of a case."""

    case_id: str
    sealed_identity: bytes


Command = RegisterPerson | RecordRelease


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events of a command; LOGIN_TAKEN or RELEASE_REFUSED."""
    match command:
        case RegisterPerson():
            return _register(command, state)
        case RecordRelease():
            return _release(command, state)


def _register(command: RegisterPerson, state: State) -> tuple[Event, ...]:
    if not isinstance(state, Unregistered):
        raise DomainError(Reason.LOGIN_TAKEN)
    registered = PersonRegistered(
        person_id=command.person_id,
        escrow_reference=command.escrow_reference,
        ownership_key=command.ownership_key,
        commitment_salt=command.commitment_salt,
        password_hash=command.password_hash,
        wrapped_key=command.wrapped_key,
        sealed_profile=command.sealed_profile,
    )
    return registered, OwnershipCommitted(command.commitment)


def _release(command: RecordRelease, state: State) -> tuple[Event, ...]:
    if not isinstance(state, Registered):
        raise DomainError(Reason.RELEASE_REFUSED)
    return (PersonReleased(state.person_id, command.case_id, command.sealed_identity),)

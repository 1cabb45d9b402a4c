"""A person: what has happened to him, and the state that follows. Deciding is `person_decider`'s.

Names and logins appear here sealed only; passwords only as Argon2id hashes.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonRegistered:
    """A person exists. `wrapped_key` is his data key under the key-encrypting key; the profile is sealed under it."""

    person_id: str
    escrow_reference: bytes
    ownership_key: bytes
    commitment_salt: bytes
    password_hash: str
    wrapped_key: bytes
    sealed_profile: bytes


@dataclass(frozen=True)
class OwnershipCommitted:
    """The public, salted hash that ties the escrow reference to the ownership key for good."""

    commitment: bytes


@dataclass(frozen=True)
class PersonReleased:
    """The person was sealed to the recipient of a case."""

    person_id: str
    case_id: str
    sealed_identity: bytes


Event = PersonRegistered | OwnershipCommitted | PersonReleased


@dataclass(frozen=True)
class Unregistered:
    """Nobody has this login."""


@dataclass(frozen=True)
class Registered:
    """Somebody who may sign in; fields as in `PersonRegistered`."""

    person_id: str
    escrow_reference: bytes
    ownership_key: bytes
    commitment_salt: bytes
    password_hash: str
    wrapped_key: bytes
    sealed_profile: bytes


State = Unregistered | Registered

initial: State = Unregistered()


def evolve(state: State, event: Event) -> State:
    """The state after an event. A commitment and a release change nothing that a later decision needs."""
    match event:
        case PersonRegistered():
            return Registered(
                person_id=event.person_id,
                escrow_reference=event.escrow_reference,
                ownership_key=event.ownership_key,
                commitment_salt=event.commitment_salt,
                password_hash=event.password_hash,
                wrapped_key=event.wrapped_key,
                sealed_profile=event.sealed_profile,
            )
        case OwnershipCommitted() | PersonReleased():
            return state

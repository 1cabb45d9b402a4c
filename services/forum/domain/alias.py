"""An alias: a key that a credential vouches for. Events and the fold; the command is `alias_decider`."""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.errors import DomainError, Reason


@dataclass(frozen=True, slots=True)
class AliasCreated:
    """An alias exists, with all that proves it. `handle` is for the owner alone."""

    alias_key: bytes
    handle: str
    label: str
    epoch: int
    label_name: str
    envelope_hash: bytes
    prefix: bytes
    credential_signature: bytes
    receipt_signature: bytes


Event: TypeAlias = AliasCreated


State: TypeAlias = AliasCreated | None
"""The alias as it was created, since nothing changes it so far; None when no alias has this key."""

initial: State = None


def stream(alias_key: bytes) -> str:
    """The stream of an alias: its key makes it unique, so a credential and a nonce serve once."""
    return f"alias-{alias_key.hex()}"


def evolve(_state: State, event: Event) -> State:
    """The state after `event`."""
    return event


def require_existing(state: State) -> AliasCreated:
    """The alias as it was created; otherwise ALIAS_UNKNOWN."""
    if state is None:
        raise DomainError(Reason.ALIAS_UNKNOWN)
    return state

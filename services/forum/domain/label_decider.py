"""What may happen to a label: one key, then opening; revocation at any time. Commands may be repeated without effect.

A second, different key for the same label and epoch would let verification sort people by the key it shows them, so it
is refused for good and must be looked into by people.
"""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.label import (
    Closed,
    Event,
    IssuerKeyAccepted,
    LabelOpened,
    LabelRevoked,
    Opened,
    Revoked,
    State,
    Unknown,
    evolve,
    initial,
)
from services.forum.domain.verified import VerifiedIssuerKey

__all__ = ["AcceptIssuerKey", "Command", "OpenLabel", "RevokeLabel", "decide", "evolve", "initial"]


@dataclass(frozen=True, slots=True)
class AcceptIssuerKey:
    """Take a key that verification published as the label's only one in the epoch."""

    key: VerifiedIssuerKey


@dataclass(frozen=True, slots=True)
class OpenLabel:
    """Let aliases be created under the label's key."""

    label: str
    epoch: int


@dataclass(frozen=True, slots=True)
class RevokeLabel:
    """Let nobody speak under the label any more, be it known or not."""

    label: str
    epoch: int
    reason: str


Command: TypeAlias = AcceptIssuerKey | OpenLabel | RevokeLabel


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events that `command` leads to, none if it changes nothing; DomainError if it is refused."""
    match command:
        case AcceptIssuerKey():
            return _accept(command, state)
        case OpenLabel():
            return _open(command, state)
        case RevokeLabel():
            revoked = LabelRevoked(command.label, command.epoch, command.reason)
            return () if isinstance(state, Revoked) else (revoked,)


def _accept(command: AcceptIssuerKey, state: State) -> tuple[Event, ...]:
    key = command.key
    match state:
        case Unknown():
            return (IssuerKeyAccepted(key.label, key.epoch, key.label_name, key.public_key, key.ends_at),)
        case Revoked():
            return ()
    if (state.label_name, state.public_key) != (key.label_name, key.public_key):
        raise DomainError(Reason.ISSUER_KEY_CONFLICT)
    return ()


def _open(command: OpenLabel, state: State) -> tuple[Event, ...]:
    match state:
        case Unknown():
            raise DomainError(Reason.UNKNOWN_KEY)
        case Closed():
            return (LabelOpened(command.label, command.epoch),)
        case Opened() | Revoked():
            return ()

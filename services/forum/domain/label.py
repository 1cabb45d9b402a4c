"""A label in one epoch, as far as the forum knows it: its issuer key, and whether aliases may stand under it.

Events and the fold; commands are `label_decider`. Whether verification was right to publish the key or to open the
label is not judged here.
"""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.errors import DomainError, Reason


@dataclass(frozen=True, slots=True)
class IssuerKeyAccepted:
    """Verification's one key for the label in the epoch; `public_key` is a DER SubjectPublicKeyInfo."""

    label: str
    epoch: int
    label_name: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class LabelOpened:
    """The label's crowd is large enough for aliases."""

    label: str
    epoch: int


Event: TypeAlias = IssuerKeyAccepted | LabelOpened


@dataclass(frozen=True, slots=True)
class Unknown:
    """No key has been published."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The key is known; no alias may stand under it yet."""

    label_name: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """Aliases may be created under the key."""

    label_name: str
    public_key: bytes


State: TypeAlias = Unknown | Closed | Opened

initial: State = Unknown()


def stream(label: str, epoch: int) -> str:
    """The stream of a label in an epoch: the digits after the last dash are the epoch, so no two share one."""
    return f"label-{label}-{epoch}"


def evolve(state: State, event: Event) -> State:
    """The state after `event`."""
    match state, event:
        case _, IssuerKeyAccepted():
            return Closed(event.label_name, event.public_key)
        case Closed(), LabelOpened():
            return Opened(state.label_name, state.public_key)
        case _:
            return state


def require_open(state: State) -> Opened:
    """The state, if credentials under the label may be accepted; otherwise UNKNOWN_KEY or LABEL_NOT_ACTIVE."""
    match state:
        case Unknown():
            raise DomainError(Reason.UNKNOWN_KEY)
        case Closed():
            raise DomainError(Reason.LABEL_NOT_ACTIVE)
        case Opened():
            return state

"""A label in one epoch, as far as the forum knows it: its issuer key, and whether aliases may stand and speak under it.

Events and the fold; commands are `label_decider`. Whether verification was right to publish the key, to open the label
or to revoke it is not judged here.
"""

from dataclasses import dataclass
from typing import TypeAlias

from services.forum.domain.errors import DomainError, Reason


@dataclass(frozen=True, slots=True)
class IssuerKeyAccepted:
    """Verification's one key for the label in the epoch; `public_key` is a DER SubjectPublicKeyInfo.

    `ends_at`: when the epoch ends, Unix seconds; 0 in events from before that was told, which never ends.
    """

    label: str
    epoch: int
    label_name: str
    public_key: bytes
    ends_at: int = 0


@dataclass(frozen=True, slots=True)
class LabelOpened:
    """The label's crowd is large enough for aliases."""

    label: str
    epoch: int


@dataclass(frozen=True, slots=True)
class LabelRevoked:
    """Nobody may become an alias or speak under the label any more; `reason` as verification says it."""

    label: str
    epoch: int
    reason: str


Event: TypeAlias = IssuerKeyAccepted | LabelOpened | LabelRevoked


@dataclass(frozen=True, slots=True)
class Unknown:
    """No key has been published."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The key is known; no alias may stand under it yet."""

    label_name: str
    public_key: bytes
    ends_at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Aliases may stand under the key."""

    label_name: str
    public_key: bytes
    ends_at: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """Nothing may be done under the label, whatever is published of it later."""


State: TypeAlias = Unknown | Closed | Opened | Revoked


@dataclass(frozen=True, slots=True)
class Grace:
    """For how long after the end of an epoch, in seconds, its credentials become aliases, and its aliases may speak.

    The first leaves time for whoever was issued a credential on the last day: a crowd ages, and a client waits.
    """

    new_aliases: int
    aliases: int

    def __post_init__(self) -> None:
        if not 0 <= self.new_aliases <= self.aliases:
            raise ValueError("an alias may speak for as long as new ones are made, at least")


initial: State = Unknown()


def stream(label: str, epoch: int) -> str:
    """The stream of a label in an epoch: the digits after the last dash are the epoch, so no two share one."""
    return f"label-{label}-{epoch}"


def evolve(state: State, event: Event) -> State:
    """The state after `event`."""
    match state, event:
        case (Revoked(), _) | (_, LabelRevoked()):
            return Revoked()
        case _, IssuerKeyAccepted():
            return Closed(event.label_name, event.public_key, event.ends_at)
        case Closed(), LabelOpened():
            return Opened(state.label_name, state.public_key, state.ends_at)
        case _:
            return state


def require_open(state: State, now: int, grace: Grace) -> Opened:
    """The state, if credentials under the label become aliases at `now` (Unix seconds).

    Otherwise UNKNOWN_KEY, LABEL_NOT_ACTIVE, LABEL_REVOKED or LABEL_EXPIRED.
    """
    match state:
        case Unknown():
            raise DomainError(Reason.UNKNOWN_KEY)
        case Closed():
            raise DomainError(Reason.LABEL_NOT_ACTIVE)
        case Revoked():
            raise DomainError(Reason.LABEL_REVOKED)
        case Opened():
            _require_within(state, now, grace.new_aliases)
            return state


def require_voice(state: State, now: int, grace: Grace) -> None:
    """Return if an alias under the label may speak at `now`; otherwise LABEL_REVOKED or LABEL_EXPIRED."""
    match state:
        case Revoked():
            raise DomainError(Reason.LABEL_REVOKED)
        case Opened():
            _require_within(state, now, grace.aliases)


def _require_within(opened: Opened, now: int, grace: int) -> None:
    if opened.ends_at and now >= opened.ends_at + grace:
        raise DomainError(Reason.LABEL_EXPIRED)

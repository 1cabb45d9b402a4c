"""A label in one epoch: its one issuer key, whether its crowd is large enough to speak, and whether it was revoked.

Stream `label-<label>-<epoch>`. Each event is recorded only after its leaf is in the transparency log, so a credential
that this service accepts stands under a key that everybody can see. Putting the leaf there is `reactions`'s work.
"""

from dataclasses import dataclass


class KeyConflict(Exception):
    """Verification published a second key, or opened a label that has none: somebody is being cheated."""


@dataclass(frozen=True)
class IssuerKeyAccepted:
    """The key of a label in an epoch; its leaf is in the log, and what the label means before it."""

    label: str
    epoch: int
    public_key: bytes


@dataclass(frozen=True)
class LabelOpened:
    """The label's crowd is large enough; the leaf that says so is in the log."""

    label: str
    epoch: int


@dataclass(frozen=True)
class LabelRevoked:
    """The label may not speak any more; the leaf that says so is in the log."""

    label: str
    epoch: int
    reason: str


@dataclass(frozen=True)
class Unknown:
    """No key was published."""


@dataclass(frozen=True)
class Keyed:
    """A key was published, DER SubjectPublicKeyInfo; the label may not speak yet."""

    public_key: bytes


@dataclass(frozen=True)
class Active:
    """The label may speak."""

    public_key: bytes


@dataclass(frozen=True)
class Revoked:
    """The label may not speak any more. The key, empty if there was none, still tells what was deposited under it."""

    public_key: bytes


@dataclass(frozen=True)
class AcceptKey:
    """Record the published key."""

    label: str
    epoch: int
    public_key: bytes


@dataclass(frozen=True)
class OpenLabel:
    """Record that the label may speak."""

    label: str
    epoch: int


@dataclass(frozen=True)
class RevokeLabel:
    """Record that the label may not speak any more."""

    label: str
    epoch: int
    reason: str


State = Unknown | Keyed | Active | Revoked
Event = IssuerKeyAccepted | LabelOpened | LabelRevoked
Command = AcceptKey | OpenLabel | RevokeLabel

initial: State = Unknown()


def stream(label: str, epoch: int) -> str:
    """The label's stream."""
    return f"label-{label}-{epoch}"


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case IssuerKeyAccepted(public_key=public_key):
            return Revoked(public_key) if isinstance(state, Revoked) else Keyed(public_key)
        case LabelOpened():
            return Active(state.public_key) if isinstance(state, Keyed) else state
        case LabelRevoked():
            return Revoked(b"" if isinstance(state, Unknown) else state.public_key)


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """What a command leads to; raises KeyConflict rather than choose between two keys."""
    match command, state:
        case AcceptKey(label, epoch, public_key), Unknown() | Revoked(b""):
            return (IssuerKeyAccepted(label, epoch, public_key),)
        case AcceptKey(public_key=public_key), Keyed(known) | Active(known) | Revoked(known) if public_key == known:
            return ()
        case OpenLabel(label, epoch), Keyed():
            return (LabelOpened(label, epoch),)
        case OpenLabel(), Active() | Revoked():
            return ()
        case RevokeLabel(label, epoch, reason), Unknown() | Keyed() | Active():
            return (LabelRevoked(label, epoch, reason),)
        case RevokeLabel(), Revoked():
            return ()
    raise KeyConflict("one label and epoch have exactly one key, published before the label opens")

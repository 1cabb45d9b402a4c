"""The one issuer key of a label in an epoch: the first that is written stays, whoever else was making one."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class IssuerKeyStored:
    """The private half, PKCS #8, sealed under the key-encrypting key."""

    label: str
    epoch: int
    sealed_private_key: bytes


@dataclass(frozen=True)
class IssuerKeyPublished:
    """The public half, DER SubjectPublicKeyInfo, and when the epoch begins and ends, Unix seconds. Public.

    In events from before it was told, begin and end are 0.
    """

    label: str
    epoch: int
    label_name: str
    parent: str
    public_key: bytes
    begins_at: int = 0
    ends_at: int = 0


Event = IssuerKeyStored | IssuerKeyPublished


@dataclass(frozen=True)
class KeepKey:
    """Keep a new key pair, unless there is one. `sealed_private_key`: empty when the private half is in a token."""

    label: str
    epoch: int
    label_name: str
    parent: str
    public_key: bytes
    sealed_private_key: bytes
    begins_at: int
    ends_at: int


@dataclass(frozen=True)
class State:
    """Both halves; empty while there is no key. The private one stays empty if it is in a token.

    `label_name` and `parent` are what was published with the key: the registry may call the label otherwise by now.
    """

    sealed_private_key: bytes = b""
    public_key: bytes = b""
    label_name: str = ""
    parent: str = ""

    @property
    def exists(self) -> bool:
        """Whether there is a key."""
        return bool(self.public_key)


initial = State()


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    match event:
        case IssuerKeyStored():
            return replace(state, sealed_private_key=event.sealed_private_key)
        case IssuerKeyPublished():
            return replace(state, public_key=event.public_key, label_name=event.label_name, parent=event.parent)


def decide(command: KeepKey, state: State) -> tuple[Event, ...]:
    """The key's halves, as far as they are kept here, in one commit; nothing when there is a key already."""
    if state.exists:
        return ()
    kept = (IssuerKeyStored(command.label, command.epoch, command.sealed_private_key),)
    return (
        *(kept if command.sealed_private_key else ()),
        IssuerKeyPublished(
            label=command.label,
            epoch=command.epoch,
            label_name=command.label_name,
            parent=command.parent,
            public_key=command.public_key,
            begins_at=command.begins_at,
            ends_at=command.ends_at,
        ),
    )

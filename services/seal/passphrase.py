"""Content under a passphrase: Argon2id (RFC 9106), then AES-256-GCM; the result is a JSON text.

It is JSON so that anybody can see what it is and what one try of a passphrase costs; the content is in `sealed`, and
the tag covers the rest of the header too. Where the text is kept, and how good the passphrase is, are the caller's.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from services.seal import field_crypt
from services.seal.canonical import from_base64, signed_bytes, to_base64
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

_SALT_SIZE = 16
_MOST_MEMORY_KIB = 2 * 1024 * 1024  # a damaged header must not take all the memory there is
_MOST_PASSES = 64


class WrongPassphrase(SealError):
    """The passphrase does not open it, or the text was altered; nobody can tell which."""


@dataclass(frozen=True)
class Cost:
    """What one try of a passphrase costs.

    The default is RFC 9106's second recommended setting on one lane: with more, OpenSSL takes threads from one pool,
    and two derivations at a time in one process wait for each other's for ever (seen with cryptography 50.0.2).
    """

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1

    def __post_init__(self) -> None:
        if any(type(value) is not int for value in (self.memory_kib, self.passes, self.lanes)):
            raise ValueError("a cost is whole numbers")
        if not (0 < self.passes <= _MOST_PASSES and 0 < self.lanes <= 64):
            raise ValueError("passes or lanes are out of range")
        if not 8 * self.lanes <= self.memory_kib <= _MOST_MEMORY_KIB:
            raise ValueError("the memory is out of range")


RANDOM = Cost(memory_kib=8, passes=1)
"""For a passphrase of 32 random bytes or more, which nobody can try out."""


@dataclass(frozen=True)
class Kind:
    """What such texts hold: the name of the format, shown in them, and the domain tag that binds it."""

    format: str
    tag: str


class Lock:
    """A key made from a passphrase, for one `purpose`, which is shown in the text and bound to it.

    Make one with `new` or `unlock`; both take as long as `Cost` says.
    """

    def __init__(self, kind: Kind, purpose: str, cost: Cost, salt: bytes, key: SecretBytes) -> None:
        self._kind = kind
        self._purpose = purpose
        self._cost = cost
        self._salt = salt
        self._key = key

    @classmethod
    def new(cls, kind: Kind, purpose: str, passphrase: SecretBytes, *, cost: Cost) -> "Lock":
        """A key with a salt of its own."""
        salt = secrets.token_bytes(_SALT_SIZE)
        return cls(kind, purpose, cost, salt, _derive(passphrase, salt, cost))

    @classmethod
    def unlock(cls, kind: Kind, text: bytes, passphrase: SecretBytes) -> tuple["Lock", bytes]:
        """The key of a text that `seal` wrote, and the content; WrongPassphrase, SealError for what is no such text."""
        purpose, cost, salt, sealed = _parse(kind, text)
        lock = cls(kind, purpose, cost, salt, _derive(passphrase, salt, cost))
        try:
            return lock, field_crypt.decrypt(lock._key, sealed, lock._header())
        except SealError as error:
            raise WrongPassphrase("the passphrase does not open it") from error

    def open(self, text: bytes) -> bytes:
        """The content of a text that this lock has sealed, without the passphrase's cost; SealError for any other."""
        purpose, _, _, sealed = _parse(self._kind, text)
        if purpose != self._purpose:
            raise SealError("the text is for another purpose")
        return field_crypt.decrypt(self._key, sealed, self._header())

    def seal(self, content: bytes) -> bytes:
        """The text that holds this content."""
        document = {
            "format": self._kind.format,
            "purpose": self._purpose,
            "argon2id": asdict(self._cost) | {"salt": to_base64(self._salt)},
            "sealed": to_base64(field_crypt.encrypt(self._key, content, self._header())),
        }
        return json.dumps(document, indent=2).encode() + b"\n"

    def _header(self) -> bytes:
        cost = self._cost
        return signed_bytes(self._kind.tag, self._purpose, cost.memory_kib, cost.passes, cost.lanes, self._salt)


def purpose_of(kind: Kind, text: bytes) -> str:
    """What the text says it is for, unproven until it was opened; SealError for what is no such text."""
    return _parse(kind, text)[0]


def _parse(kind: Kind, text: bytes) -> tuple[str, Cost, bytes, bytes]:
    try:
        document: Any = json.loads(text)
        cost = dict(document["argon2id"])
        salt = from_base64(cost.pop("salt"))
        found, purpose = document["format"], document["purpose"]
        fields = (Cost(**cost), salt, from_base64(document["sealed"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SealError("not a text under a passphrase that this version can read") from error
    if found != kind.format or not isinstance(purpose, str):
        raise SealError(f"not a text of the kind {kind.format}")
    return purpose, *fields


def _derive(passphrase: SecretBytes, salt: bytes, cost: Cost) -> SecretBytes:
    kdf = Argon2id(
        salt=salt, length=field_crypt.KEY_SIZE, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return SecretBytes(kdf.derive(passphrase.reveal()))

"""What a wallet holds: a person's keys on one side, the aliases' keys on the other, and their JSON.

`Person` names nobody but its own login; `Alias` and `Issuing` hold nothing of the person that is not sealed to the
opening key. Keeping them in separate files is `wallet`'s work. Bytes are hex in JSON; secrets come out only there.
"""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from services.seal import kdf
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage

T = TypeVar("T")


@dataclass(frozen=True)
class Challenge:
    """A code on its way to a work address, to be sent back until `expires_at`, Unix seconds."""

    challenge_id: str
    work_email: str
    organisation: str
    expires_at: int


@dataclass(frozen=True)
class Person:
    """The person side. `request_id` is kept so that a registration cut short can be sent again."""

    login: str
    request_id: str
    ownership_seed: SecretBytes
    person_id: str = ""
    escrow_reference: bytes = b""
    commitment_salt: bytes = b""
    session_token: str = ""
    session_expires_at: int = 0
    challenge: Challenge | None = None

    @property
    def registered(self) -> bool:
        """Whether identity has answered."""
        return bool(self.person_id)

    @property
    def ownership_key(self) -> SigningKey:
        """The key whose signature in an envelope says "this alias is mine"."""
        return SigningKey(self.ownership_seed)


@dataclass(frozen=True)
class Issuing:
    """An issuance under way, kept before anything is sent: all candidates come from `master` (`seal.cut_and_choose`).

    `chosen` is the candidate that verification has drawn, kept before the others are opened. It never changes: opening
    for two choices would give every candidate away, and with it the alias.
    """

    label: str
    label_name: str
    epoch: int
    slot: int
    master: SecretBytes
    issuer_key: bytes
    opening_key: bytes
    candidates: int
    begin_request_id: str
    finish_request_id: str
    chosen: int | None = None


@dataclass(frozen=True)
class Alias:
    """An alias that has its credential. Receipt and handle come later; the request ids make each step repeatable.

    `deposit_due` and `create_due` are the drawn moments (Unix seconds) before which neither is asked for, 0 until they
    are drawn. `crowd_at_least` is what the log told of the label when it was seen open. `texts` counts what was
    published since `created_at`, in `threads`. A retired alias is kept, and not spoken with.
    """

    label: str
    label_name: str
    epoch: int
    slot: int
    secret: SecretBytes
    envelope: bytes
    envelope_hash: bytes
    prefix: bytes
    issuer_key: bytes
    signature: bytes
    deposit_request_id: str
    create_request_id: str
    receipt: bytes = b""
    handle: str = ""
    threads: tuple[str, ...] = ()
    crowd_at_least: int = 0
    deposit_due: int = 0
    create_due: int = 0
    created_at: int = 0
    texts: int = 0
    retired: bool = False

    @cached_property
    def key(self) -> SigningKey:
        """The key that the credential certifies."""
        return kdf.alias_key(self.secret)

    def thread_key(self, thread_id: str) -> SigningKey:
        """The key of this alias in one thread, unlinkable to its key in any other."""
        return SigningKey(kdf.thread_key(self.secret, thread_id))

    @property
    def credential_message(self) -> CredentialMessage:
        """What the issuer signed, blindly."""
        context = Context(self.label, self.epoch)
        return CredentialMessage(self.prefix, context, self.key.public_key, self.envelope_hash)


def to_json(value: object) -> bytes:
    """A compartment's dataclass as JSON, secrets included: for sealing and for nothing else."""
    return json.dumps(_plain(value), ensure_ascii=False).encode("utf-8")


def from_json(into: type[T], data: bytes) -> T:
    """The inverse of `to_json`; ValueError for anything else."""
    try:
        return typing.cast("T", _typed(into, json.loads(data)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {into.__name__}") from error


def _plain(value: object) -> object:
    if isinstance(value, SecretBytes):
        return value.reveal().hex()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _typed(into: Any, value: Any) -> object:
    if value is None or into in (str, int, bool):
        return value
    if into is bytes:
        return bytes.fromhex(value)
    if into is SecretBytes:
        return SecretBytes(bytes.fromhex(value))
    if isinstance(into, types.UnionType):
        return _typed(typing.get_args(into)[0], value)
    if typing.get_origin(into) is tuple:
        return tuple(_typed(typing.get_args(into)[0], item) for item in value)
    hints = typing.get_type_hints(into)
    return into(**{name: _typed(hints[name], item) for name, item in value.items()})

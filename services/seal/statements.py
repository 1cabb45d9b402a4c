"""The signed objects of the protocol, one frozen dataclass each, and the tokens that carry two of them.

A statement's canonical bytes are `canonical.signed_bytes(TAG, *fields)` with the fields in the order they are declared
here; a nested `Context` is one field that holds the context's own canonical bytes. Sizes are checked when a statement
is made, so an object that exists is well-formed. It is *not* thereby true: who must have signed it, under which key and
when it expires is for the caller to check (`ed25519`, `blind_rsa`).

What an officer signs above single cases, and to stop one, begins with `ceremony`, the hash of the trust material
(`trust.Trust.hash`): numbers begin anew with each ceremony, and officers may keep their keys.

All errors are `SealError`.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from services.seal.canonical import MAX_INTEGER, from_base64url, read_fields, sha256, signed_bytes, to_base64url
from services.seal.errors import SealError

SIGNATURE_SIZE = 64
"""Bytes of an Ed25519 signature, the only kind that a token carries."""

NO_WAIVER = bytes(32)
"""Stands in a case for the document that there is none of: the subject gets his full notice."""

MAX_TOKEN = 4096
"""Characters; a longer token is refused before it is decoded."""


@dataclass(frozen=True, slots=True)
class Size:
    """The smallest and largest number of bytes a field may hold."""

    low: int
    high: int


Reference = Annotated[bytes, Size(16, 16)]
"""`eref`: 16 random bytes that stand for a person towards verification and disclosure."""
Key = Annotated[bytes, Size(32, 32)]
"""A raw Ed25519 public key."""
Hash = Annotated[bytes, Size(32, 32)]
"""A SHA-256 hash."""
Prefix = Annotated[bytes, Size(32, 32)]
"""The random prefix of RFC 9474's Randomized variants."""
Nonce = Annotated[bytes, Size(16, 64)]
"""A verifier's single-use challenge."""


def _plain(hint: Any) -> tuple[type, Size | None]:
    """Split an annotation, which must be evaluated already: this module postpones none."""
    metadata = getattr(hint, "__metadata__", ())
    return (hint.__origin__, metadata[0]) if metadata else (hint, None)


@dataclass(frozen=True)
class Statement:
    """Base of all statements: canonical bytes from the declared fields, and back."""

    TAG: ClassVar[str]
    SCHEMA: ClassVar[dict[str, tuple[type, Size | None]]] = {}
    """Each field's plain type and byte limits, in the order of declaration."""

    def __init_subclass__(cls) -> None:
        cls.SCHEMA = {name: _plain(hint) for name, hint in cls.__annotations__.items()}

    def __post_init__(self) -> None:
        for name, (kind, size) in self.SCHEMA.items():
            _check(name, getattr(self, name), kind, size)

    def signed_bytes(self) -> bytes:
        """Return the exact bytes that the signature is over."""
        return signed_bytes(self.TAG, *(_encode(getattr(self, name)) for name in self.SCHEMA))

    def hash(self) -> bytes:
        """Return the 32-byte SHA-256 of the signed bytes."""
        return sha256(self.signed_bytes())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the statement whose `signed_bytes` are exactly this data."""
        raw = read_fields(cls.TAG, data)
        if len(raw) != len(cls.SCHEMA):
            raise SealError(f"'{cls.TAG}' has {len(cls.SCHEMA)} fields")
        return cls(*(_decode(field, kind) for field, (kind, _) in zip(raw, cls.SCHEMA.values(), strict=True)))


@dataclass(frozen=True)
class Context(Statement):
    """Where a credential counts: the label ("employee of X") and the epoch. One issuer key belongs to each context."""

    TAG = "context"
    label: str
    epoch: int

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, as other statements embed them."""
        return self.signed_bytes()


@dataclass(frozen=True)
class Registration(Statement):
    """Possession of the ownership key, for one registration; signed by it and shown to identity alone.

    It covers nothing of the person: a registration's `request_id` (UUID text) makes it good for that one only.
    """

    TAG = "register"
    request_id: str
    ipk: Key


@dataclass(frozen=True)
class Ownership(Statement):
    """ "This alias key is mine", signed by the person's ownership key and sealed into the envelope.

    Identity accepts an opening only with this signature under the *registered* key, so that verification, which knows
    the escrow reference, cannot frame anyone.
    """

    TAG = "own"
    context: Context
    cpk: Key


@dataclass(frozen=True)
class CredentialMessage(Statement):
    """What verification signs blindly (RFC 9474, RSABSSA-SHA384-PSS-Randomized): an alias key and its envelope.

    `message` is the statement without the prefix; `signed_bytes` is RFC 9474's ``input_msg``: the 32-byte random prefix
    in front of it. The issuer's key signs nothing else, so the tag need not come first.
    """

    TAG = "cred"
    prefix: Prefix
    context: Context
    cpk: Key
    envelope_hash: Hash

    def message(self) -> bytes:
        """Return RFC 9474's ``msg``, before `blind_rsa.prepare` puts the prefix in front."""
        return signed_bytes(self.TAG, self.context.to_bytes(), self.cpk, self.envelope_hash)

    def signed_bytes(self) -> bytes:
        """Return RFC 9474's ``input_msg``: prefix, then message."""
        return self.prefix + self.message()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the credential message whose `signed_bytes` are exactly this data."""
        raw = read_fields(cls.TAG, data[32:])
        if len(raw) != 3:
            raise SealError("'cred' has 3 fields after its prefix")
        return cls(data[:32], Context.parse(raw[0]), raw[1], raw[2])


@dataclass(frozen=True)
class Receipt(Statement):
    """Disclosure's word that it keeps the envelope of this alias key."""

    TAG = "receipt"
    cpk: Key
    envelope_hash: Hash


@dataclass(frozen=True)
class Assertion(Statement):
    """Identity's short-lived word to one audience: this escrow reference has this ownership key."""

    TAG = "assertion"
    eref: Reference
    ipk: Key
    audience: str
    expires_unix: int


@dataclass(frozen=True)
class Session(Statement):
    """Identity's own session of a signed-in person. Valid nowhere else."""

    TAG = "session"
    person_id: str
    expires_unix: int


@dataclass(frozen=True)
class AliasProof(Statement):
    """Possession of the alias key, for the forum's nonce, and the handle asked for; signed by cpk."""

    TAG = "alias"
    nonce: Nonce
    cpk: Key
    handle: str


@dataclass(frozen=True)
class NoticesRequest(Statement):
    """ "Show me what is announced about my alias", for the forum's nonce; signed by cpk."""

    TAG = "notices-request"
    nonce: Nonce
    cpk: Key


@dataclass(frozen=True)
class ThreadCertificate(Statement):
    """ "My key in this thread is tk", signed by cpk. It stays with the forum: it is what links threads."""

    TAG = "thread"
    cpk: Key
    tk: Key
    thread_id: str


@dataclass(frozen=True)
class PostStatement(Statement):
    """A post, signed by the thread key. The title is empty unless this post opens the thread."""

    TAG = "post"
    thread_id: str
    post_id: str
    title: str
    body: str


@dataclass(frozen=True)
class CommentStatement(Statement):
    """A comment under a post, signed by the commenter's key in that thread."""

    TAG = "comment"
    thread_id: str
    post_id: str
    comment_id: str
    body: str


@dataclass(frozen=True)
class CaseStatement(Statement):
    """What officers approve: one bundle, on one ground, under what governs then, for a limited time (Unix seconds).

    `case` is the one reference by which the log knows it (`leaves.case_reference`).
    Nothing is opened before `delay_seconds` have passed since the intent was co-signed. The subject is told at once, or
    not before `gag_until_unix` (0: no gag), which takes a document whose SHA-256 is `waiver_hash` (else `NO_WAIVER`).
    """

    TAG = "case"
    case_id: str
    case: Hash
    bundle_hash: Hash
    ground: str
    policy_hash: Hash
    opened_unix: int
    expires_unix: int
    delay_seconds: int
    gag_until_unix: int
    waiver_hash: Hash

    @property
    def waived(self) -> bool:
        """Whether a document in the case takes the subject's full notice away."""
        return self.waiver_hash != NO_WAIVER


@dataclass(frozen=True)
class Withdrawal(Statement):
    """Whatever an officer approved in a case counts no longer, for good, nor what he will; signed by him.

    `approval` (`authorization.approval_hash`) stands for all of it: what he signed and is not shown counts as little.
    """

    TAG = "withdrawal"
    ceremony: Hash
    approval: Hash
    officer: str


@dataclass(frozen=True)
class Veto(Statement):
    """One officer stops the opening of this intent (its leaf's commitment), for good; signed by him."""

    TAG = "veto"
    ceremony: Hash
    intent: Hash
    officer: str


@dataclass(frozen=True)
class LockDown(Statement):
    """One officer stops all openings until a quorum unlocks; signed by him, and good for this number alone."""

    TAG = "lock-down"
    ceremony: Hash
    number: int
    officer: str


@dataclass(frozen=True)
class Endorsement(Statement):
    """An officer wants what a proposal proposes; signed by him. `proposal` is the RFC 6962 hash of its leaf."""

    TAG = "endorsement"
    ceremony: Hash
    proposal: Hash


def ownership_commitment(salt: bytes, eref: bytes, ipk: bytes) -> bytes:
    """Return the log's hash of a registration: it binds the reference to its key and, by the salt, reveals neither."""
    if len(salt) < 16 or len(eref) != 16 or len(ipk) != 32:
        raise SealError("an ownership commitment takes a salt of 16 bytes or more, a 16-byte eref, a 32-byte ipk")
    return sha256(signed_bytes("ownership-leaf", salt, eref, ipk))


def encode_token(statement: Session | Assertion, signature: bytes) -> str:
    """Return ``base64url(signed bytes) "." base64url(signature)``, without padding."""
    if len(signature) != SIGNATURE_SIZE:
        raise SealError("a token carries a 64-byte Ed25519 signature")
    token = f"{to_base64url(statement.signed_bytes())}.{to_base64url(signature)}"
    if len(token) > MAX_TOKEN:
        raise SealError("the statement is too long for a token")
    return token


def decode_session(token: str) -> tuple[Session, bytes]:
    """Return the *unverified* session and its signature."""
    data, signature = _split_token(token)
    return Session.parse(data), signature


def decode_assertion(token: str) -> tuple[Assertion, bytes]:
    """Return the *unverified* assertion and its signature."""
    data, signature = _split_token(token)
    return Assertion.parse(data), signature


def _split_token(token: str) -> tuple[bytes, bytes]:
    if len(token) > MAX_TOKEN:
        raise SealError("a token is too long")
    statement, _, signature = token.partition(".")
    data, signature_bytes = from_base64url(statement), from_base64url(signature)
    if len(signature_bytes) != SIGNATURE_SIZE:
        raise SealError("a token carries a 64-byte Ed25519 signature")
    return data, signature_bytes


def _check(name: str, value: object, kind: type, size: Size | None) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SealError(f"{name} must be {kind.__name__}")
    if size is not None and isinstance(value, bytes) and not size.low <= len(value) <= size.high:
        raise SealError(f"{name} has the wrong number of bytes")
    if isinstance(value, int) and not 0 <= value <= MAX_INTEGER:
        raise SealError(f"{name} is outside 0..2^64-1")
    if isinstance(value, str):
        _encodable(name, value)


def _encodable(name: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SealError(f"{name} is not encodable as UTF-8") from error


def _encode(value: Any) -> bytes | str | int:
    return value.to_bytes() if isinstance(value, Context) else value


def _decode(field: bytes, kind: type) -> Any:
    if kind is Context:
        return Context.parse(field)
    if kind is int:
        if len(field) != 8:
            raise SealError("an integer field has 8 bytes")
        return int.from_bytes(field, "big")
    if kind is str:
        try:
            return field.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SealError("a text field is not UTF-8") from error
    return field

"""Signed notes (C2SP signed-note) with Ed25519 signatures and witness cosignatures (C2SP tlog-cosignature, v1).

A note is text, an empty line, and signature lines; a verifier key ("vkey") is a name, a key id and a public key in one
line. Two signature types are understood: 0x01, Ed25519 over the text, for logs and officers; and 0x04, a cosignature
over a time and the text, for witnesses. Lines of other keys are ignored, as the specification asks. Who is trusted, and
how many must sign, is `checkpoint.LogPolicy` or the caller.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.seal import ed25519
from services.seal.canonical import from_base64, sha256, to_base64
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError

MAX_NOTE = 1 << 20
"""Characters; a longer note is refused unread."""
MAX_SIGNATURES = 100
MAX_TIMESTAMP = 2**63 - 1

_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_LINE = re.compile("— ([^ ]+) ([A-Za-z0-9+/]+=*)")


class SignatureType(IntEnum):
    """The assigned signature type bytes that this module understands."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True)
class VerifierKey:
    """A trusted key: its name, what kind of signature it makes, and the raw Ed25519 public key."""

    name: str
    type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        ed25519.check_public_key(self.public_key)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that point a signature line to this key. They prove nothing."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public_key)[:4]

    def encode(self) -> str:
        """Return the vkey: ``<name>+<hex key id>+<base64(type || public key)>``."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.type]) + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Parse a vkey; raise `SealError` for another form, an unknown type or a key id that does not fit."""
        match = _VKEY.fullmatch(vkey)
        if not match:
            raise SealError("not a vkey")
        data = from_base64(match[3])
        if len(data) != 1 + ed25519.KEY_SIZE or data[0] not in set(SignatureType):
            raise SealError("a vkey of an unknown type or length")
        key = cls(match[1], SignatureType(data[0]), data[1:])
        if key.key_id.hex() != match[2]:
            raise SealError("the vkey's key id does not fit its key")
        return key


@dataclass(frozen=True)
class NoteSigner:
    """A named private key that signs notes of one type."""

    name: str
    key: SigningKey
    type: SignatureType = SignatureType.ED25519

    @property
    def verifier_key(self) -> VerifierKey:
        """What others need to verify this signer's lines."""
        return VerifierKey(self.name, self.type, self.key.public_key)


@dataclass(frozen=True)
class NoteSignature:
    """One signature line, unverified: after the key id comes whatever the key's type defines."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        """Return the signature line with its newline."""
        return f"— {self.name} {to_base64(self.key_id + self.data)}\n"

    @classmethod
    def parse(cls, line: str) -> "NoteSignature":
        """Parse a signature line without its newline."""
        match = _LINE.fullmatch(line)
        if not match:
            raise SealError("not a signature line")
        check_name(match[1])
        data = from_base64(match[2])
        if len(data) < 5:
            raise SealError("a signature line is a key id and a signature")
        return cls(match[1], data[:4], data[4:])


@dataclass(frozen=True)
class Note:
    """A note whose signatures are unverified. The text ends with a newline; ignore it until `verify` has returned."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise SealError("a note has 1 to 100 signatures")

    def format(self) -> str:
        """Return the note as it is stored and sent."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Parse a whole note; raise `SealError` for anything but the exact format."""
        if len(note) > MAX_NOTE:
            raise SealError("a note is too long")
        text, gap, block = note.rpartition("\n\n")
        if not gap or not block.endswith("\n"):
            raise SealError("a note is text, an empty line and signature lines")
        lines = block[:-1].split("\n")
        return cls(text + "\n", tuple(NoteSignature.parse(line) for line in lines))


@dataclass(frozen=True)
class Verified:
    """A signature of a known key that verified; `timestamp` (Unix seconds) is a cosignature's, 0 for the other type."""

    key: VerifierKey
    timestamp: int = 0


def sign(text: str, *signers: NoteSigner) -> Note:
    """Return the text signed by each signer; all must be of the plain Ed25519 type."""
    return Note(text, tuple(sign_text(text, signer) for signer in signers))


def sign_text(text: str, signer: NoteSigner) -> NoteSignature:
    """Return one Ed25519 signature line (type 0x01) over the text."""
    if signer.type is not SignatureType.ED25519:
        raise SealError("a witness key cosigns; it does not sign")
    return NoteSignature(signer.name, signer.verifier_key.key_id, signer.key.sign(check_text(text)))


def cosign(text: str, signer: NoteSigner, timestamp: int) -> NoteSignature:
    """Return one cosignature line (type 0x04) over the time, in Unix seconds, and the text.

    It says that this is the largest consistent tree the witness has seen: the caller must have checked that it is.
    """
    if signer.type is not SignatureType.COSIGNATURE:
        raise SealError("a log key signs; it does not cosign")
    signature = signer.key.sign(_cosigned(text, timestamp))
    return NoteSignature(signer.name, signer.verifier_key.key_id, timestamp.to_bytes(8, "big") + signature)


def verify(note: Note, keys: Sequence[VerifierKey]) -> tuple[Verified, ...]:
    """Verify every line of a known key, and return them in the note's order, one for each key.

    Raises `SealError` when a line of a known key does not verify, and when no line is of a known key.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[VerifierKey, Verified] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            result = _verify_line(note.text, signature, key)
            verified.setdefault(key, result)
    if not verified:
        raise SealError("no known key has signed the note")
    return tuple(verified.values())


def check_name(name: str) -> str:
    """Return a key's name when it is not empty and has no space, plus sign or control character."""
    if not name or "+" in name or any(char.isspace() or not char.isprintable() for char in name):
        raise SealError("a key name is not empty and has no spaces, '+' or control characters")
    return name


def check_text(text: str) -> bytes:
    """Return the bytes of a note's text when it may be signed: it ends in a newline and has no control characters."""
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise SealError("a note's text ends in a newline and has no control characters")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SealError("a note's text is not encodable as UTF-8") from error


def _verify_line(text: str, signature: NoteSignature, key: VerifierKey) -> Verified:
    if key.type is SignatureType.ED25519:
        ed25519.verify(key.public_key, check_text(text), signature.data)
        return Verified(key)
    if len(signature.data) != 8 + ed25519.SIGNATURE_SIZE:
        raise SealError("a cosignature is a time and an Ed25519 signature")
    timestamp = int.from_bytes(signature.data[:8], "big")
    ed25519.verify(key.public_key, _cosigned(text, timestamp), signature.data[8:])
    return Verified(key, timestamp)


def _cosigned(text: str, timestamp: int) -> bytes:
    if not 0 <= timestamp <= MAX_TIMESTAMP:
        raise SealError("a cosignature's time is 0 to 2^63-1 seconds")
    return f"cosignature/v1\ntime {timestamp}\n".encode() + check_text(text)

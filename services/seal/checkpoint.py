"""Log checkpoints (C2SP tlog-checkpoint) and the policy under which one is believed.

A checkpoint is a note whose text is the log's origin, its size and its root. Extension lines are refused: the
specification allows them but advises against them, because nobody audits them. Whether a leaf is under the root is for
`merkle_proof` to say.
"""

import re
from dataclasses import dataclass

from services.seal.canonical import HASH_SIZE, from_base64, to_base64
from services.seal.errors import SealError
from services.seal.note import Note, NoteSigner, SignatureType, Verified, VerifierKey, check_name, sign, verify

MAX_SIZE = 2**63 - 1

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: which log, how many leaves, which root. Unverified until it comes from `verify_checkpoint`."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.origin)
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise SealError("a checkpoint has a size of 0 to 2^63-1 and a 32-byte root")

    def format(self) -> str:
        """Return the note text, which is what is signed and cosigned."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Parse a note text."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise SealError("a checkpoint has exactly three lines")
        return cls(lines[0], parse_decimal(lines[1]), from_base64(lines[2]))


@dataclass(frozen=True)
class LogPolicy:
    """Whom to believe: the log's key and a quorum of witnesses, each with a key of its own.

    The log's key name is the log's origin.
    """

    log: VerifierKey
    witnesses: tuple[VerifierKey, ...]
    quorum: int

    def __post_init__(self) -> None:
        if self.log.type is not SignatureType.ED25519:
            raise SealError("a log signs with an Ed25519 note key")
        if any(witness.type is not SignatureType.COSIGNATURE for witness in self.witnesses):
            raise SealError("a witness has a cosignature key")
        # A cosignature does not name its witness, so one key under two names would count twice.
        if len({key.public_key for key in (self.log, *self.witnesses)}) != 1 + len(self.witnesses):
            raise SealError("two parties of a policy share a key")
        if len({witness.name for witness in self.witnesses}) != len(self.witnesses):
            raise SealError("two witnesses of a policy share a name")
        if not 0 <= self.quorum <= len(self.witnesses):
            raise SealError("a quorum is at most the number of witnesses")


@dataclass(frozen=True)
class VerifiedCheckpoint:
    """A checkpoint that the log and at least a quorum of witnesses have signed."""

    checkpoint: Checkpoint
    cosignatures: tuple[Verified, ...]


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> Note:
    """Return the log's own signed note, to which witnesses' cosignatures are added."""
    if signer.name != checkpoint.origin:
        raise SealError("a log's key name is its origin")
    return sign(checkpoint.format(), signer)


def add_cosignatures(note: str, lines: tuple[str, ...]) -> str:
    """Return the note with signature lines, each ending in a newline, added; all in their exact format."""
    return Note.parse(note + "".join(lines)).format()


def verify_checkpoint(note: str, policy: LogPolicy) -> VerifiedCheckpoint:
    """Return the checkpoint when the policy's log and a quorum of its witnesses have signed it.

    Raises `SealError` otherwise, and when any signature of a known key is bad.
    """
    parsed = Note.parse(note)
    verified = verify(parsed, (policy.log, *policy.witnesses))
    if all(each.key != policy.log for each in verified):
        raise SealError("the log has not signed the checkpoint")
    cosignatures = tuple(each for each in verified if each.key != policy.log)
    if len(cosignatures) < policy.quorum:
        raise SealError("fewer witnesses than the quorum have cosigned the checkpoint")
    checkpoint = Checkpoint.parse(parsed.text)
    if checkpoint.origin != policy.log.name:
        raise SealError("the checkpoint is another log's")
    return VerifiedCheckpoint(checkpoint, cosignatures)


def parse_decimal(text: str) -> int:
    """Return a size or an index: ASCII digits, no leading zero, below 2^63."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise SealError("not a decimal number of at most 2^63-1")
    return int(text)

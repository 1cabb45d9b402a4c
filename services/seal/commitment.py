"""Salted commitments to what was written: enough to confirm or refute a quotation after the text itself is gone.

For each text, a post or a comment, two things are hashed under salts that nobody can guess:

- its *statement*, the bytes that the author signed: SHA-256 over ``vouchsafe/v1/statement-commitment``, a salt, and the
  statement's own SHA-256;
- its *passages* (`passages`), as the leaves of an RFC 6962 tree; the data of a leaf is ``vouchsafe/v1/passage``, a salt
  and the passage.

The text's commitment is ``vouchsafe/v1/text-commitment`` with thread, post and comment (empty for a post), the first
hash, the number of passages and their tree's root. It is a leaf of its day's tree (`post_root`).

The salts come from one secret by HKDF, so none has to be stored, and every text has salts of its own. A commitment
shows nothing to whoever lacks them. Whoever has a salt can test guesses of what it hides: that is what checking a
quotation is, and why a salt is shown for the passages in question only. Who may have it is for the caller to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.seal.canonical import HASH_SIZE, sha256, signed_bytes
from services.seal.errors import SealError
from services.seal.kdf import derive
from services.seal.merkle import Tree, leaf_hash
from services.seal.merkle_proof import verify_inclusion
from services.seal.passages import MOST_PASSAGES
from services.seal.secret import SecretBytes

SALT_SIZE = 32


@dataclass(frozen=True)
class TextId:
    """Which text: a post, or a comment below one. `comment_id` is empty for the post itself."""

    thread_id: str
    post_id: str
    comment_id: str = ""


@dataclass(frozen=True)
class Salts:
    """The salts of one text, 32 bytes each: that of the statement, and one for each passage."""

    statement: bytes
    passages: tuple[bytes, ...]


@dataclass(frozen=True)
class TextCommitment:
    """What is kept of a text: `statement`, the commitment to what was signed, and the tree over its passages."""

    text: TextId
    statement: bytes
    passage_count: int
    passages_root: bytes

    def __post_init__(self) -> None:
        if len(self.statement) != HASH_SIZE or len(self.passages_root) != HASH_SIZE:
            raise SealError("a commitment holds hashes of 32 bytes")
        if not 0 <= self.passage_count <= MOST_PASSAGES:
            raise SealError(f"a text has at most {MOST_PASSAGES} passages")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: the data of a leaf of the day's tree."""
        text = self.text
        return signed_bytes(
            "text-commitment",
            *(text.thread_id, text.post_id, text.comment_id),
            *(self.statement, self.passage_count, self.passages_root),
        )


def salts_of(secret: SecretBytes, text: TextId, passage_count: int) -> Salts:
    """Return the salts of a text with so many passages; `secret` is the service's own, 32 bytes or more."""
    size = SALT_SIZE * (1 + passage_count)
    stream = derive(secret, "text-salts", text.thread_id, text.post_id, text.comment_id, size=size).reveal()
    salts = tuple(stream[at : at + SALT_SIZE] for at in range(0, size, SALT_SIZE))
    return Salts(salts[0], salts[1:])


def statement_commitment(salt: bytes, statement_hash: bytes) -> bytes:
    """Return the commitment to a statement by its hash (`Statement.hash`)."""
    _check_salt(salt)
    return sha256(signed_bytes("statement-commitment", salt, statement_hash))


def passage_hash(salt: bytes, passage: str) -> bytes:
    """Return the RFC 6962 leaf hash of a passage."""
    _check_salt(salt)
    return leaf_hash(signed_bytes("passage", salt, passage))


def passages_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over passages by their hashes."""
    return Tree(hashes).root()


def passages_root_of(cut: Sequence[str], salts: Sequence[bytes]) -> bytes:
    """Return the root over all passages of a text, each under its salt; `SealError` unless each has one."""
    if len(cut) != len(salts):
        raise SealError("each passage has a salt")
    return passages_root([passage_hash(salt, passage) for salt, passage in zip(salts, cut, strict=True)])


def passage_path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of one of the passages."""
    return Tree(hashes).inclusion(index, len(hashes))


def verify_passage(commitment: TextCommitment, index: int, salt: bytes, passage: str, path: Sequence[bytes]) -> None:
    """Return when the passage stands at `index` in the committed text; raise `SealError` otherwise."""
    hashed = passage_hash(salt, passage)
    verify_inclusion(index, commitment.passage_count, hashed, path, commitment.passages_root)


def _check_salt(salt: bytes) -> None:
    if len(salt) != SALT_SIZE:
        raise SealError("a salt has 32 bytes")

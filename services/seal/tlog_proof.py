"""Transparency-log proofs (C2SP tlog-proof): one text that shows offline that a leaf is in a witnessed log.

It holds the leaf's index, its audit path, the signed checkpoint and, if wanted, extra data that nothing authenticates.
The leaf itself is not in it: the verifier brings the leaf's hash, so the proof can only be about what the verifier has.
"""

from dataclasses import dataclass

from services.seal.canonical import from_base64, to_base64
from services.seal.checkpoint import LogPolicy, VerifiedCheckpoint, parse_decimal, verify_checkpoint
from services.seal.errors import SealError
from services.seal.merkle_proof import MAX_PATH, verify_inclusion
from services.seal.note import MAX_NOTE

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class TlogProof:
    """A proof as it was received or is to be sent; `checkpoint` is the whole signed note, verbatim."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    unauthenticated_extra: bytes | None = None

    def format(self) -> str:
        """Return the text of the proof."""
        lines = [HEADER]
        if self.unauthenticated_extra is not None:
            lines.append(f"extra {to_base64(self.unauthenticated_extra)}")
        lines.append(f"index {self.index}")
        lines.extend(to_base64(node) for node in self.path)
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """Parse the text of a proof; raise `SealError` for another format. The checkpoint stays opaque."""
        if len(text) > 2 * MAX_NOTE:
            raise SealError("a tlog-proof is too long")
        head, gap, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines.pop(0) != HEADER:
            raise SealError("not a tlog-proof of version 1")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise SealError("a tlog-proof names its index")
        index = parse_decimal(lines.pop(0).removeprefix("index "))
        if len(lines) > MAX_PATH:
            raise SealError("a tlog-proof's path is too long")
        return cls(index, tuple(from_base64(line) for line in lines), checkpoint, extra)


def verify_proof(proof: TlogProof, leaf: bytes, policy: LogPolicy) -> VerifiedCheckpoint:
    """Return the checkpoint when it satisfies the policy and the leaf (its hash, see `merkle.leaf_hash`) is under it.

    Raises `SealError` for a bad signature, too few witnesses, another log or another leaf.
    """
    verified = verify_checkpoint(proof.checkpoint, policy)
    checkpoint = verified.checkpoint
    verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root)
    return verified

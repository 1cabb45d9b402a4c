"""Whether a fact is in the transparency log, as an exhibit must prove it: with nothing beside the proof.

Stricter than `tlog_proof.verify_proof`, which ignores what it does not know, as its specification asks: here a proof
with extra data, or with a signature of a key that the trust material does not name, is refused, so that no byte of an
exhibit is there without a reason. All errors are `SealError`.
"""

from dataclasses import dataclass

from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.seal.leaves import Leaf
from services.seal.merkle import leaf_hash
from services.seal.note import Note
from services.seal.tlog_proof import TlogProof, verify_proof


@dataclass(frozen=True)
class Logged:
    """That a leaf is in the log: at which index, of how many, and since when at the latest (Unix seconds).

    `seen_unix` is the time that the witnesses gave with their signatures, the latest of the quorum's.
    """

    index: int
    size: int
    seen_unix: int


def check_logged(leaf: Leaf, proof: str, policy: LogPolicy) -> Logged:
    """Return where the leaf stands, by a tlog-proof's text, under a checkpoint that satisfies the policy."""
    parsed = TlogProof.parse(proof)
    if parsed.unauthenticated_extra is not None:
        raise SealError("a proof in an exhibit carries no extra data")
    verified = verify_proof(parsed, leaf_hash(leaf.to_bytes()), policy)
    cosignatures = verified.cosignatures
    if len(Note.parse(parsed.checkpoint).signatures) != 1 + len(cosignatures):
        raise SealError("a checkpoint in an exhibit is signed by the log and known witnesses, each once")
    return Logged(parsed.index, verified.checkpoint.size, max((each.timestamp for each in cosignatures), default=0))

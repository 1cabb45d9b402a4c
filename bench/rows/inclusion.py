"""Verifying that a leaf is in the transparency log beside the bare signatures below it, in milliseconds of a processor.

The proof is a tlog-proof under a checkpoint of a million leaves that the log and two witnesses have signed; it is read,
taken apart and verified, as clients, trustees and identity do it. The raw side makes as many bare calls of the library
that verifies signatures: three of Ed25519.
"""

import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.figures import Aim, Comparison, Target
from bench.rounds import Meter, interleaved
from bench.settings import Settings
from services.seal.checkpoint import Checkpoint, LogPolicy, add_cosignatures, sign_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType, cosign
from services.seal.tlog_proof import TlogProof, verify_proof

_WITNESSES = 2


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    leaves, times = settings.sized(1 << 20, 1 << 12) - 1, settings.sized(500, 50)
    proof, leaf, policy = _proof(leaves)

    async def raw(_: Meter) -> float:
        return _milliseconds(times, _bare())

    async def ours(_: Meter) -> float:
        return _milliseconds(times, lambda: verify_proof(TlogProof.parse(proof), leaf, policy))

    sides = await interleaved(
        settings.rounds,
        raw=raw,
        ours=ours,
        raw_is=f"{1 + _WITNESSES} Ed25519 verifications of `cryptography`",
        ours_is="a proof read and verified, with its checkpoint's signatures",
    )
    return [
        Comparison(
            name="inclusion",
            what="verifying that a leaf is in the log",
            unit="ms",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_MOST, value=1.0, of_ours=True),
            notes={"leaves in the log": leaves, "bytes of the proof": len(proof)},
        )
    ]


def _proof(leaves: int) -> tuple[str, bytes, LogPolicy]:
    """A proof, the hash of the leaf that it is about, and whom it must satisfy."""
    log = NoteSigner("vouchsafe.internal/log", SigningKey.generate())
    witnesses = [
        NoteSigner(f"witness-{number}", SigningKey.generate(), SignatureType.COSIGNATURE)
        for number in range(1, 1 + _WITNESSES)
    ]
    tree = Tree(leaf_hash(number.to_bytes(8, "big")) for number in range(leaves))
    note = sign_checkpoint(Checkpoint(log.name, leaves, tree.root()), log)
    lines = tuple(cosign(note.text, witness, 1_900_000_000).line() for witness in witnesses)
    index = leaves * 2 // 3
    proof = TlogProof(index, tree.inclusion(index, leaves), add_cosignatures(note.format(), lines))
    policy = LogPolicy(log.verifier_key, tuple(witness.verifier_key for witness in witnesses), _WITNESSES)
    return proof.format(), leaf_hash(index.to_bytes(8, "big")), policy


def _bare() -> Callable[[], None]:
    key, message = SigningKey.generate(), bytes(160)
    signature, public = key.sign(message), Ed25519PublicKey.from_public_bytes(key.public_key)

    def verify() -> None:
        for _ in range(1 + _WITNESSES):
            public.verify(signature, message)

    return verify


def _milliseconds(times: int, work: Callable[[], object]) -> float:
    """Of processor time, for one."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) * 1000 / times

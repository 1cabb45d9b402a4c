"""Log proofs: read and written exactly, and true only for their leaf, their log and their witnesses."""

from dataclasses import replace

import pytest
from hypothesis import given

from services.seal import checkpoint as c
from services.seal import note
from services.seal.canonical import to_base64
from services.seal.checkpoint import Checkpoint, LogPolicy
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import NoteSigner, SignatureType
from services.seal.tlog_proof import TlogProof, verify_proof
from tests.unit.seal.tampering import few, flips

LOG = NoteSigner("log.example/1", SigningKey.generate())
WITNESSES = [NoteSigner(f"witness.example/{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in range(2)]
POLICY = LogPolicy(LOG.verifier_key, tuple(each.verifier_key for each in WITNESSES), quorum=2)
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(7)]
TREE = Tree(LEAVES)
HEAD = Checkpoint(LOG.name, TREE.size, TREE.root())
SIGNED = c.add_cosignatures(
    c.sign_checkpoint(HEAD, LOG).format(),
    tuple(note.cosign(HEAD.format(), witness, 1_800_000_000).line() for witness in WITNESSES),
)
PROOF = TlogProof(3, TREE.inclusion(3, 7), SIGNED)


@pytest.mark.parametrize("index", range(7))
def test_every_leaf_is_proved(index: int):
    proof = TlogProof.parse(TlogProof(index, TREE.inclusion(index, 7), SIGNED).format())
    assert verify_proof(proof, LEAVES[index], POLICY).checkpoint == HEAD


@pytest.mark.parametrize("extra", [None, b"", b"context"])
def test_the_text_is_the_specified_one(extra: bytes | None):
    proof = TlogProof(10, (b"a" * 32,), "checkpoint data\n", extra)
    middle = "" if extra is None else f"extra {to_base64(extra)}\n"
    expected = f"c2sp.org/tlog-proof@v1\n{middle}index 10\n{to_base64(b'a' * 32)}\n\ncheckpoint data\n"
    assert proof.format() == expected
    assert TlogProof.parse(expected) == proof


def test_a_tree_of_one_leaf_has_an_empty_path():
    assert TlogProof(0, (), "checkpoint\n").format() == "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"
    assert TlogProof.parse("c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n") == TlogProof(0, (), "checkpoint\n")


def test_a_proof_is_for_its_leaf_and_its_place():
    for proof, leaf in ((PROOF, LEAVES[4]), (replace(PROOF, index=2), LEAVES[3]), (replace(PROOF, path=()), LEAVES[3])):
        with pytest.raises(SealError):
            verify_proof(proof, leaf, POLICY)


def test_a_checkpoint_without_its_quorum_proves_nothing():
    alone = replace(PROOF, checkpoint=c.sign_checkpoint(HEAD, LOG).format())
    with pytest.raises(SealError, match="quorum"):
        verify_proof(alone, LEAVES[3], POLICY)
    assert verify_proof(alone, LEAVES[3], replace(POLICY, quorum=0)).checkpoint == HEAD


@few
@given(flips(PROOF.format().encode()))
def test_a_flipped_proof_is_refused(changed: bytes):
    with pytest.raises(SealError):
        verify_proof(TlogProof.parse(changed.decode("utf-8", "replace")), LEAVES[3], POLICY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra QQ==\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nnot base64\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + (to_base64(bytes(32)) + "\n") * 65 + "\ncheckpoint\n",
    ],
)
def test_malformed_proofs_are_refused(text: str):
    with pytest.raises(SealError):
        TlogProof.parse(text)

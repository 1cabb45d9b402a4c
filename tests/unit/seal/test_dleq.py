"""DLEQ proofs: RFC 9497's VOPRF vectors to the byte, and no proof for anything untrue."""

import pytest
from hypothesis import given

from services.seal import dleq, ristretto
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.support.vectors import load_vectors
from tests.unit.seal.tampering import few, flips

K = SecretBytes(ristretto.scalar(7))
B = ristretto.base_mult(K.reveal())
C = ristretto.base_mult(ristretto.scalar(5))
D = ristretto.mult(K.reveal(), C)
PROOF = dleq.prove(K, B, [C], [D])


def _points(text: str) -> list[bytes]:
    return [bytes.fromhex(each) for each in text.split(",")]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_rfc_9497_voprf(number: int):
    suite = load_vectors("rfc9497_ristretto255_oprf_voprf.json")[1]
    vector = suite["vectors"][number]
    key, public = SecretBytes(bytes.fromhex(suite["skSm"])), bytes.fromhex(suite["pkSm"])
    blinded, evaluated = _points(vector["BlindedElement"]), _points(vector["EvaluationElement"])
    assert [ristretto.mult(key.reveal(), point) for point in blinded] == evaluated
    nonce = SecretBytes(bytes.fromhex(vector["Proof"]["r"]))
    assert dleq.prove(key, public, blinded, evaluated, nonce=nonce).hex() == vector["Proof"]["proof"]
    dleq.verify(public, blinded, evaluated, bytes.fromhex(vector["Proof"]["proof"]))


@few
@given(flips(PROOF))
def test_a_flipped_proof_is_refused(proof: bytes):
    with pytest.raises(SealError):
        dleq.verify(B, [C], [D], proof)


def test_a_proof_is_for_its_points_only():
    other = ristretto.base_mult(ristretto.scalar(11))
    for b, c, d in ((other, C, D), (B, other, D), (B, C, other)):
        with pytest.raises(SealError):
            dleq.verify(b, [c], [d], PROOF)


def test_a_prover_with_another_key_fails():
    with pytest.raises(SealError):
        dleq.verify(B, [C], [D], dleq.prove(SecretBytes(ristretto.scalar(8)), B, [C], [D]))


@pytest.mark.parametrize(("c", "d", "proof"), [([], [], PROOF), ([C, C], [D], PROOF), ([C], [D], PROOF[:-1])])
def test_malformed_statements_are_refused(c: list[bytes], d: list[bytes], proof: bytes):
    with pytest.raises(SealError):
        dleq.verify(B, c, d, proof)

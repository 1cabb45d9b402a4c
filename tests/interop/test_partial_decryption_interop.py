"""A trustee's partial decryption is RFC 9497's BlindEvaluate, so a VOPRF library must take it, and we must take its."""

import pytest

from services.seal import dleq, envelope, ristretto, threshold
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.interop.conftest import Second

DEALING = threshold.deal(threshold.generate_secret(), 3, 5)
PLAINTEXT = bytes(range(envelope.PLAINTEXT_SIZE))
ENVELOPE = envelope.seal(DEALING.public_key, PLAINTEXT, b"aad")
C1 = ENVELOPE[: ristretto.SIZE]


def test_their_verifier_takes_our_partial_decryption(second: Second):
    for share, public in zip(DEALING.shares, DEALING.share_public_keys, strict=True):
        partial = envelope.partial_decrypt(share, ENVELOPE)
        told = {"b": public.hex(), "c": C1.hex(), "proof": partial.proof.hex()}
        assert second.ask("multiply", scalar=_scalar(share), element=C1.hex()) == partial.point.hex()
        assert second.ask("check", d=partial.point.hex(), **told)
        assert not second.ask("check", d=C1.hex(), **told)


def test_our_verifier_takes_theirs_and_opens_the_envelope_with_them(second: Second):
    partials = []
    for share, public in list(zip(DEALING.shares, DEALING.share_public_keys, strict=True))[:3]:
        point = second.ask("multiply", scalar=_scalar(share), element=C1.hex())
        proof = second.ask("prove", key=_scalar(share), b=public.hex(), c=C1.hex(), d=point)
        partials.append(envelope.Partial(share.index, bytes.fromhex(point), bytes.fromhex(proof)))
        envelope.verify_partial(public, ENVELOPE, partials[-1])
    assert envelope.combine(DEALING.public_key, 3, partials, ENVELOPE, b"aad") == PLAINTEXT


def test_neither_takes_a_proof_by_another_key(second: Second):
    key, point = SecretBytes(ristretto.random_scalar()), ristretto.base_mult(ristretto.random_scalar())
    other = ristretto.base_mult(ristretto.random_scalar())
    evaluated = ristretto.mult(key.reveal(), point)
    theirs = second.ask("prove", key=key.reveal().hex(), b=other.hex(), c=point.hex(), d=evaluated.hex())
    with pytest.raises(SealError):
        dleq.verify(other, [point], [evaluated], bytes.fromhex(theirs))
    ours = dleq.prove(key, other, [point], [evaluated]).hex()
    assert not second.ask("check", b=other.hex(), c=point.hex(), d=evaluated.hex(), proof=ours)


def _scalar(share: threshold.Share) -> str:
    return share.value.reveal().hex()

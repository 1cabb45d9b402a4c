"""Proof that two pairs of points have the same discrete logarithm: Chaum-Pedersen as RFC 9497 section 2.2 writes it.

Given B = k*G and D[i] = k*C[i], the proof convinces without showing k. With the context string of the VOPRF mode over
ristretto255-SHA512, so that a trustee's partial decryption is exactly RFC 9497's BlindEvaluate and its published
vectors cover it. That B belongs to whom it should is for the caller to know.
"""

import hashlib
import hmac
from collections.abc import Sequence

from services.seal import ristretto
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

PROOF_SIZE = 64
"""A challenge and a response, 32 bytes each."""

CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"

_SCALAR_DST = b"HashToScalar-" + CONTEXT


def prove(
    k: SecretBytes, b: bytes, c: Sequence[bytes], d: Sequence[bytes], *, nonce: SecretBytes | None = None
) -> bytes:
    """Return the 64-byte proof of B = k*G and D[i] = k*C[i] (GenerateProof). The nonce is random unless given."""
    secret = k.reveal()
    r = ristretto.random_scalar() if nonce is None else ristretto.check_scalar(nonce.reveal())
    m = _combine(_weights(b, c, d), c)
    z = ristretto.mult(secret, m)
    challenge = _challenge(b, m, z, ristretto.base_mult(r), ristretto.mult(r, m))
    return challenge + ristretto.scalar_sub(r, ristretto.scalar_mul(challenge, secret))


def verify(b: bytes, c: Sequence[bytes], d: Sequence[bytes], proof: bytes) -> None:
    """Return when the proof holds for B, C and D (VerifyProof); raise `SealError` otherwise."""
    if len(proof) != PROOF_SIZE:
        raise SealError("a DLEQ proof has 64 bytes")
    challenge, response = proof[:32], proof[32:]
    weights = _weights(b, c, d)
    m, z = _combine(weights, c), _combine(weights, d)
    t2 = ristretto.add(ristretto.base_mult(response), ristretto.mult(challenge, b))
    t3 = ristretto.add(ristretto.mult(response, m), ristretto.mult(challenge, z))
    if not hmac.compare_digest(_challenge(b, m, z, t2, t3), challenge):
        raise SealError("the DLEQ proof does not verify")


def _weights(b: bytes, c: Sequence[bytes], d: Sequence[bytes]) -> list[bytes]:
    """Return the factors of ComputeComposites, one for each pair."""
    if not c or len(c) != len(d):
        raise SealError("a DLEQ proof is over one or more pairs of points")
    seed = hashlib.sha512(_framed(b, b"Seed-" + CONTEXT)).digest()
    return [
        ristretto.hash_to_scalar(_framed(seed) + i.to_bytes(2, "big") + _framed(ci, di) + b"Composite", _SCALAR_DST)
        for i, (ci, di) in enumerate(zip(c, d, strict=True))
    ]


def _combine(weights: Sequence[bytes], points: Sequence[bytes]) -> bytes:
    return ristretto.total([ristretto.mult(weight, point) for weight, point in zip(weights, points, strict=True)])


def _challenge(b: bytes, m: bytes, z: bytes, t2: bytes, t3: bytes) -> bytes:
    return ristretto.hash_to_scalar(_framed(b, m, z, t2, t3) + b"Challenge", _SCALAR_DST)


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)

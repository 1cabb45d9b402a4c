"""The escrow envelope: a person's reference and ownership signature, sealed to the opening key that nobody holds.

A threshold KEM in the shape of HPKE (RFC 9180): DHKEM over ristretto255 (RFC 9496), then HPKE's own key schedule. An
envelope is C1 = c*G (32 bytes), 80 bytes of ciphertext and a 16-byte tag. To open it each of k trustees returns
D_i = x_i*C1 with a DLEQ proof, and Lagrange interpolation gives x*C1; x itself is never assembled.

ristretto255 has no registered HPKE KEM. `KEM_ID` is our own choice outside IANA's assigned values, and the composition
has no published vectors: see the tests for what each part is checked against. There is no proof of chosen-ciphertext
security for the partial decryptions; a trustee must therefore decrypt only an envelope whose hash is in a credential
that verifies. That check, the approvals and the log come before `partial_decrypt` and are the trustee's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from services.seal import dleq, ristretto, threshold
from services.seal.canonical import sha256, signed_bytes
from services.seal.errors import SealError
from services.seal.hpke_schedule import MessageKey, message_key
from services.seal.secret import SecretBytes
from services.seal.statements import Context

KEM_ID = 0xFE55
PLAINTEXT_SIZE = 80
ENVELOPE_SIZE = ristretto.SIZE + PLAINTEXT_SIZE + 16

_EREF_SIZE = 16
_INFO = signed_bytes("envelope")


@dataclass(frozen=True)
class Escrow:
    """What an envelope holds: the escrow reference and the signature over `statements.Ownership`."""

    eref: bytes
    isig: bytes

    def encode(self) -> bytes:
        """Return the 80 bytes of plaintext."""
        if len(self.eref) != _EREF_SIZE or len(self.isig) != PLAINTEXT_SIZE - _EREF_SIZE:
            raise SealError("an escrow is a 16-byte reference and a 64-byte signature")
        return self.eref + self.isig

    @classmethod
    def decode(cls, plaintext: bytes) -> "Escrow":
        """Split 80 bytes of plaintext."""
        if len(plaintext) != PLAINTEXT_SIZE:
            raise SealError("an escrow has 80 bytes")
        return cls(plaintext[:_EREF_SIZE], plaintext[_EREF_SIZE:])


@dataclass(frozen=True)
class Partial:
    """One trustee's partial decryption: its index, D_i = x_i*C1, and the proof that it used its own share."""

    index: int
    point: bytes
    proof: bytes


def associated_data(context: Context, cpk: bytes) -> bytes:
    """Return the aad that ties an envelope to one credential context and one alias key."""
    if len(cpk) != 32:
        raise SealError("an alias key has 32 bytes")
    return signed_bytes("envelope-aad", context.to_bytes(), cpk)


def envelope_hash(envelope: bytes) -> bytes:
    """Return H(E), the SHA-256 of the envelope's bytes, which credentials and receipts carry."""
    return sha256(envelope)


def seal(public_key: bytes, plaintext: bytes, aad: bytes, *, ephemeral: SecretBytes | None = None) -> bytes:
    """Return the 128-byte envelope of an 80-byte plaintext.

    The ephemeral scalar is random unless given; whoever knows it can open the envelope, and it must seal once only.
    """
    if len(plaintext) != PLAINTEXT_SIZE:
        raise SealError("an envelope holds 80 bytes")
    scalar = ristretto.random_scalar() if ephemeral is None else ephemeral.reveal()
    c1 = ristretto.base_mult(scalar)
    keys = _keys(public_key, c1, ristretto.mult(scalar, public_key))
    return c1 + ChaCha20Poly1305(keys.key).encrypt(keys.nonce, plaintext, aad)


def check_envelope(envelope: bytes) -> None:
    """Refuse an envelope of the wrong length or whose point is invalid. Its ciphertext cannot be checked unopened."""
    if len(envelope) != ENVELOPE_SIZE:
        raise SealError("an envelope has 128 bytes")
    ristretto.check_point(envelope[: ristretto.SIZE])


def partial_decrypt(share: threshold.Share, envelope: bytes) -> Partial:
    """Return one trustee's part of the opening. Everything that makes it lawful was checked before."""
    check_envelope(envelope)
    c1 = envelope[: ristretto.SIZE]
    point = ristretto.mult(share.value.reveal(), c1)
    return Partial(share.index, point, dleq.prove(share.value, share.public_key, [c1], [point]))


def verify_partial(share_public_key: bytes, envelope: bytes, partial: Partial) -> None:
    """Return when the partial was made with the share behind this public key; raise `SealError` otherwise."""
    check_envelope(envelope)
    dleq.verify(share_public_key, [envelope[: ristretto.SIZE]], [partial.point], partial.proof)


def combine(public_key: bytes, k: int, partials: Iterable[Partial], envelope: bytes, aad: bytes) -> bytes:
    """Return the 80-byte plaintext from k or more partials, each of which passed `verify_partial`.

    Raises `SealError` for fewer than k, for two of one index, and when the result does not open the envelope.
    """
    check_envelope(envelope)
    points: dict[int, bytes] = {}
    for partial in partials:
        if partial.index in points:
            raise SealError("two partial decryptions of one trustee")
        points[partial.index] = partial.point
    if k < 1 or len(points) < k:
        raise SealError("fewer partial decryptions than the threshold")
    chosen = {index: points[index] for index in sorted(points)[:k]}
    c1, ciphertext = envelope[: ristretto.SIZE], envelope[ristretto.SIZE :]
    keys = _keys(public_key, c1, threshold.combine_points(chosen))
    try:
        return ChaCha20Poly1305(keys.key).decrypt(keys.nonce, ciphertext, aad)
    except InvalidTag as error:
        raise SealError("the envelope does not open") from error


def _keys(public_key: bytes, c1: bytes, dh: bytes) -> MessageKey:
    return message_key(KEM_ID, dh, c1 + ristretto.check_point(public_key), _INFO)

"""Sealing to one recipient: HPKE base mode (RFC 9180), DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

The library's interface has no associated data, so the context is bound through `info`: give canonical bytes that name
the purpose and the case. HPKE does not say who sealed; a signature beside it does.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from services.seal.errors import SealError
from services.seal.secret import SecretBytes

KEY_SIZE = 32
OVERHEAD = 32 + 16
"""Bytes that a sealed message is longer than its plaintext: the encapsulated key and the tag."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def generate() -> tuple[SecretBytes, bytes]:
    """Return a new raw private key and its raw public key, 32 bytes each."""
    key = X25519PrivateKey.generate()
    return SecretBytes(key.private_bytes_raw()), key.public_key().public_bytes_raw()


def public_key(private_key: SecretBytes) -> bytes:
    """Return the raw public key of a raw private key."""
    return _private(private_key).public_key().public_bytes_raw()


def seal(recipient: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Return the encapsulated key and the ciphertext, readable by the recipient (a raw public key) alone."""
    if len(recipient) != KEY_SIZE:
        raise SealError("an X25519 public key has 32 bytes")
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(recipient), info)
    except ValueError as error:
        raise SealError("not a usable X25519 public key") from error


def open_sealed(private_key: SecretBytes, sealed: bytes, info: bytes) -> bytes:
    """Return the plaintext; raise `SealError` when the key, the info or any bit is another."""
    try:
        return _SUITE.decrypt(sealed, _private(private_key), info)
    except (InvalidTag, ValueError) as error:
        raise SealError("the sealed message does not open") from error


def _private(private_key: SecretBytes) -> X25519PrivateKey:
    if len(private_key) != KEY_SIZE:
        raise SealError("an X25519 private key has 32 bytes")
    return X25519PrivateKey.from_private_bytes(private_key.reveal())

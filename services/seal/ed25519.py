"""Ed25519 signatures (RFC 8032) with raw encodings: 32-byte seeds and public keys, 64-byte signatures.

Messages come from `statements` or `note`; this module adds no domain tag of its own. libsodium verifies, in half of
OpenSSL's time and without the interpreter's lock; what it accepts, every verifier after RFC 8032 does.
"""

import pysodium
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.seal.errors import SealError
from services.seal.secret import Hidden, SecretBytes

KEY_SIZE = 32
SIGNATURE_SIZE = 64

_SIGN_BIT_OFF = 0x7F
# The y coordinates of all points of order 1, 2, 4 and 8, in every encoding (sign bit cleared). A signature under such a
# key can verify for many messages, so its owner could later deny any of them.
_SMALL_ORDER = frozenset(
    bytes.fromhex(encoding)
    for encoding in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


class SigningKey(Hidden):
    """An Ed25519 private key."""

    __slots__ = ("_key", "public_key")

    def __init__(self, seed: SecretBytes) -> None:
        if len(seed) != KEY_SIZE:
            raise SealError("an Ed25519 seed has 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())
        self.public_key: bytes = self._key.public_key().public_bytes_raw()
        """The raw 32-byte public key."""

    @classmethod
    def generate(cls) -> "SigningKey":
        """Return a new random key."""
        return cls(SecretBytes.random(KEY_SIZE))

    def seed(self) -> SecretBytes:
        """Return the 32-byte seed, for a sealed key file."""
        return SecretBytes(self._key.private_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of the message."""
        return self._key.sign(message)


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Return when the signature is the key's over the message; raise `SealError` otherwise."""
    check_public_key(public_key)
    try:
        pysodium.crypto_sign_verify_detached(signature, message, public_key)
    except ValueError as error:
        raise SealError("the Ed25519 signature does not verify") from error


def check_public_key(public_key: bytes) -> None:
    """Refuse a key of the wrong length or of small order. A point off the curve fails at `verify`."""
    if len(public_key) != KEY_SIZE:
        raise SealError("an Ed25519 public key has 32 bytes")
    if public_key[:31] + bytes([public_key[31] & _SIGN_BIT_OFF]) in _SMALL_ORDER:
        raise SealError("an Ed25519 public key of small order")

"""Key derivation: HKDF-SHA256 (RFC 5869) with canonical bytes as its info.

Every key that is derived anywhere in Vouchsafe is derived here under its own tag, so no two uses can meet in one key.
The input must already have full entropy; a passphrase goes through Argon2id first, which is not done here.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.seal.canonical import signed_bytes
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

MINIMUM_SECRET = 32
_LARGEST_OUTPUT = 255 * 32


def derive(secret: SecretBytes, what: str, *fields: bytes | str | int, size: int = 32) -> SecretBytes:
    """Return `size` bytes that only the holder of the secret can compute; the info is ``signed_bytes(what, *fields)``.

    Raises `SealError` for a secret under 32 bytes or a size that HKDF cannot give (1 to 8160 bytes).
    """
    if len(secret) < MINIMUM_SECRET:
        raise SealError("a secret to derive from has at least 32 bytes")
    if not 0 < size <= _LARGEST_OUTPUT:
        raise SealError("HKDF-SHA256 gives 1 to 8160 bytes")
    hkdf = HKDF(algorithm=hashes.SHA256(), length=size, salt=None, info=signed_bytes(what, *fields))
    return SecretBytes(hkdf.derive(secret.reveal()))


def alias_key(alias_secret: SecretBytes) -> SigningKey:
    """Return the key pair of an alias: its public key is `cpk`, which the credential certifies."""
    return SigningKey(derive(alias_secret, "alias-key"))


def thread_key(alias_secret: SecretBytes, thread_id: str) -> SecretBytes:
    """Return the Ed25519 seed of an alias's key in one thread. Two threads' keys are unlinkable without the secret."""
    return derive(alias_secret, "thread-key", thread_id)

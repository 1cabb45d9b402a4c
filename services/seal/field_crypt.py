"""Encryption at rest: AES-256-GCM (NIST SP 800-38D) for personal fields, and for the data keys they are under.

A sealed value is a version byte (1), a random 12-byte nonce, the ciphertext and a 16-byte tag. The tag also covers what
the value is (a field or a wrapped key) and the caller's `aad`, which names its place (table, column, row, version), so
that a value moved elsewhere does not decrypt. A random nonce limits a key to 2^32 values. Where the key-encrypting key
lives, and destroying a data key to erase a person, are the caller's.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.seal.canonical import signed_bytes
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

KEY_SIZE = 32
OVERHEAD = 1 + 12 + 16
"""Bytes that a sealed value is longer than its plaintext."""

_VERSION = b"\x01"
_NONCE_SIZE = 12


def generate_key() -> SecretBytes:
    """Return a new 32-byte key."""
    return SecretBytes.random(KEY_SIZE)


def encrypt(key: SecretBytes, plaintext: bytes, aad: bytes) -> bytes:
    """Return the sealed field."""
    return _seal(key, plaintext, signed_bytes("field", aad))


def decrypt(key: SecretBytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the field's plaintext; raise `SealError` when the key, the place or any bit is another."""
    return _open(key, sealed, signed_bytes("field", aad))


def wrap_key(kek: SecretBytes, data_key: SecretBytes, aad: bytes) -> bytes:
    """Return the data key, sealed under the key-encrypting key."""
    return _seal(kek, data_key.reveal(), signed_bytes("wrapped-key", aad))


def unwrap_key(kek: SecretBytes, wrapped: bytes, aad: bytes) -> SecretBytes:
    """Return the data key; raise `SealError` when the key-encrypting key, the place or any bit is another."""
    return SecretBytes(_open(kek, wrapped, signed_bytes("wrapped-key", aad)))


def _seal(key: SecretBytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plaintext, aad)


def _open(key: SecretBytes, sealed: bytes, aad: bytes) -> bytes:
    if len(sealed) < OVERHEAD or sealed[:1] != _VERSION:
        raise SealError("not a sealed value of version 1")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_SIZE], sealed[1 + _NONCE_SIZE :]
    try:
        return _cipher(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag as error:
        raise SealError("the sealed value does not open") from error


def _cipher(key: SecretBytes) -> AESGCM:
    if len(key) != KEY_SIZE:
        raise SealError("an AES-256 key has 32 bytes")
    return AESGCM(key.reveal())

"""Derived keys are stable, and separate for every purpose and every thread."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.seal import kdf
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

SECRET = SecretBytes(b"s" * 32)


def test_derivation_is_hkdf_with_canonical_info():
    info = b"vouchsafe/v1/thread-key\n\0\0\0\x03t-1"
    expected = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(b"s" * 32)
    assert kdf.thread_key(SECRET, "t-1").reveal() == expected


def test_keys_of_threads_aliases_and_uses_differ():
    other = SecretBytes(b"S" * 32)
    seeds = [
        kdf.thread_key(SECRET, "t-1"),
        kdf.thread_key(SECRET, "t-2"),
        kdf.thread_key(other, "t-1"),
        kdf.derive(SECRET, "alias-key"),
        kdf.alias_key(other).seed(),
    ]
    assert len({SigningKey(seed).public_key for seed in seeds}) == len(seeds)
    assert kdf.alias_key(SECRET).seed() == kdf.derive(SECRET, "alias-key")


@pytest.mark.parametrize("size", [0, -1, 8161])
def test_impossible_sizes_are_refused(size: int):
    with pytest.raises(SealError):
        kdf.derive(SECRET, "x", size=size)


def test_a_short_secret_is_refused():
    with pytest.raises(SealError):
        kdf.thread_key(SecretBytes(b"s" * 31), "t-1")

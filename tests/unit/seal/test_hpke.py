"""HPKE: the round trip, and our key schedule against the stock library's."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from services.seal import hpke
from services.seal.errors import SealError
from services.seal.hpke_schedule import message_key
from services.seal.secret import SecretBytes
from tests.unit.seal.tampering import few, flips

PRIVATE, PUBLIC = hpke.generate()
SEALED = hpke.seal(PUBLIC, b"the answer", b"case 1")


def test_the_recipient_opens():
    assert hpke.open_sealed(PRIVATE, SEALED, b"case 1") == b"the answer"
    assert hpke.public_key(PRIVATE) == PUBLIC
    assert len(SEALED) == len(b"the answer") + hpke.OVERHEAD


def test_neither_another_context_nor_another_key_opens():
    with pytest.raises(SealError):
        hpke.open_sealed(PRIVATE, SEALED, b"case 2")
    with pytest.raises(SealError):
        hpke.open_sealed(hpke.generate()[0], SEALED, b"case 1")


@few
@given(st.one_of(flips(SEALED), st.binary(max_size=80)))
def test_nothing_altered_opens(sealed: bytes):
    with pytest.raises(SealError):
        hpke.open_sealed(PRIVATE, sealed, b"case 1")


@pytest.mark.parametrize("public_key", [b"", bytes(32), b"\x01" + bytes(31), b"x" * 33])
def test_unusable_recipients_are_refused(public_key: bytes):
    with pytest.raises(SealError):
        hpke.seal(public_key, b"", b"")
    with pytest.raises(SealError):
        hpke.public_key(SecretBytes(b"short"))


def test_our_key_schedule_gives_the_stock_librarys_keys():
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    key = X25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    sealed = suite.encrypt(b"plaintext", key.public_key(), b"info")
    dh = key.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    ours = message_key(0x0020, dh, sealed[:32] + public, b"info")
    assert ChaCha20Poly1305(ours.key).decrypt(ours.nonce, sealed[32:], b"") == b"plaintext"

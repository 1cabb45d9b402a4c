"""Ed25519: RFC 8032's vectors, and everything that must not verify."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from services.seal import ed25519, ristretto
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.unit.seal.tampering import few, flips

# RFC 8032 section 7.1, tests 1 and 2.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
KEY = SigningKey(SecretBytes(b"k" * 32))
MESSAGE = b"a message"


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_rfc_8032(seed: str, public: str, message: str, signature: str):
    key = SigningKey(SecretBytes(bytes.fromhex(seed)))
    assert key.public_key.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    ed25519.verify(key.public_key, bytes.fromhex(message), bytes.fromhex(signature))


@few
@given(flips(KEY.sign(MESSAGE)))
def test_a_flipped_signature_is_refused(signature: bytes):
    with pytest.raises(SealError):
        ed25519.verify(KEY.public_key, MESSAGE, signature)


@few
@given(flips(KEY.public_key))
def test_a_flipped_key_is_refused(public_key: bytes):
    with pytest.raises(SealError):
        ed25519.verify(public_key, MESSAGE, KEY.sign(MESSAGE))


@few
@given(st.binary(max_size=70), st.binary(max_size=70))
def test_wrong_sizes_raise_the_one_error(public_key: bytes, signature: bytes):
    with pytest.raises(SealError):
        ed25519.verify(public_key, MESSAGE, signature)


def test_a_small_order_key_is_refused_although_its_forgery_would_verify():
    # Under the neutral element as key, R = S*B is a signature of every message.
    neutral = b"\x01" + bytes(31)
    with pytest.raises(SealError, match="small order"):
        ed25519.verify(neutral, MESSAGE, neutral + bytes(32))
    with pytest.raises(SealError, match="small order"):
        ed25519.check_public_key(bytes(31) + b"\x80")


@few
@given(st.binary(max_size=2000))
def test_what_is_accepted_stock_cryptography_accepts(message: bytes):
    signature = KEY.sign(message)
    ed25519.verify(KEY.public_key, message, signature)
    Ed25519PublicKey.from_public_bytes(KEY.public_key).verify(signature, message)


def test_a_signature_has_one_form():
    signature = KEY.sign(MESSAGE)
    scalar = int.from_bytes(signature[32:], "little") + ristretto.ORDER
    with pytest.raises(SealError):
        ed25519.verify(KEY.public_key, MESSAGE, signature[:32] + scalar.to_bytes(32, "little"))


def test_the_seed_makes_the_key_again():
    key = SigningKey.generate()
    assert SigningKey(key.seed()).public_key == key.public_key


def test_a_seed_has_32_bytes():
    with pytest.raises(SealError):
        SigningKey(SecretBytes(b"short"))

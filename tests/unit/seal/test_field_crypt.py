"""Fields at rest open in their own place, under their own key, unaltered, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import field_crypt
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.unit.seal.tampering import flips, many

KEY, KEK = field_crypt.generate_key(), field_crypt.generate_key()
SEALED = field_crypt.encrypt(KEY, "张三".encode(), b"persons.name.1")
WRAPPED = field_crypt.wrap_key(KEK, KEY, b"person-1")


@many
@given(st.binary(max_size=100), st.binary(max_size=30))
def test_fields_round_trip(plaintext: bytes, aad: bytes):
    sealed = field_crypt.encrypt(KEY, plaintext, aad)
    assert field_crypt.decrypt(KEY, sealed, aad) == plaintext
    assert len(sealed) == len(plaintext) + field_crypt.OVERHEAD


@many
@given(st.one_of(flips(SEALED), st.binary(max_size=60)))
def test_nothing_altered_opens(sealed: bytes):
    with pytest.raises(SealError):
        field_crypt.decrypt(KEY, sealed, b"persons.name.1")


def test_a_field_opens_in_its_place_only():
    for key, aad in ((KEY, b"persons.name.2"), (KEK, b"persons.name.1")):
        with pytest.raises(SealError):
            field_crypt.decrypt(key, SEALED, aad)


def test_equal_fields_look_different():
    assert field_crypt.encrypt(KEY, b"x", b"") != field_crypt.encrypt(KEY, b"x", b"")


def test_data_keys_are_wrapped_and_unwrapped():
    assert field_crypt.unwrap_key(KEK, WRAPPED, b"person-1") == KEY
    for kek, wrapped, aad in ((KEY, WRAPPED, b"person-1"), (KEK, WRAPPED, b"person-2"), (KEK, SEALED, b"person-1")):
        with pytest.raises(SealError):
            field_crypt.unwrap_key(kek, wrapped, aad)


def test_a_wrapped_key_is_no_field():
    with pytest.raises(SealError):
        field_crypt.decrypt(KEK, WRAPPED, b"person-1")


def test_a_key_has_32_bytes():
    with pytest.raises(SealError):
        field_crypt.encrypt(SecretBytes(b"k" * 16), b"", b"")

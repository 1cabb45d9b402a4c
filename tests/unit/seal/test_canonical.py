"""Canonical bytes: exact, injective, and read back only when exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.canonical import (
    from_base64,
    from_base64url,
    read_fields,
    sha256,
    signed_bytes,
    to_base64,
    to_base64url,
)
from services.seal.errors import SealError
from tests.unit.seal.tampering import many

fields = st.lists(st.binary(max_size=20), max_size=4)


def test_the_encoding_is_the_documented_one():
    expected = b"vouchsafe/v1/x\n" + b"\0\0\0\x02ab" + b"\0\0\0\x03\xe2\x82\xac" + b"\0\0\0\x08" + b"\0" * 7 + b"\x07"
    assert signed_bytes("x", b"ab", "€", 7) == expected


@many
@given(fields, fields)
def test_different_fields_never_share_bytes(one: list[bytes], other: list[bytes]):
    assert (signed_bytes("t", *one) == signed_bytes("t", *other)) == (one == other)


@many
@given(fields)
def test_fields_are_read_back(values: list[bytes]):
    assert read_fields("t", signed_bytes("t", *values)) == tuple(values)


def test_another_tag_is_refused():
    with pytest.raises(SealError):
        read_fields("receipt", signed_bytes("receipts", b"a"))


@pytest.mark.parametrize("cut", range(1, 7))
def test_cut_off_bytes_are_refused(cut: int):
    with pytest.raises(SealError):
        read_fields("t", signed_bytes("t", b"abc")[:-cut])


@pytest.mark.parametrize("field", [-1, 2**64, True, "\ud800", None, 1.5])
def test_values_without_an_encoding_are_refused(field: object):
    with pytest.raises(SealError):
        signed_bytes("t", field)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["", "A", "a\n", "a/b", "é"])
def test_malformed_tags_are_refused(what: str):
    with pytest.raises(SealError):
        signed_bytes(what)


@many
@given(st.binary(max_size=40))
def test_base64_round_trips(data: bytes):
    assert from_base64(to_base64(data)) == data
    assert from_base64url(to_base64url(data)) == data


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ= =", "QQ==\n", "Q-==", "é"])
def test_only_canonical_base64_is_read(text: str):
    with pytest.raises(SealError):
        from_base64(text)


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "Q+8", "QQ\n", "é"])
def test_only_canonical_base64url_is_read(text: str):
    with pytest.raises(SealError):
        from_base64url(text)


def test_sha256_is_over_the_concatenation():
    assert sha256(b"a", b"bc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

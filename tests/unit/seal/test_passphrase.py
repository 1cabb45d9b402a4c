"""Content under a passphrase, and a trustee's share in such a file."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import share_file, threshold
from services.seal.errors import SealError
from services.seal.passphrase import RANDOM, Cost, Kind, Lock, WrongPassphrase, purpose_of
from services.seal.secret import SecretBytes
from services.seal.share_file import index_of, open_share, seal_share
from tests.unit.seal.tampering import few

KIND, OTHER = Kind("vouchsafe/test/1", "test"), Kind("vouchsafe/other/1", "test")
PASSPHRASE = SecretBytes(b"correct horse battery staple")
TEXT = Lock.new(KIND, "a purpose", PASSPHRASE, cost=RANDOM).seal(b"content")
DEALING = threshold.deal(threshold.generate_secret(), 2, 3)
SHARE = seal_share(DEALING.shares[1], DEALING.public_key, PASSPHRASE, cost=RANDOM)


def altered(text: bytes, name: str, value: Any) -> bytes:
    document = json.loads(text)
    place, _, key = name.rpartition(".")
    (document[place] if place else document)[key] = value
    return json.dumps(document).encode()


def test_what_was_sealed_is_opened_and_sealed_again() -> None:
    lock, content = Lock.unlock(KIND, TEXT, PASSPHRASE)
    assert content == b"content"
    assert Lock.unlock(KIND, lock.seal(b"more"), PASSPHRASE)[1] == b"more"
    assert purpose_of(KIND, TEXT) == "a purpose"


def test_another_passphrase_opens_nothing() -> None:
    for other in (b"", b"correct horse battery stapl", PASSPHRASE.reveal() + b"\n"):
        with pytest.raises(WrongPassphrase):
            Lock.unlock(KIND, TEXT, SecretBytes(other))


@pytest.mark.parametrize(
    ("name", "value"),
    [("purpose", "another"), ("argon2id.passes", 2), ("argon2id.memory_kib", 16), ("argon2id.salt", "A" * 22 + "==")],
)
def test_the_header_is_bound(name: str, value: object) -> None:
    with pytest.raises(WrongPassphrase):
        Lock.unlock(KIND, altered(TEXT, name, value), PASSPHRASE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "vouchsafe/other/1"),
        ("format", None),
        ("purpose", 7),
        ("sealed", 7),
        ("sealed", "?"),
        ("argon2id", None),
        ("argon2id.salt", 7),
        ("argon2id.passes", 0),
        ("argon2id.passes", "3"),
        ("argon2id.lanes", True),
        ("argon2id.memory_kib", 8.5),
        ("argon2id.memory_kib", 2**40),
        ("argon2id.more", 1),
    ],
)
def test_what_is_no_such_text_is_told_before_any_work(name: str, value: object) -> None:
    with pytest.raises(SealError) as refused:
        Lock.unlock(KIND, altered(TEXT, name, value), PASSPHRASE)
    assert not isinstance(refused.value, WrongPassphrase)


@few
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_raise_nothing_else(text: bytes) -> None:
    with pytest.raises(SealError):
        Lock.unlock(KIND, text, PASSPHRASE)


def test_kinds_are_not_taken_for_one_another() -> None:
    with pytest.raises(SealError, match="kind"):
        Lock.unlock(OTHER, TEXT, PASSPHRASE)


def test_a_cost_has_bounds() -> None:
    for cost in ({"passes": 0}, {"lanes": 65}, {"memory_kib": 7}, {"memory_kib": 2**22}, {"passes": 65}):
        with pytest.raises(ValueError, match="out of range"):
            Cost(**cost)


class TestShares:
    def test_a_share_comes_back(self) -> None:
        assert index_of(SHARE, DEALING.public_key) == 2
        share = open_share(SHARE, DEALING.public_key, PASSPHRASE)
        assert share == DEALING.shares[1]
        threshold.check_share(share, DEALING.commitments)

    def test_of_another_ceremony_is_known_without_a_passphrase(self) -> None:
        with pytest.raises(SealError, match="not a share of this opening key"):
            index_of(SHARE, b"y" * 32)

    def test_the_file_must_hold_the_share_that_it_names(self) -> None:
        lock = Lock.new(share_file.SHARE, f"share 3 of {DEALING.public_key.hex()}", PASSPHRASE, cost=RANDOM)
        with pytest.raises(SealError, match="not the one"):
            open_share(lock.seal(DEALING.shares[1].encode().reveal()), DEALING.public_key, PASSPHRASE)

    def test_nothing_of_the_scalar_is_in_the_file(self) -> None:
        secret = DEALING.shares[1].value.reveal()
        assert secret not in SHARE
        assert secret.hex().encode() not in SHARE

    @pytest.mark.parametrize("purpose", ["", "share 2", "share 02 of {}", "share ² of {}", "share 2 of {} ", "2 of {}"])
    def test_a_purpose_has_one_form(self, purpose: str) -> None:
        text = altered(SHARE, "purpose", purpose.format(DEALING.public_key.hex()))
        with pytest.raises(SealError, match="not a share"):
            index_of(text, DEALING.public_key)

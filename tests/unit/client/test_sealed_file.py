"""A file that only its passphrase opens."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vouchsafe.sdk import Cost, Reason, VouchsafeError
from vouchsafe.sdk.sealed_file import SealedFile

CHEAP = Cost(memory_kib=8, passes=1)
PASSPHRASE = "passphrase"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "a.sealed"


def test_what_was_written_is_read_again(path: Path) -> None:
    file = SealedFile.create(path, "person", "passphrase", b"first", cost=CHEAP)
    file.write(b"second")
    again, content = SealedFile.unlock(path, "person", "passphrase")
    assert content == b"second"
    again.write(b"third")
    assert SealedFile.unlock(path, "person", "passphrase")[1] == b"third"


def test_only_the_owner_may_read_and_no_scratch_file_stays(path: Path) -> None:
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP).write(b"more")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_write_is_on_disk_when_it_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []  # is it a directory, and is the file in its place by then
    fsync = os.fsync

    def recorded(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP)
    assert synced == [(False, False), (True, True)]


def test_the_content_is_nowhere_in_the_file(path: Path) -> None:
    SealedFile.create(path, "person", "passphrase", b"a secret of the person", cost=CHEAP)
    assert b"a secret" not in path.read_bytes()


def test_two_files_of_one_passphrase_have_nothing_in_common(tmp_path: Path) -> None:
    for name in ("a", "b"):
        SealedFile.create(tmp_path / name, "person", "passphrase", b"content", cost=CHEAP)
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("a", "b"))
    assert one["argon2id"]["salt"] != other["argon2id"]["salt"]
    assert one["sealed"] != other["sealed"]


def refusal(path: Path, purpose: str = "person", passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(VouchsafeError) as caught:
        SealedFile.unlock(path, purpose, passphrase)
    return caught.value.reason


def test_another_passphrase_is_refused(path: Path) -> None:
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP)
    assert refusal(path, passphrase="Passphrase") == Reason.WRONG_PASSPHRASE


def test_a_file_is_not_overwritten_by_a_new_one(path: Path) -> None:
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP)
    with pytest.raises(VouchsafeError, match="WALLET_EXISTS"):
        SealedFile.create(path, "person", "passphrase", b"", cost=CHEAP)


def test_a_missing_file_is_told(path: Path) -> None:
    assert refusal(path) == Reason.WALLET_MISSING


def test_one_compartment_does_not_pass_for_the_other(path: Path) -> None:
    SealedFile.create(path, "aliases", "passphrase", b"content", cost=CHEAP)
    assert refusal(path) == Reason.WALLET_DAMAGED
    renamed = json.loads(path.read_text()) | {"purpose": "person"}
    path.write_text(json.dumps(renamed))
    assert refusal(path) == Reason.WRONG_PASSPHRASE  # the tag covers the purpose


@pytest.mark.parametrize(
    "damage",
    [
        {"format": "vouchsafe/wallet/9"},
        {"sealed": "not base64!"},
        {"argon2id": {"memory_kib": 2**40, "passes": 1, "lanes": 1, "salt": ""}},
        {"argon2id": {"memory_kib": 8, "passes": 1}},
        {"argon2id": "x"},
    ],
)
def test_a_damaged_file_is_told(path: Path, damage: dict[str, object]) -> None:
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP)
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    assert refusal(path) == Reason.WALLET_DAMAGED


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_something_else_is_told(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert refusal(path) == Reason.WALLET_DAMAGED


def test_a_flipped_bit_is_refused(path: Path) -> None:
    SealedFile.create(path, "person", "passphrase", b"content", cost=CHEAP)
    document = json.loads(path.read_text())
    sealed = document["sealed"]
    document["sealed"] = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]
    path.write_text(json.dumps(document))
    assert refusal(path) == Reason.WRONG_PASSPHRASE


def test_updates_from_several_openings_are_all_kept(path: Path) -> None:
    SealedFile.create(path, "person", PASSPHRASE, b"", cost=CHEAP)

    def add(mark: bytes) -> None:
        file, _ = SealedFile.unlock(path, "person", PASSPHRASE)
        for _ in range(15):
            file.update(lambda content: content + mark)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, (b"a", b"b", b"c", b"d")))
    written = SealedFile.unlock(path, "person", PASSPHRASE)[1]
    assert {mark: written.count(mark) for mark in (b"a", b"b", b"c", b"d")} == dict.fromkeys(
        (b"a", b"b", b"c", b"d"), 15
    )
    assert list(path.parent.iterdir()) == [path]


def test_a_change_that_fails_changes_nothing_and_keeps_nobody_waiting(path: Path) -> None:
    file = SealedFile.create(path, "person", PASSPHRASE, b"content", cost=CHEAP)

    def broken(_: bytes) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        file.update(broken)
    assert file.update(lambda content: content + b"!") == b"content!"


def test_a_file_that_is_gone_or_another_is_not_written_over(path: Path) -> None:
    file = SealedFile.create(path, "person", PASSPHRASE, b"content", cost=CHEAP)
    path.unlink()
    with pytest.raises(VouchsafeError, match="WALLET_MISSING"):
        file.update(lambda _: b"new")
    for purpose, passphrase in (("person", PASSPHRASE), ("aliases", PASSPHRASE), ("person", "another")):
        SealedFile.create(path, purpose, passphrase, b"somebody else's", cost=CHEAP)
        with pytest.raises(VouchsafeError, match="WALLET_DAMAGED"):
            file.update(lambda _: b"new")
        assert SealedFile.unlock(path, purpose, passphrase)[1] == b"somebody else's"
        path.unlink()

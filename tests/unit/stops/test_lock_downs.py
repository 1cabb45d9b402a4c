"""What an officer told a process himself: on disk before the answer, until the log shows that a quorum ended it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError
from services.seal.errors import SealError
from services.seal.governance import begin
from services.seal.statements import LockDown
from services.stops.lock_downs import FILE_NAME, LockDowns
from tests.support.public_log import LogKeys

KEYS = LogKeys()
NOW = begin(KEYS.trust)
LOCKED = replace(NOW, lockdowns=1)
ENDED = replace(NOW, lockdowns=1, unlocked=1)


def lock(
    lock_downs: LockDowns,
    number: int = 1,
    officer: str = "ann",
    by: str = "ann",
    ceremony: bytes = NOW.ceremony,
    governance=NOW,
) -> None:
    signed = LockDown(ceremony, number, officer).signed_bytes()
    lock_downs.lock(number, officer, KEYS.officers[by].sign(signed), governance)


async def test_it_stands_until_the_log_shows_its_end(tmp_path: Path):
    lock_downs = LockDowns.open(tmp_path)
    assert not lock_downs.stand(NOW)
    lock(lock_downs)
    assert lock_downs.stand(NOW)
    assert lock_downs.stand(LOCKED)
    assert not lock_downs.stand(ENDED)
    lock(lock_downs, 2, governance=ENDED)
    assert lock_downs.stand(ENDED)
    await lock_downs.close()


async def test_a_restart_remembers(tmp_path: Path):
    lock_downs = LockDowns.open(tmp_path)
    lock(lock_downs)
    await lock_downs.close()
    again = LockDowns.open(tmp_path)
    assert again.stand(NOW)
    assert not again.stand(ENDED)
    await again.close()


@pytest.mark.parametrize(
    ("told", "governance"),
    [
        ({"number": 2}, NOW),
        ({"number": 0}, NOW),
        ({"number": 3}, LOCKED),
        ({"number": 1}, ENDED),
        ({"by": "bob"}, NOW),
        ({"officer": "mallory"}, NOW),
        ({"ceremony": b"o" * 32}, NOW),
    ],
    ids=[
        "a later number",
        "no number",
        "a later number while locked",
        "one that is over",
        "another's key",
        "nobody",
        "another ceremony's",
    ],
)
async def test_what_is_no_lock_down_leaves_no_trace(tmp_path: Path, told: dict[str, object], governance: object):
    lock_downs = LockDowns.open(tmp_path)
    with pytest.raises(SealError):
        lock(lock_downs, governance=governance, **told)
    assert not lock_downs.stand(ENDED)
    assert (tmp_path / FILE_NAME).read_bytes() == b""
    await lock_downs.close()


@pytest.mark.parametrize(("number", "governance"), [(1, LOCKED), (2, LOCKED), (2, ENDED)])
async def test_the_one_in_force_and_the_next_are_taken(tmp_path: Path, number: int, governance):
    lock_downs = LockDowns.open(tmp_path)
    lock(lock_downs, number, governance=governance)
    assert lock_downs.stand(governance)
    await lock_downs.close()


async def test_it_is_on_disk_before_it_is_answered_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lock_downs = LockDowns.open(tmp_path)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / FILE_NAME).read_bytes()))
    lock(lock_downs)
    lock(lock_downs)
    assert len(synced) == 1
    assert synced[0].startswith(b"1 ann ")
    assert synced[0].endswith(b"\n")


async def test_a_failing_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lock_downs = LockDowns.open(tmp_path)

    def fail(_: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(StateError):
            lock(lock_downs)
    with pytest.raises(StateError):
        lock(lock_downs)
    await lock_downs.close()


@pytest.mark.parametrize("content", ["nonsense\n", "-1 ann 00\n", "\n", "٧ ann 00\n"])
def test_a_malformed_record_refuses_to_open(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(StateError):
        LockDowns.open(tmp_path)


async def test_a_torn_line_was_never_answered(tmp_path: Path):
    (tmp_path / FILE_NAME).write_bytes(b"1 ann 00\n2 bob 0")
    lock_downs = LockDowns.open(tmp_path)
    assert lock_downs.stand(NOW)
    assert not lock_downs.stand(ENDED)
    await lock_downs.close()

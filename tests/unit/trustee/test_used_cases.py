"""A case is used once: on disk before the answer, across restarts and torn writes."""

import os
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError
from services.trustee.used_cases import FILE_NAME, UsedCases

ONE, OTHER = b"1" * 32, b"2" * 32


async def test_a_case_is_used_for_one_statement(tmp_path: Path):
    used = UsedCases.open(tmp_path)
    assert used.claim("case-1", ONE)
    assert used.claim("case-1", ONE), "a crash may have lost the answer"
    assert not used.claim("case-1", OTHER)
    assert used.claim("case-2", OTHER)
    await used.close()


async def test_a_restart_remembers(tmp_path: Path):
    used = UsedCases.open(tmp_path)
    used.claim("case-1", ONE)
    await used.close()
    again = UsedCases.open(tmp_path)
    assert not again.claim("case-1", OTHER)
    assert again.claim("case-1", ONE)
    await again.close()


async def test_a_torn_line_was_never_answered_and_is_dropped(tmp_path: Path):
    used = UsedCases.open(tmp_path)
    used.claim("case-1", ONE)
    await used.close()
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b"case-2 " + ONE.hex().encode()[:30])
    again = UsedCases.open(tmp_path)
    assert not again.claim("case-1", OTHER)
    assert again.claim("case-2", OTHER)
    await again.close()
    third = UsedCases.open(tmp_path)
    assert not third.claim("case-2", ONE)
    await third.close()


@pytest.mark.parametrize(
    "content", ["nonsense\n", f"case-1 {ONE.hex()}\ncase-1 {OTHER.hex()}\n", f" {ONE.hex()}\n", "case-1 00\n"]
)
def test_a_malformed_record_refuses_to_open(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content, encoding="ascii")
    with pytest.raises(StateError):
        UsedCases.open(tmp_path)


async def test_one_process_at_a_time(tmp_path: Path):
    used = UsedCases.open(tmp_path)
    with pytest.raises(StateError):
        UsedCases.open(tmp_path)
    await used.close()
    await UsedCases.open(tmp_path).close()


def test_a_case_is_on_disk_before_it_may_be_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    used = UsedCases.open(tmp_path)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / FILE_NAME).read_bytes()))
    assert used.claim("case-1", ONE)
    assert synced == [f"case-1 {ONE.hex()}\n".encode()]
    assert used.claim("case-1", ONE)
    assert len(synced) == 1


async def test_a_failing_disk_answers_nothing_until_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    used = UsedCases.open(tmp_path)
    used.claim("case-1", ONE)

    def fail(_: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(StateError):
            used.claim("case-2", ONE)
    with pytest.raises(StateError):
        used.claim("case-2", OTHER)
    assert used.claim("case-1", ONE)
    await used.close()
    again = UsedCases.open(tmp_path)
    assert again.claim("case-2", ONE)
    assert not again.claim("case-2", OTHER)
    await again.close()

"""Small files survive a crash whole, and one process at a time holds one."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError, append, open_alone, read, replace


def test_one_process_at_a_time_holds_a_file(tmp_path: Path):
    path = tmp_path / "missing" / "file"
    held = open_alone(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StateError, match="file is held"):
        open_alone(path)
    os.close(held)
    os.close(open_alone(path))


def test_what_is_appended_follows_what_was_there(tmp_path: Path):
    for line in (b"one\n", b"two\n"):
        descriptor = open_alone(tmp_path / "file")
        append(descriptor, line)
        os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"one\ntwo\n"


def test_a_short_or_failed_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    descriptor = open_alone(tmp_path / "file")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda _descriptor, data: len(data) - 1)
        with pytest.raises(StateError):
            append(descriptor, b"line\n")
    os.close(descriptor)
    with pytest.raises(StateError):
        append(descriptor, b"line\n")


def test_a_replacement_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file"
    replace(path, b"old")

    def fail(_: int) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space"):
            replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    replace(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_two_that_replace_a_file_at_once_do_each_other_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, on_disk = tmp_path / "file", os.fsync
    meanwhile: list[bytes] = []

    def fsync(descriptor: int) -> None:
        if not meanwhile:  # the other one comes while the first has written, and not yet replaced
            meanwhile.append(b"two")
            replace(path, b"two")
        on_disk(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    replace(path, b"one")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"one", [path])
    monkeypatch.undo()
    contents = [bytes([65 + number]) * 5000 for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda data: replace(path, data), contents * 25))
    assert path.read_bytes() in contents


def test_what_somebody_laid_beside_it_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / "file.new").symlink_to(precious)
    replace(tmp_path / "file", b"new")
    monkeypatch.setattr("services.chassis.durable_file.secrets.token_hex", lambda _: "guessed")
    (tmp_path / "file.guessed.new").symlink_to(precious)
    with pytest.raises(FileExistsError):
        replace(tmp_path / "file", b"newer")
    assert ((tmp_path / "file").read_bytes(), precious.read_bytes()) == (b"new", b"precious")
    assert (tmp_path / "file.guessed.new").is_symlink()


def test_what_is_no_regular_file_is_neither_read_nor_waited_for(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"content")
    assert read(tmp_path / "file") == b"content"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "link", tmp_path / "pipe", tmp_path / "missing"):
        with pytest.raises(OSError):  # each tells it in its own words
            read(path)

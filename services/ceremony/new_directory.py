"""A directory that appears whole or not at all: filled under a hidden name, on disk before it gets its own.

A crash leaves at most the hidden one, `.<name>.unfinished`, which nothing reads and the next attempt removes. Contents
are the caller's.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.ceremony.errors import CeremonyError
from services.chassis.durable_file import sync_directory


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """The hidden directory, mode 0700, renamed to `path` at the end of the block; removed if the block raises.

    Raises CeremonyError when there is something at `path` already.
    """
    demand_absent(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(mode=0o700)
        yield unfinished
        sync_directory(unfinished)
        unfinished.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise CeremonyError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def demand_absent(path: Path) -> None:
    """CeremonyError when there is something of this name."""
    if path.exists() or path.is_symlink():
        raise CeremonyError(f"{path} exists already, and nothing is ever overwritten")


def write_new(path: Path, content: bytes) -> None:
    """A new file, mode 0600, on disk when this returns. CeremonyError when it is there already or cannot be written."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)
    except FileExistsError as error:
        raise CeremonyError(f"{path} exists already, and nothing is ever overwritten") from error
    except OSError as error:
        raise CeremonyError(f"{path} cannot be written: {error.strerror}") from error


def read(path: Path) -> bytes:
    """A file's bytes, or CeremonyError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CeremonyError(f"{path} cannot be read: {error.strerror}") from error

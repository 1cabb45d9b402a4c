"""The last checkpoint that a witness co-signed: its size and root, in a file, on disk before the co-signature leaves.

Losing the file would let the log show this witness another past, so it belongs on storage that outlives the process.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

FILE_NAME: Final = "last-seen"
LOCK_NAME: Final = "lock"


class StateError(Exception):
    """The file cannot be trusted or is in use by another process; starting would be unsafe."""


@dataclass(frozen=True)
class TreeHead:
    """A tree's size and root."""

    size: int
    root: bytes


class LastSeen:
    """The file, opened for this process alone. `head` is None until something was co-signed."""

    def __init__(self, directory: Path, lock: int, head: TreeHead | None) -> None:
        self._directory = directory
        self._lock = lock
        self.head = head

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open the file in `directory`; raises StateError when it is held by another process or malformed."""
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(directory, lock, _load(directory / FILE_NAME))
        except BlockingIOError as error:
            os.close(lock)
            raise StateError("the last checkpoint is held by another process") from error
        except BaseException:
            os.close(lock)
            raise

    def save(self, head: TreeHead) -> None:
        """Replace what is stored; durable on return."""
        scratch = self._directory / f"{FILE_NAME}.new"
        with scratch.open("wb") as file:
            file.write(f"{head.size} {head.root.hex()}\n".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self._directory / FILE_NAME)
        _sync_directory(self._directory)
        self.head = head

    async def close(self) -> None:
        """Give the file up."""
        os.close(self._lock)


def _load(path: Path) -> TreeHead | None:
    try:
        line = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StateError("the last checkpoint is malformed") from error
    size, _, root = line.removesuffix("\n").partition(" ")
    try:
        head = TreeHead(int(size), bytes.fromhex(root))
    except ValueError as error:
        raise StateError("the last checkpoint is malformed") from error
    if head.size < 0 or len(head.root) != 32 or not line.endswith("\n"):
        raise StateError("the last checkpoint is malformed")
    return head


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

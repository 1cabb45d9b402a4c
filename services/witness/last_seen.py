"""The last checkpoint that a witness co-signed: its size and root, in a file, on disk before the co-signature leaves.

Losing the file would let the log show this witness another past, so it belongs on storage that outlives the process.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError, open_alone, replace

FILE_NAME: Final = "last-seen"
LOCK_NAME: Final = "lock"
"""Held instead of the file itself, which every save replaces."""


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
        lock = open_alone(directory / LOCK_NAME)
        try:
            return cls(directory, lock, _load(directory / FILE_NAME))
        except BaseException:
            os.close(lock)
            raise

    def save(self, head: TreeHead) -> None:
        """Replace what is stored; durable on return."""
        replace(self._directory / FILE_NAME, f"{head.size} {head.root.hex()}\n".encode("ascii"))
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

"""A record in a file of a process's own: whole lines, appended, on disk before anything is done on them.

What a line means is the caller's. Losing such a file undoes what it records, so it belongs on storage that outlives the
process.
"""

import os
from pathlib import Path
from typing import Self

from services.chassis.durable_file import StateError, append, open_alone


class Lines:
    """The file, opened for this process alone."""

    def __init__(self, descriptor: int, found: list[str]) -> None:
        self._descriptor = descriptor
        self._broken = False
        self.found = found
        """The lines that stood in the file when it was opened."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; raises StateError when another process holds it."""
        descriptor = open_alone(path)
        try:
            return cls(descriptor, _whole_lines(descriptor))
        except BaseException:
            os.close(descriptor)
            raise

    def append(self, line: str) -> None:
        """Put a line at the end; it is on disk on return.

        Raises StateError when it could not be. Nobody knows then what is on disk, so all later lines fail as well,
        until a restart has read the file.
        """
        data = f"{line}\n".encode()
        if self._broken:
            raise StateError("the record could not be written before")
        self._broken = True
        append(self._descriptor, data)
        self._broken = False

    async def close(self) -> None:
        """Give the file up."""
        os.close(self._descriptor)


def _whole_lines(descriptor: int) -> list[str]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        content = file.read()
    # A line without its end was being written when the power went: nothing was done on it.
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(descriptor, whole)
        os.fsync(descriptor)
    # By line feeds alone: a name may hold what Python takes for other ends of lines.
    return content[:whole].decode("utf-8", "replace").split("\n")[:-1]

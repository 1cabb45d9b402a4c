"""The cases that a trustee has answered, kept in a file of its own: one line a case, on disk before the answer leaves.

A line is the case's id and the SHA-256 of the case statement, in hex. The same statement may be answered again, since a
crash can lose the reply; another statement under that case may not. Losing the file would let a case be used twice, so
it belongs on storage that outlives the process.
"""

import os
from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError, append, open_alone

FILE_NAME: Final = "used-cases"


class UsedCases:
    """The file, opened for this process alone."""

    def __init__(self, descriptor: int, used: dict[str, bytes]) -> None:
        self._descriptor = descriptor
        self._used = used
        self._broken = False

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open or create the file in `directory`; raises StateError when it is held by another process or malformed."""
        descriptor = open_alone(directory / FILE_NAME)
        try:
            return cls(descriptor, _load(descriptor))
        except BaseException:
            os.close(descriptor)
            raise

    def claim(self, case_id: str, statement_hash: bytes) -> bool:
        """Whether the case may be answered: it is new, and now recorded on disk, or it was used for this statement.

        Raises StateError when it could not be recorded. Nobody knows then what is on disk, so all later claims of new
        cases fail as well, until a restart has read it.
        """
        known = self._used.get(case_id)
        if known is None:
            self._record(f"{case_id} {statement_hash.hex()}\n".encode("ascii"))
            self._used[case_id] = known = statement_hash
        return known == statement_hash

    async def close(self) -> None:
        """Give the file up."""
        os.close(self._descriptor)

    def _record(self, line: bytes) -> None:
        if self._broken:
            raise StateError("the record of used cases could not be written before")
        self._broken = True
        append(self._descriptor, line)
        self._broken = False


def _load(descriptor: int) -> dict[str, bytes]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        content = file.read()
    # A line without its end was being written when the power went: nothing was answered on it.
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(descriptor, whole)
        os.fsync(descriptor)
    used: dict[str, bytes] = {}
    for line in content[:whole].splitlines():
        case_id, _, digest = line.decode("ascii", "replace").partition(" ")
        try:
            statement_hash = bytes.fromhex(digest)
        except ValueError as error:
            raise StateError("the record of used cases is malformed") from error
        if not case_id or len(statement_hash) != 32 or case_id in used:
            raise StateError("the record of used cases is malformed")
        used[case_id] = statement_hash
    return used

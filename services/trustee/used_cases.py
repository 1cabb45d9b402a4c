"""The cases that a trustee has answered, one line a case, on disk before the answer leaves.

A line is the case's id and the SHA-256 of the case statement, in hex. The same statement may be answered again, since a
crash can lose the reply; another statement under that case may not. Losing the file would let a case be used twice.
"""

from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError
from services.chassis.lines import Lines

FILE_NAME: Final = "used-cases"


class UsedCases:
    """The record, opened for this process alone."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._used: dict[str, bytes] = {}
        for line in lines.found:
            case_id, statement_hash = _parse(line)
            if case_id in self._used:
                raise StateError("the record of used cases holds a case twice")
            self._used[case_id] = statement_hash

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open or create the file in `directory`; raises StateError when it is held by another process or malformed."""
        return cls(Lines.open(directory / FILE_NAME))

    def claim(self, case_id: str, statement_hash: bytes) -> bool:
        """Whether the case may be answered: it is new, and now recorded on disk, or it was used for this statement.

        Raises StateError when it could not be recorded, now or before.
        """
        known = self._used.get(case_id)
        if known is None:
            self._lines.append(f"{case_id} {statement_hash.hex()}")
            self._used[case_id] = known = statement_hash
        return known == statement_hash

    async def close(self) -> None:
        """Give the file up."""
        await self._lines.close()


def _parse(line: str) -> tuple[str, bytes]:
    case_id, _, digest = line.partition(" ")
    try:
        statement_hash = bytes.fromhex(digest)
    except ValueError as error:
        raise StateError("the record of used cases is malformed") from error
    if not case_id or len(statement_hash) != 32:
        raise StateError("the record of used cases is malformed")
    return case_id, statement_hash

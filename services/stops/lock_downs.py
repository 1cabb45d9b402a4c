"""Lock-downs that an officer told this process himself, past disclosure and the log; on disk before he is answered.

A lock-down stands until the log shows the end of the one with its number, which takes a quorum of officers. Only the
next number is taken, or the one in force: a number that the log would not reach for years could not be ended.

A line is the number, the officer and his signature in hex, so that whoever finds the process locked can see by whom.
"""

from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError
from services.chassis.lines import Lines
from services.seal import ed25519
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.statements import LockDown

FILE_NAME: Final = "lock-downs"


class LockDowns:
    """The record, opened for this process alone."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._recorded = max((_number(line) for line in lines.found), default=0)
        self._last = self._recorded

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open or create the file in `directory`; raises StateError when it is held by another process or malformed."""
        return cls(Lines.open(directory / FILE_NAME))

    def lock(self, number: int, officer: str, signature: bytes, governance: Governance) -> None:
        """Take an officer's lock-down; it is on disk on return. SealError when it is not one.

        StateError when it could not be recorded: it stands for as long as this process lives. `governance` is the
        newest that is known, however old: a log that is kept from us must not keep anybody from locking us.
        """
        lock_down = LockDown(governance.ceremony, number, officer)
        ed25519.verify(governance.officer(officer).public, lock_down.signed_bytes(), signature)
        in_force = governance.locked and lock_down.number == governance.lockdowns
        if not in_force and lock_down.number != governance.lockdowns + 1:
            raise SealError("not the next lock-down, nor the one in force")
        self._last = max(self._last, lock_down.number)
        # The officer hears of a disk that fails, each time he asks: a restart would forget what stands by now.
        if lock_down.number > self._recorded:
            self._lines.append(f"{lock_down.number} {lock_down.officer} {signature.hex()}")
            self._recorded = lock_down.number

    def stand(self, governance: Governance) -> bool:
        """Whether a lock-down stands that the log does not show the end of."""
        return self._last > governance.unlocked

    async def close(self) -> None:
        """Give the file up."""
        await self._lines.close()


def _number(line: str) -> int:
    number, _, _ = line.partition(" ")
    if not (number.isascii() and number.isdigit()):
        raise StateError("the record of lock-downs is malformed")
    return int(number)

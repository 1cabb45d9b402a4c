"""A process's wall clock, which a test may set forward and back: the offset, in seconds, stands in a file.

It is the `Clock` port, the only wall clock that the chassis and services read. `time.time` is left alone: gRPC compares
it with the clock of its own native half, which a test cannot move, and would take every deadline for passed.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class JumpingClock:
    """A `Clock` that is off by what the file says; a file that is not there says nothing."""

    def __init__(self, offset: Path) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._off_by())

    def _off_by(self) -> float:
        try:
            return float(self._offset.read_text())
        except FileNotFoundError:
            return 0.0


def jump(offset: Path, seconds: float) -> None:
    """Set the clock that reads `offset` to `seconds` away from the right time."""
    draft = offset.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.replace(offset)

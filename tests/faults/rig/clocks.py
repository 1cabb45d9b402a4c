"""A process's wall clock, which a test may set forward and back: the offset, in seconds, stands in a file.

Both what the chassis reads (the `Clock` port) and what third parties read (`time.time`) jump.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

_real_time = time.time


class JumpingClock:
    """A `Clock` that is off by what the file says; a file that is not there says nothing."""

    def __init__(self, offset: Path) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def time(self) -> float:
        try:
            return _real_time() + float(self._offset.read_text())
        except (FileNotFoundError, ValueError):
            return _real_time()

    def install(self) -> None:
        """Have `time.time` tell this clock's time in the whole process."""
        time.time = self.time


def jump(offset: Path, seconds: float) -> None:
    """Set the clock that reads `offset` to `seconds` away from the right time."""
    draft = offset.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.replace(offset)

"""Wall time as a dependency, so that nothing else reads the machine's clock.

Durations and deadlines use the event loop's monotonic clock instead (`rpc_deadline`).
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`; a clock never runs backwards (ValueError)."""
        if by < timedelta(0):
            raise ValueError("a clock never runs backwards")
        self._at += by

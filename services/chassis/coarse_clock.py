"""Time as it is stored: rounded down, so that what one service keeps cannot be matched with what another one keeps.

Of no use to whoever sees the order of events, which every log keeps; against that a client waits (docs/boundary.md).
"""

from datetime import UTC, datetime

from services.chassis.clock import Clock


class CoarseClock:
    """A `Clock` that only moves every `resolution_seconds`."""

    def __init__(self, clock: Clock, resolution_seconds: int) -> None:
        self._clock = clock
        self._resolution = resolution_seconds
        self._told = datetime.fromtimestamp(0, UTC)
        self._told_seconds = 0

    def now(self) -> datetime:
        """The last whole multiple of the resolution since 1970."""
        seconds = self.seconds()
        if seconds != self._told_seconds:
            self._told, self._told_seconds = datetime.fromtimestamp(seconds, UTC), seconds
        return self._told

    def seconds(self) -> int:
        """The same in Unix seconds."""
        return int(self._clock.now().timestamp()) // self._resolution * self._resolution

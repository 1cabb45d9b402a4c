"""How often something may happen within a stretch of time."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `most` times in any `window_seconds`."""

    most: int
    window_seconds: int

    def __post_init__(self) -> None:
        if self.most < 1 or self.window_seconds < 1:
            raise ValueError("a limit allows something, within a second at least")

    def reached(self, times: Iterable[int], now: int) -> bool:
        """Whether what happened at `times` (Unix seconds) leaves no room at `now`."""
        return sum(1 for time in times if time > now - self.window_seconds) >= self.most

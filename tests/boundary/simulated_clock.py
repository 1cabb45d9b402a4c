"""One wall clock for a whole platform, set by the run: days pass while a few minutes do.

The moment stands in a file that every process maps. Only the `Clock` port reads it; sockets, leases and deadlines keep
real time. Telemetry does too, and its stamps are translated by the history of settings: a span that began while the
clock stood at nine o'clock began at nine o'clock.
"""

import mmap
import struct
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from services.chassis.clock import SystemClock

_MICROSECONDS = struct.Struct("<q")
_CLIENT = "vouchsafe.sdk."


class SimulatedClock:
    """The clock in the file at `path`, which `create` makes. Seconds since 1970."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _MICROSECONDS.size)
        self._history: list[tuple[int, float]] = []

    @classmethod
    def create(cls, path: Path, at: float) -> "SimulatedClock":
        """A new clock that stands at `at`."""
        path.write_bytes(bytes(_MICROSECONDS.size))
        clock = cls(path)
        clock.set(at)
        return clock

    def now(self) -> float:
        """The moment it stands at."""
        return float(_MICROSECONDS.unpack_from(self._shared)[0]) / 1e6

    def set(self, at: float) -> None:
        """Move it to `at`; it never runs backwards (ValueError)."""
        if at < self.now():
            raise ValueError("a clock never runs backwards")
        _MICROSECONDS.pack_into(self._shared, 0, round(at * 1e6))
        self._history.append((time.time_ns(), at))

    def at(self, real_ns: int) -> float:
        """What it stood at when the machine's own clock said `real_ns`; its first moment for what came before."""
        after = bisect_right(self._history, real_ns, key=lambda setting: setting[0])
        return self._history[max(after - 1, 0)][1]


class SimulatedTime:
    """The clock as the `Clock` port."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """The moment it stands at."""
        return datetime.fromtimestamp(self._clock.now(), UTC)


def rule_services(clock: SimulatedClock) -> None:
    """Have every `SystemClock` of this process tell the clock's time, for good."""
    told = SimulatedTime(clock)
    SystemClock.now = lambda _: told.now()  # type: ignore[assignment, method-assign]


@contextmanager
def rule_client(clock: SimulatedClock) -> Iterator[None]:
    """Have the SDK's modules tell the clock's time for the block. `time.time` itself stays: gRPC would be confused."""
    modules = [module for name, module in sys.modules.items() if name.startswith(_CLIENT) and _tells_time(module)]
    for module in modules:
        module.time = _Time(clock)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.time = time  # type: ignore[attr-defined]


def _tells_time(module: ModuleType) -> bool:
    return getattr(module, "time", None) is time


class _Time:
    """Stands where a module imported `time`."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def time(self) -> float:
        return self._clock.now()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

"""Measurements that are counted here, and told when they are collected: for what happens several times in every call.

An instrument of the library's takes ten times as long, for each measurement looks up anew what it belongs to. What is
counted here leaves like everything else, `telemetry_metrics_export` sees to that. Measure on one thread.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from opentelemetry import trace
from opentelemetry.metrics import CallbackOptions, Observation

from services.chassis.telemetry import METRIC_ATTRIBUTES


class Tally:
    """A sum. It names no trace."""

    def __init__(self, create: Callable[..., object], name: str, *attributes: str, unit: str, description: str) -> None:
        """`create` makes an observable instrument; `attributes` are the names of the values that are given to `add`."""
        self._name, self._unit, self._description = name, unit, description
        self._attributes = _allowed(attributes)
        self._sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        if not attributes:
            self._sums[()] = 0  # There is one, from the beginning.
        create(name, callbacks=[self._observed], unit=unit, description=description)

    def add(self, count: int, *values: str | bool) -> None:
        """Count for these values of the attributes."""
        self._sums[values] += count

    def _observed(self, _options: CallbackOptions) -> Iterable[Observation]:
        # Asked for on an exporter's thread; a copy is made at once, whatever is added meanwhile.
        for values, found in self._sums.copy().items():
            yield Observation(found, dict(zip(self._attributes, values, strict=True)))


class Sample(NamedTuple):
    """One measurement that belongs to a trace which is recorded; `at_ns` since 1970."""

    value: float
    at_ns: int
    trace_id: int
    span_id: int


class Distribution:
    """How often measurements with the same attributes fell into each bucket, since `begun_ns`, and a sample of each."""

    __slots__ = ("begun_ns", "buckets", "highest", "lowest", "samples", "total")

    def __init__(self, buckets: int) -> None:
        self.begun_ns = time.time_ns()
        self.buckets = [0] * buckets
        self.samples: dict[int, Sample] = {}
        self.total = 0.0
        self.lowest, self.highest = float("inf"), float("-inf")


class Times:
    """A histogram of seconds. A bucket names the last trace that was sampled in it."""

    def __init__(self, name: str, *attributes: str, unit: str, description: str, bounds: Sequence[float]) -> None:
        """`attributes` are the names of the values that are given to `record`, `bounds` the buckets' upper bounds."""
        self.name, self.unit, self.description, self.bounds = name, unit, description, tuple(bounds)
        self._attributes = _allowed(attributes)
        self._found: dict[tuple[str, ...], Distribution] = {}

    def record(self, seconds: float, *values: str) -> None:
        """Count a measurement for these values of the attributes."""
        found = self._found.get(values)
        if found is None:
            found = self._found[values] = Distribution(len(self.bounds) + 1)
        bucket = bisect_left(self.bounds, seconds)
        found.buckets[bucket] += 1
        found.total += seconds
        found.lowest, found.highest = min(found.lowest, seconds), max(found.highest, seconds)
        span = trace.get_current_span().get_span_context()
        if span.trace_flags.sampled:
            found.samples[bucket] = Sample(seconds, time.time_ns(), span.trace_id, span.span_id)

    def distributions(self) -> list[tuple[Mapping[str, str], Distribution]]:
        """All that was counted, by attributes. It goes on being counted meanwhile: copy before you look twice."""
        return [
            (dict(zip(self._attributes, values, strict=True)), found) for values, found in self._found.copy().items()
        ]


def _allowed(attributes: tuple[str, ...]) -> tuple[str, ...]:
    if surplus := set(attributes) - METRIC_ATTRIBUTES:
        raise ValueError(f"{surplus.pop()} is not on the allow-list of measurements")
    return attributes

"""The measurements of the event log, by name: every instrument is defined here and recorded where the thing happens.

Before `configure_metrics` runs, recording costs next to nothing and goes nowhere. Attributes are kinds and names out of
this code (`category` of a stream, `projection`, `consumer`), never an id, a stream's full name or anything of a person;
what is not in `telemetry.METRIC_ATTRIBUTES` is dropped on its way out (`telemetry_metrics_export`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the buckets of durations: half a millisecond to as long as any call may take."""

COUNTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Upper bounds of the buckets of batch sizes."""

_meter = metrics.get_meter("vouchsafe")


class Tally:
    """A sum that is counted here and told when the measurements are collected: for what happens several times a call.

    An addition costs a tenth of one to an instrument of the library's. It names no trace. Add on one thread.
    """

    def __init__(self, create: Callable[..., object], name: str, *attributes: str, unit: str, description: str) -> None:
        """`create` makes an observable instrument; `attributes` are the names of the values that are given to `add`."""
        self._name, self._unit, self._description = name, unit, description
        self._attributes = attributes
        self._sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
        create(name, callbacks=[self._observed], unit=unit, description=description)

    def add(self, count: int, *values: str | bool) -> None:
        """Count for these values of the attributes."""
        self._sums[values] += count

    def _observed(self, _options: CallbackOptions) -> Iterable[Observation]:
        # Asked for on an exporter's thread; a copy is made at once, whatever is added meanwhile.
        for values, found in self._sums.copy().items():
            yield Observation(found, dict(zip(self._attributes, values, strict=True)))


RPC_SECONDS: Final = _meter.create_histogram(
    "vouchsafe.rpc.duration",
    unit="s",
    description="One served call, from its first byte to its answer, by method and code",
    explicit_bucket_boundaries_advisory=SECONDS,
)
APPEND_SECONDS: Final = _meter.create_histogram(
    "vouchsafe.append.duration",
    unit="s",
    description="From asking for an append to knowing its outcome, by category",
    explicit_bucket_boundaries_advisory=SECONDS,
)
FLUSH_COMMITS: Final = _meter.create_histogram(
    "vouchsafe.append.batch",
    unit="{commit}",
    description="Commits written in one round trip",
    explicit_bucket_boundaries_advisory=COUNTS,
)
QUEUE_DEPTH: Final = Tally(
    _meter.create_observable_up_down_counter,
    "vouchsafe.append.queue",
    unit="{commit}",
    description="Commits that wait to be written",
)
CONFLICTS: Final = _meter.create_counter(
    "vouchsafe.append.conflicts", unit="{conflict}", description="Appends refused for their version, by category"
)
RETRIES: Final = _meter.create_counter(
    "vouchsafe.append.retries", unit="{retry}", description="Commands decided again, by category"
)
CACHE_LOOKUPS: Final = Tally(
    _meter.create_observable_counter,
    "vouchsafe.states.lookups",
    "category",
    "hit",
    unit="{lookup}",
    description="Streams looked up among remembered states, by `hit`",
)
SEQUENCER_LAG: Final = _meter.create_gauge(
    "vouchsafe.sequencer.lag", unit="{commit}", description="Commits without a position, as last seen"
)
RELAY_LAG: Final = _meter.create_gauge(
    "vouchsafe.relay.lag", unit="{position}", description="Positions that the relay has not read yet"
)
CONSUMER_LAG: Final = _meter.create_gauge(
    "vouchsafe.consumer.lag", unit="{position}", description="Positions of the producer's log behind, by consumer"
)
PROJECTION_LAG: Final = _meter.create_gauge(
    "vouchsafe.projection.lag", unit="{position}", description="Positions that a projection is behind, by projection"
)
PARKED: Final = _meter.create_gauge(
    "vouchsafe.consumer.parked", unit="{event}", description="Dead letters, by consumer"
)

"""The measurements of the event log, by name: every instrument is defined here and recorded where the thing happens.

Before `configure_metrics` runs, recording costs next to nothing and goes nowhere. Attributes are kinds and names out of
this code (`category` of a stream, `projection`, `consumer`), never an id, a stream's full name or anything of a person;
what is not in `telemetry.METRIC_ATTRIBUTES` is dropped on its way out (`telemetry_metrics_export`).
"""

from typing import Final

from opentelemetry import metrics

from services.chassis.telemetry_tally import Tally, Times

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the buckets of durations: half a millisecond to as long as any call may take."""

COUNTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Upper bounds of the buckets of batch sizes."""

METER: Final = "vouchsafe"
"""The name of what measures here."""

_meter = metrics.get_meter(METER)

RPC_SECONDS: Final = Times(
    "vouchsafe.rpc.duration",
    "method",
    "code",
    unit="s",
    description="One served call, from its first byte to its answer, by method and code",
    bounds=SECONDS,
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
WITNESS_ANSWERS: Final = _meter.create_counter(
    "vouchsafe.witness.answers",
    unit="{answer}",
    description="What became of showing checkpoints to witnesses, by code; on either side",
)

TIMES: Final = (RPC_SECONDS,)
"""All histograms that are counted here."""

"""The measurements of the event log, by name: every instrument is defined here and recorded where the thing happens.

Before `configure_metrics` runs, recording costs next to nothing and goes nowhere. Attributes are kinds and names out of
this code (`category` of a stream, `projection`, `consumer`), never an id, a stream's full name or anything of a person.
"""

from typing import Final

from opentelemetry import metrics

_meter = metrics.get_meter("vouchsafe")

APPEND_SECONDS: Final = _meter.create_histogram(
    "vouchsafe.append.duration", unit="s", description="From asking for an append to knowing its outcome, by category"
)
FLUSH_COMMITS: Final = _meter.create_histogram(
    "vouchsafe.append.batch", unit="{commit}", description="Commits written in one round trip"
)
QUEUE_DEPTH: Final = _meter.create_up_down_counter(
    "vouchsafe.append.queue", unit="{commit}", description="Commits that wait to be written"
)
CONFLICTS: Final = _meter.create_counter(
    "vouchsafe.append.conflicts", unit="{conflict}", description="Appends refused for their version, by category"
)
RETRIES: Final = _meter.create_counter(
    "vouchsafe.append.retries", unit="{retry}", description="Commands decided again, by category"
)
CACHE_LOOKUPS: Final = _meter.create_counter(
    "vouchsafe.states.lookups", unit="{lookup}", description="Streams looked up among remembered states, by `hit`"
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

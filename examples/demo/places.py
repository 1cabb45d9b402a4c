"""Where a platform keeps things, and what about people may be there: the parts' limits, as the leak scan holds them.

In its own database a part may hold what it owns, and identity what it seals: there nothing of a person is readable but
the escrow reference. Disclosure tells the forum which alias a case is about. In all other messages, in telemetry and in
the files of trustees, witnesses and mirrors nothing about anybody may be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from deploy.local.topology import CORE
from examples.demo.needles import Fact


class Kind(StrEnum):
    """What sort of place it is."""

    DATABASE = "database"
    STREAMS = "streams"
    FILES = "files"
    LOGS = "logs"
    TRACES = "traces"
    METRICS = "metrics"


_OWNED: Mapping[str, frozenset[Fact]] = {
    "identity": frozenset({Fact.REFERENCE}),
    "verification": frozenset({Fact.REFERENCE}),
    "forum": frozenset({Fact.ALIAS_KEY}),
    "disclosure": frozenset({Fact.ALIAS_KEY, Fact.ENVELOPE}),
}
_PUBLISHED: Mapping[str, frozenset[Fact]] = {"disclosure": frozenset({Fact.ALIAS_KEY})}
_OF_MANY = {
    "trustee": "trustees",
    "witness": "witnesses",
    "mirror": "mirrors",
    "store": "stores",
    "nats": "bus",
    "smtp": "mail",
}


@dataclass(frozen=True, order=True)
class Place:
    """One kind of place of one part, e.g. the database of verification."""

    part: str
    kind: Kind

    @property
    def forbidden(self) -> tuple[Fact, ...]:
        """What must not be there."""
        allowed: frozenset[Fact] = frozenset()
        if self.kind is Kind.DATABASE:
            allowed = _OWNED[self.part]
        elif self.kind is Kind.STREAMS:
            allowed = _PUBLISHED.get(self.part, allowed)
        return tuple(fact for fact in Fact if fact not in allowed)

    def __str__(self) -> str:
        return f"{self.kind} of {self.part}"


def part_of(process: str) -> str:
    """The part that a process belongs to: `trustee-3` is one of the trustees."""
    kind = process.partition("-")[0]
    return _OF_MANY.get(kind, kind)


def _all() -> Iterator[Place]:
    for part in CORE:
        yield from (Place(part, kind) for kind in (Kind.DATABASE, Kind.STREAMS, Kind.LOGS, Kind.TRACES, Kind.METRICS))
    for part in ("trustees", "witnesses", "mirrors"):
        yield from (Place(part, kind) for kind in (Kind.FILES, Kind.LOGS, Kind.TRACES, Kind.METRICS))
    yield from (Place(part, Kind.LOGS) for part in ("stores", "bus", "mail"))


PLACES = tuple(_all())
"""Every place that is scanned, in the order in which it is reported."""

"""What must hold on a sound platform, and what must be found on each broken one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.boundary.breaking import Build
from tests.boundary.evidence import Channel
from tests.boundary.figures import TWICE, most_by_accident
from tests.boundary.joins import Found
from tests.boundary.matching import Guess
from tests.boundary.parties import PARTIES, Bench, Party, Row


@dataclass(frozen=True)
class Finding:
    """How a broken build was found: by whom, from what, and how many of its people's aliases."""

    build: Build
    party: str
    way: str
    right: float
    of: int
    by_accident: int

    @property
    def found(self) -> bool:
        """Whether more were than twice guessing gives even by accident, and most."""
        return self.right > max(self.by_accident, self.of / 2)


def within_chance(row: Row) -> bool:
    """Whether order and time gave no more than twice what guessing gives, but for chance."""
    order = row.order.right <= most_by_accident(row.order.of, row.order.ways, TWICE * row.chance)
    time = row.time.right <= most_by_accident(row.time.of, row.time.ways, TWICE * row.chance)
    return order and time


def holds(row: Row) -> bool:
    """Whether a sound platform gave this party nothing."""
    return not row.found.aliases and within_chance(row)


def _party(name: str) -> Party:
    return next(party for party in PARTIES if party.name == name)


def _right(found: Found, way: set[int]) -> int:
    return sum(number in found.candidates[number] for number in way)


Outcome = tuple[float, int, int]
"""Aliases guessed right, of how many, and how many of them accident could explain."""


def _by_value(party: str, way: Callable[[Found], set[int]], *channels: Channel) -> Callable[[Bench], Outcome]:
    def judge(bench: Bench) -> Outcome:
        found = bench.row(_party(party), channels).found
        return _right(found, way(found)), len(bench.course.people), 0

    return judge


def _by_readers(bench: Bench) -> Outcome:
    found = bench.readers()
    return _right(found, found.equal), len(bench.course.people), 0


def _by_order(bench: Bench) -> Outcome:
    row = bench.row(_party(_MOMENTS), (Channel.STORED,))
    return _outcome(row.order, row.chance)


def _by_time(bench: Bench) -> Outcome:
    row = bench.row(_party(_MOMENTS), (Channel.STORED,))
    return _outcome(row.time, row.chance)


def _outcome(guess: Guess, chance: float) -> Outcome:
    return guess.right, guess.of, most_by_accident(guess.of, guess.ways, TWICE * chance)


_MOMENTS = "verification and disclosure"
_JUDGES: Mapping[Build, tuple[str, str, Callable[[Bench], Outcome]]] = {
    Build.REFERENCE_IN_CLEAR: (
        "verification and forum",
        "equal values in databases",
        _by_value("verification and forum", lambda found: found.equal, Channel.STORED),
    ),
    Build.REFERENCE_HASHED: (
        "identity and forum",
        "values computed from values in databases",
        _by_value("identity and forum", lambda found: found.computed, Channel.STORED),
    ),
    Build.ALIAS_SHOWN_TO_READERS: ("readers", "equal values in two threads", _by_readers),
    Build.ALIAS_SENT_TO_IDENTITY: (
        "identity",
        "equal values in one call",
        _by_value("identity", lambda found: found.equal, Channel.CALLS),
    ),
    Build.TRACE_CONTINUED: (
        "verification and disclosure",
        "one trace in databases and spans",
        _by_value("verification and disclosure", lambda found: found.equal, Channel.STORED, Channel.TRACES),
    ),
    Build.NO_DELAYS: (_MOMENTS, "order in databases", _by_order),
    Build.PRECISE_TIMES: (_MOMENTS, "stored times", _by_time),
}


def judge(bench: Bench) -> Finding:
    """Whether this broken build was found, the way it should be."""
    party, way, of = _JUDGES[bench.course.build]
    return Finding(bench.course.build, party, way, *of(bench))

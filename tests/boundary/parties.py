"""Who attacks: each part alone, each two of the four services together, and what they can do, as rows of one table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from deploy.local.topology import CORE, TRUSTEES, WITNESSES
from tests.boundary import matching
from tests.boundary.cast import known, threads
from tests.boundary.course import Course, labels
from tests.boundary.evidence import Channel, Record
from tests.boundary.joins import Found, Values
from tests.boundary.matching import Guess, Moments


@dataclass(frozen=True)
class Party:
    """One attacker: the processes whose evidence and keys it has."""

    name: str
    processes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What one party could do. `chance`: the share that guessing at random within the labels gets right."""

    party: str
    records: int
    found: Found
    chance: float
    order: Guess
    time: Guess


PARTIES = (
    *(Party(name, (name,)) for name in CORE),
    *(Party(f"{one} and {other}", (one, other)) for one, other in combinations(CORE, 2)),
    Party("all trustees", TRUSTEES),
    Party("all witnesses", WITNESSES),
    Party("all four services", CORE),
)


@dataclass(frozen=True)
class Bench:
    """The evidence of one course, before the attackers."""

    course: Course
    records: Sequence[Record]
    clock: Callable[[int], float]
    secrets: Callable[[str], Path]

    def row(self, party: Party, channels: Iterable[Channel] = tuple(Channel)) -> Row:
        """What this party can do with what it has of these channels."""
        allowed = frozenset(channels)
        own = [each for each in self.records if each.service in party.processes and each.channel in allowed]
        values = Values(own, known(self.course.people))
        found = values.attack([key for process in party.processes for key in keys(self.secrets(process))])
        moments = Moments(self.clock, self.course.began, self.course.ended)
        persons, aliases = (matching.series_of(values, moments, is_person=each) for each in (True, False))
        crowd = labels(self.course.people)
        order = matching.by_rank(persons, aliases, crowd)
        time = matching.by_time(persons, aliases, crowd)
        return Row(party.name, len(own), found, self.chance, order, time)

    @property
    def chance(self) -> float:
        """The share that guessing at random within the label gets right: one for each label."""
        crowd = labels(self.course.people)
        return len(set(crowd.values())) / len(crowd)

    def readers(self) -> Found:
        """Which authors' two threads a reader can join: each is a person by the first, an alias by the second."""
        shown = [each for each in self.records if "ReadingService" in each.kind and each.service == "forum"]
        return Values(shown, threads(self.course.people)).attack()


def keys(secrets: Path) -> Iterable[bytes]:
    """The symmetric keys and seeds in a directory of secrets."""
    for path in sorted(secrets.iterdir()):
        if len(data := path.read_bytes()) <= 64:
            yield data

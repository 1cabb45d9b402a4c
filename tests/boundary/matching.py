"""The attack by order, time and size: whoever came first on one side is guessed to be who came first on the other.

The attacker is told more than anybody would know: everybody's label, and how long the people of this very run waited.
A series is any number that the pieces of one person, or of one alias, show: a place in a log, a moment, a size. Every
series of one side is matched with every one of the other, by rank and, for moments, by how likely each wait is.
"""

import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.boundary.joins import Piece, Values
from tests.boundary.trees import numbers

_COMPLETE = 0.9
"""Share of the people that a series must have seen to be worth matching."""

_BINS = 12

Series = dict[int, float]
Labels = Mapping[int, str]


@dataclass(frozen=True)
class Moments:
    """What the run's clock stood at when the machine's own clock told so many nanoseconds; and the run's time."""

    at: Callable[[int], float]
    first: float
    last: float

    def holds(self, value: float) -> bool:
        """Whether a number may be a moment of the run, or of a term that began in it."""
        return self.first - 86_400 <= value <= self.last + 400 * 86_400


@dataclass(frozen=True)
class Guess:
    """The best that was found: how many aliases were guessed right, of how many, out of so many different ways."""

    right: float
    of: int
    ways: int
    how: str

    @property
    def rate(self) -> float:
        """Share of the aliases."""
        return self.right / self.of if self.of else 0.0


NOTHING = Guess(0, 0, 0, "")


def series_of(values: Values, moments: Moments, *, is_person: bool) -> dict[str, Series]:
    """Every series of one side; moments are marked by a name that begins with "time"."""
    found: dict[str, Series] = defaultdict(dict)
    for piece in values.pieces:
        if len(piece.labels) != 1:
            continue
        (subject,) = piece.labels
        if subject.is_person == is_person:
            for name, value in _numbers_of(piece, moments):
                found[name].setdefault(subject.number, value)
    most = max((len(each) for each in found.values()), default=0)
    return {name: each for name, each in found.items() if len(each) >= _COMPLETE * most and len(set(each.values())) > 1}


def _numbers_of(piece: Piece, moments: Moments) -> Iterable[tuple[str, float]]:
    yield f"order {piece.where}", piece.order
    yield f"size {piece.where}", sum(map(len, piece.atoms))
    if piece.record.real_ns:
        yield f"time {piece.where}", moments.at(piece.record.real_ns)
    for path, value in numbers(piece.tree):
        kind = "time" if moments.holds(value) else "number"
        yield f"{kind} {piece.where}{path}", value


def by_rank(persons: Mapping[str, Series], aliases: Mapping[str, Series], labels: Labels) -> Guess:
    """The best of all matchings by rank. Series that order people alike count once."""
    best, ways = NOTHING, 0
    ordered = _distinct(aliases, labels, "aliases")
    for name, ranks in _distinct(persons, labels, "persons").items():
        for other, alias_ranks in ordered.items():
            right = sum(_agreeing(ranks[label], alias_ranks.get(label, ())) for label in ranks)
            of, ways = sum(map(len, alias_ranks.values())), ways + 1
            if best.of == 0 or right / of > best.rate:
                best = Guess(right, of, 0, f"{name} with {other}")
    return Guess(best.right, best.of, ways, best.how)


def _agreeing(persons: tuple[int, ...], aliases: tuple[int, ...]) -> int:
    return sum(one == other for one, other in zip(persons, aliases, strict=False))


def _distinct(series: Mapping[str, Series], labels: Labels, side: str) -> dict[str, dict[str, tuple[int, ...]]]:
    """Who comes how, within each label; ties as chance has it, on one side and on the other."""
    seen: set[tuple[tuple[str, tuple[int, ...]], ...]] = set()
    distinct: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, values in sorted(series.items()):
        chance, ranks = random.Random(f"{side} {name}"), defaultdict(list)
        shuffled = sorted(values)
        chance.shuffle(shuffled)
        for number in sorted(shuffled, key=values.__getitem__):
            ranks[labels[number]].append(number)
        told = {label: tuple(each) for label, each in ranks.items()}
        if (key := tuple(sorted(told.items()))) not in seen:
            seen.add(key)
            distinct[name] = told
    return distinct


def by_time(persons: Mapping[str, Series], aliases: Mapping[str, Series], labels: Labels) -> Guess:
    """The best by moments: right is how many an attacker would expect to hit who guesses by how likely each wait is."""
    best, ways = NOTHING, 0
    for name, moments in _moments(persons):
        for other, alias_moments in _moments(aliases):
            right, of = _expected(moments, alias_moments, labels)
            ways += 1
            if of and (best.of == 0 or right / of > best.rate):
                best = Guess(right, of, 0, f"{name} with {other}")
    return Guess(best.right, best.of, ways, best.how)


def _moments(series: Mapping[str, Series]) -> list[tuple[str, Series]]:
    """The series of moments, those that say the same once."""
    distinct = {tuple(sorted(each.items())): name for name, each in series.items() if name.startswith("time")}
    return [(name, dict(each)) for each, name in distinct.items()]


def _expected(persons: Series, aliases: Series, labels: Labels) -> tuple[float, int]:
    both = persons.keys() & aliases.keys()
    crowds: dict[str, list[int]] = defaultdict(list)
    for number in persons:
        crowds[labels[number]].append(number)
    law = _Law([aliases[number] - persons[number] for number in both])
    right = 0.0
    for number in both:
        own = aliases[number] - persons[number]
        weights = {each: law.weight(aliases[number] - persons[each], without=own) for each in crowds[labels[number]]}
        total = sum(weights.values())
        right += weights[number] / total if total else 1 / len(weights)
    return right, len(both)


class _Law:
    """How likely a wait is, by those of the run; one's own is left out, or it would give itself away."""

    def __init__(self, waits: list[float]) -> None:
        ordered = sorted(waits)
        # Bins that hold equally many: what is narrow is told from what is wide.
        self._edges = [ordered[len(ordered) * each // _BINS] for each in range(1, _BINS)] if ordered else []
        self._low, self._high = (ordered[0], ordered[-1]) if ordered else (0.0, 0.0)
        self._counts = Counter(self._bin(wait) for wait in waits)
        bounds = [self._low, *self._edges, self._high]
        self._widths = [max(after - before, 1.0) for before, after in pairwise(bounds)]

    def weight(self, wait: float, *, without: float) -> float:
        if not self._low <= wait <= self._high:
            return 0.0
        at = self._bin(wait)
        return max(self._counts[at] - (at == self._bin(without)), 0.5) / self._widths[at]

    def _bin(self, wait: float) -> int:
        return bisect_right(self._edges, wait)

"""The leak scan: every needle in every item where it is forbidden, with counts: a scan of nothing is no clean scan.

Three kinds of occurrence are told and not counted. An author's own words: a title or a body of the input that holds
somebody's name is what its author chose to publish. Words of the platform itself: a name that stood in its logs or
databases before anybody had registered (somebody may be called "info") cannot be told from them. And words of public
texts (`public_words`), for the same reason.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field

from examples.demo.evidence import Item, texts_of
from examples.demo.needles import Fact, Needle
from examples.demo.places import Place


@dataclass
class Report:
    """What was scanned and what was found: items and bytes by place, occurrences by place and needle.

    `where` is the first item of each hit.
    """

    items: Counter[Place] = field(default_factory=Counter)
    size: Counter[Place] = field(default_factory=Counter)
    hits: Counter[tuple[Place, str]] = field(default_factory=Counter)
    where: dict[tuple[Place, str], str] = field(default_factory=dict)

    def found(self) -> set[str]:
        """Which needles were found anywhere."""
        return {what for _, what in self.hits}


class Scanner:
    """Looks for needles in items. `own_words` are the texts that the authors chose to publish."""

    def __init__(self, needles: Collection[Needle], own_words: Iterable[str] = ()) -> None:
        self._in_bytes = [(n, list(n.patterns())) for n in needles if not n.in_texts_only]
        self._in_texts = [n for n in needles if n.in_texts_only]
        self.spoken = sorted({text.encode("utf-8") for text in own_words if self._matches(text)}, key=len, reverse=True)
        """Own words that hold a needle, longest first: the only ones that have to be set aside."""
        self.report = Report()

    def scan(self, item: Item) -> None:
        """Look at one item and add what is found to the report."""
        self.report.items[item.place] += 1
        self.report.size[item.place] += len(item.data)
        for what in self._found(item):
            self.report.hits[item.place, what] += 1
            self.report.where.setdefault((item.place, what), item.where)

    def _found(self, item: Item) -> set[str]:
        forbidden = item.place.forbidden
        found = self._in_data(self._without_own_words(item.data), forbidden)
        if self._in_texts and Fact.NAME in forbidden:
            own = {text.decode("utf-8") for text in self.spoken}
            for text in texts_of(item):
                if text not in own:
                    rest = self._without_own_words(text.encode("utf-8", errors="replace")).decode("utf-8")
                    found |= {needle.what for needle in self._in_texts if needle.in_text(rest)}
        return found

    def _in_data(self, data: bytes, facts: Container[Fact]) -> set[str]:
        lowered = data.lower()
        return {
            needle.what
            for needle, patterns in self._in_bytes
            if needle.fact in facts
            and any(pattern.occurs(lowered if pattern.any_case else data) for pattern in patterns)
        }

    def _matches(self, text: str) -> bool:
        return bool(self._in_data(text.encode("utf-8"), tuple(Fact))) or any(
            needle.in_text(text) for needle in self._in_texts
        )

    def _without_own_words(self, data: bytes) -> bytes:
        for text in self.spoken:
            data = data.replace(text, b"\x00")
        return data

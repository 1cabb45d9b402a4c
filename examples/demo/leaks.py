"""Nobody is where he must not be: the leak scan over databases, bus, logs, traces and files, and its own check.

Every part of the platform is scanned, each place for all that must not be there: `places` tells the places, `needles`
what counts. The scanner first has to find what was planted for it, of every kind, in every place.
"""

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from deploy.local.topology import CORE
from deploy.local.view import PlatformView
from examples.demo import evidence
from examples.demo.authors import Author
from examples.demo.evidence import Item
from examples.demo.needles import Fact, Needle, distinct
from examples.demo.places import PLACES, Kind, Place
from examples.demo.posts import Entry
from examples.demo.scanner import Report, Scanner
from examples.demo.show import StoryError, good, problem, say
from vouchsafe.cli import output

_PLANTED = "leak_scan_selfcheck"
_FILES = frozenset({Kind.FILES, Kind.LOGS, Kind.TRACES, Kind.METRICS})


@dataclass
class LeakScan:
    """The scan of one platform. `entries` are the posts of the input, `authors` its people."""

    platform: PlatformView
    entries: Sequence[Entry]
    authors: Collection[Author]
    reports: list[Report] = field(default_factory=list)
    ambiguous: dict[str, str] = field(default_factory=dict)
    """Names that are not looked for, and why."""

    async def learn_words(self) -> None:
        """Before anybody registers: which names are words that the platform writes anyway?"""
        scanner = Scanner([needle for needle in needles_of(self.authors) if needle.is_name])
        for item in [*await self._of_running(CORE), *evidence.files(self.platform)]:
            scanner.scan(item)
        self._set_aside(scanner.report.found(), "a word that the platform itself writes")

    def learn_public(self, texts: Iterable[str]) -> None:
        """Which names are words of these texts, which everybody may read and which hold no author?"""
        self._set_aside(names_in(self.authors, texts), "a word of public text: a label, a pseudonym or a case")

    def _set_aside(self, names: Iterable[str], why: str) -> None:
        for what in names:
            self.ambiguous.setdefault(what, why)

    async def check_itself(self) -> None:
        """Plant one needle of each kind in every place; found must be what is forbidden there, and nothing else."""
        needles = [Needle(fact, f"Nadel {secrets.token_hex(8)}".encode(), fact) for fact in Fact]
        scanner = Scanner(needles)
        async with self._planted(b"".join(b"\x0a" + bytes([len(n.value)]) + n.value for n in needles)) as messages:
            for item in [*await self._of_running(CORE), *evidence.files(self.platform), *messages]:
                scanner.scan(item)
        expected = {(place, str(fact)) for place in PLACES for fact in place.forbidden}
        if missed := sorted(expected - scanner.report.hits.keys()):
            place, fact = missed[0]
            raise StoryError(f"the leak scanner is blind: it did not find the {fact} that was planted in the {place}")
        if not expected >= scanner.report.hits.keys():
            raise StoryError("the leak scanner found what was planted where it is allowed")
        good(f"the scanner finds what is planted in each of {len(PLACES)} places, {len(expected)} needles in all")

    async def scan_running(self) -> None:
        """Scan what only a running platform shows: all databases and all streams."""
        spoken = [text for entry in self.entries for text in (entry.thread, entry.body)]
        # Where posts are, an author's own words are; where none may be, they are no excuse.
        for services, own_words in ((("forum", "disclosure"), spoken), (("identity", "verification"), ())):
            scanner = Scanner(self._needles(), own_words)
            for item in await self._of_running(services):
                scanner.scan(item)
            self.reports.append(scanner.report)
            if scanner.spoken:
                say(f"not counted: {len(scanner.spoken)} texts in which an author wrote somebody's name himself")

    def scan_files(self) -> None:
        """Scan logs, traces and other files. Once everything has stopped, so that nothing is still to be written."""
        scanner = Scanner(self._needles())
        for item in evidence.files(self.platform):
            scanner.scan(item)
        self.reports.append(scanner.report)

    def verdict(self) -> None:
        """Show what was scanned for what; StoryError for any hit, and for a scan of too little."""
        items = sum((report.items for report in self.reports), Counter[Place]())
        size = sum((report.size for report in self.reports), Counter[Place]())
        rows = ((place, items[place], f"{size[place]:,} bytes", ", ".join(place.forbidden)) for place in PLACES)
        output.table(("scanned", "documents, messages or files", "size", "looked for"), rows)
        for what, why in sorted(self.ambiguous.items()):
            problem(f"not looked for: {what}, which is {why}; its owner was looked for by all else")
        hits = [(key, report.where[key]) for report in self.reports for key in report.hits]
        if hits:
            (place, what), where = hits[0]
            raise StoryError(f"{len(hits)} leaks; the first: {what} is in the {place}, {where}")
        for place in PLACES:
            if items[place] < self._least(place):
                raise StoryError(
                    f"the scan of the {place} saw fewer than {self._least(place)} items: it proves nothing"
                )
        good(f"looked for {len(self._needles())} values of {len(self.authors)} people: zero hits")

    def _needles(self) -> list[Needle]:
        return [needle for needle in needles_of(self.authors) if needle.what not in self.ambiguous]

    def _least(self, place: Place) -> int:
        """How many items a place must have shown for the scan to mean anything."""
        match place:
            case Place("forum", Kind.DATABASE):
                return len(self.entries)
            case Place("disclosure", Kind.DATABASE):
                return sum(author.voice is not None for author in self.authors)
            case Place(_, Kind.DATABASE):
                return sum(author.escrow_reference != b"" for author in self.authors)
            case Place("forum" | "disclosure", Kind.STREAMS):
                return 0  # they publish nothing yet
            case _:
                return 1

    @asynccontextmanager
    async def _planted(self, data: bytes) -> AsyncIterator[list[Item]]:
        """Plant `data` in every database and beside every part's files; messages, which stay, are made up instead."""
        files = [
            evidence.example_file(self.platform.layout, place, _PLANTED) for place in PLACES if place.kind in _FILES
        ]
        try:
            for service in CORE:
                await evidence.plant(self.platform, service, _PLANTED, {"deep": [{"in": data}], "beside": "nothing"})
            for path in files:
                path.write_bytes(data)
            yield [Item(place, "made up", b"subject\n\n" + data) for place in PLACES if place.kind is Kind.STREAMS]
        finally:
            for path in files:
                path.unlink(missing_ok=True)
            for service in CORE:
                await evidence.uproot(self.platform, service, _PLANTED)

    async def _of_running(self, services: Iterable[str]) -> list[Item]:
        items: list[Item] = []
        for service in services:
            items += [item async for item in evidence.documents(self.platform, service)]
            items += [item async for item in evidence.messages(self.platform, service)]
        return items


def needles_of(authors: Iterable[Author]) -> list[Needle]:
    """All values of these people that are known so far."""
    return distinct(
        Needle(f"the {fact} of the author on line {author.line}", value, fact)
        for author in authors
        for fact, value in _facts(author).items()
    )


def names_in(authors: Iterable[Author], texts: Iterable[str]) -> set[str]:
    """Which of these people's names stand in one of the texts, by the rule that counts elsewhere."""
    scanner = Scanner([needle for needle in needles_of(authors) if needle.is_name])
    for text in texts:
        scanner.scan(Item(Place("forum", Kind.LOGS), "public text", text.encode()))
    return scanner.report.found()


def _facts(author: Author) -> dict[Fact, bytes]:
    alias = author.voice.alias if author.voice else None
    return {
        Fact.NAME: author.name.encode(),
        Fact.MAIL: author.work_email.encode(),
        Fact.LOGIN: author.login.encode(),
        Fact.REFERENCE: author.escrow_reference,
        Fact.ALIAS_KEY: alias.key.public_key if alias else b"",
        Fact.ENVELOPE: alias.envelope if alias else b"",
    }

"""Nobody's name is where it must not be: the leak scan over databases, bus, logs and traces, and its own check.

Scanned for every name, e-mail, login and escrow reference of the input: all collections of the forum's database, all
streams of the forum, all logs and traces of all processes. All other streams are scanned for names, e-mails and logins.
The rule of what counts is told in `needles`. The scanner first has to find needles that were planted for it.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from deploy.local.topology import CORE
from deploy.local.view import PlatformView
from examples.demo import evidence
from examples.demo.authors import Author
from examples.demo.evidence import Item
from examples.demo.needles import Needle, distinct
from examples.demo.posts import Entry
from examples.demo.scanner import Report, Scanner
from examples.demo.show import StoryError, good, problem, say
from vouchsafe.cli import output

_PLANTED = "leak_scan_selfcheck"


@dataclass
class LeakScan:
    """The scan of one platform. `entries` are the posts of the input, `authors` its people."""

    platform: PlatformView
    entries: Sequence[Entry]
    authors: Collection[Author]
    reports: list[Report] = field(default_factory=list)
    ambiguous: set[str] = field(default_factory=set)

    async def learn_words(self) -> None:
        """Before anybody registers: which names are words that the platform writes anyway?"""
        scanner = Scanner([needle for needle in _personal(self.authors) if needle.is_name])
        for item in [*await self._of_running(CORE), *evidence.files(self.platform)]:
            scanner.scan(item)
        self.ambiguous = scanner.report.found()

    async def check_itself(self) -> None:
        """Plant a needle in the forum's database, a bus message and a log file; all three must be found."""
        planted = Needle("planted", f"Nadel {secrets.token_hex(4)}".encode(), is_name=True)
        scanner = Scanner([planted])
        document = {"deep": [{"in": b"\x0a\x0e" + planted.value}], "beside": "nothing"}
        log = self.platform.layout.log_files / f"{_PLANTED}.jsonl"
        try:
            await evidence.plant(self.platform, "forum", _PLANTED, document)
            log.write_bytes(b'{"event": "' + planted.value + b'"}\n')
            for item in [*await self._of_running(("forum",)), *evidence.files(self.platform)]:
                scanner.scan(item)
        finally:
            log.unlink(missing_ok=True)
            await evidence.uproot(self.platform, "forum", _PLANTED)
        scanner.scan(Item("a message", "planted", b"forum.public.x\n\n\x0a\x0e" + planted.value))
        found = {source for source, _ in scanner.report.hits}
        if found != {"forum's database", "logs", "a message"}:
            raise StoryError(f"the leak scanner is blind: it found what was planted only in {sorted(found)}")
        good("the scanner finds what is planted in a document, a message and a log file")

    async def scan_running(self) -> None:
        """Scan what only a running platform shows: the forum's database and all streams."""
        own_words = [text for entry in self.entries for text in (entry.thread, entry.body)]
        everything = [needle for needle in _needles(self.authors) if needle.what not in self.ambiguous]
        personal = [needle for needle in _personal(self.authors) if needle.what not in self.ambiguous]
        for needles, services in ((everything, ("forum",)), (personal, tuple(s for s in CORE if s != "forum"))):
            scanner = Scanner(needles, own_words)
            for item in await self._of_running(services):
                scanner.scan(item)
            self.reports.append(scanner.report)
            if scanner.spoken:
                say(f"not counted: {len(scanner.spoken)} texts in which an author wrote somebody's name himself")

    def scan_files(self) -> None:
        """Scan logs and traces. Once everything has stopped, so that nothing is still to be written."""
        scanner = Scanner([needle for needle in _needles(self.authors) if needle.what not in self.ambiguous])
        for item in evidence.files(self.platform):
            scanner.scan(item)
        self.reports.append(scanner.report)

    def verdict(self) -> None:
        """Show what was scanned; StoryError for any hit, and for a scan of too little."""
        scanned = {source: (r.items[source], r.size[source]) for r in self.reports for source in r.items}
        sources = sorted({"forum's database", "logs", "traces", *(f"{service}'s streams" for service in CORE)})
        rows = (
            (source, count, f"{size:,} bytes") for source in sources for count, size in [scanned.get(source, (0, 0))]
        )
        output.table(("scanned", "documents, messages or files", "size"), rows)
        for what in sorted(self.ambiguous):
            problem(f"{what} is a word that the platform itself writes; looked for by e-mail, login and reference only")
        hits = [(key, report.places[key]) for report in self.reports for key in report.hits]
        if hits:
            (source, what), place = hits[0]
            raise StoryError(f"{len(hits)} leaks; the first: {what} is in {source}, {place}")
        for source, least in (("forum's database", len(self.entries)), ("logs", len(CORE)), ("traces", len(CORE))):
            if scanned.get(source, (0, 0))[0] < least:
                raise StoryError(f"the scan of {source} saw fewer than {least} items: it proves nothing")
        if not any(source.endswith("streams") for source in scanned):
            raise StoryError("the scan saw no message on the bus: it proves nothing")
        good(f"looked for {len(_needles(self.authors))} values of {len(self.authors)} people: zero hits")

    async def _of_running(self, services: Iterable[str]) -> list[Item]:
        items: list[Item] = []
        for service in services:
            if service == "forum":
                items += [item async for item in evidence.documents(self.platform, service)]
            items += [item async for item in evidence.messages(self.platform, service)]
        return items


def _needles(authors: Iterable[Author]) -> list[Needle]:
    """All values, escrow references included."""
    authors = list(authors)
    references = [Needle(f"the reference of the author on line {a.line}", a.escrow_reference) for a in authors]
    return distinct([*_personal(authors), *references])


def _personal(authors: Iterable[Author]) -> list[Needle]:
    """Names, e-mail addresses and logins."""
    needles = []
    for author in authors:
        who = f"of the author on line {author.line}"
        needles.append(Needle(f"the name {who}", author.name.encode(), is_name=True))
        needles.append(Needle(f"the e-mail {who}", author.work_email.encode()))
        needles.append(Needle(f"the login {who}", author.login.encode()))
    return distinct(needles)

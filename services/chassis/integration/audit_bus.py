"""Compares what a service has published with what its log says it should have.

The bus may have lost its oldest messages to age: then the comparison begins with the first that it holds. Beyond the
last one nothing is demanded, for the relay may be about to publish it. A type that became public later has older events
that were never published, and these are reported: whoever adds one knows.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

from services.chassis.integration.bus import Archive, Curation, Extent, Message, Stored
from services.chassis.log.audit import AuditReport, Fault, Progress
from services.chassis.log.eventstore import START, CommitLog, Mark

_PAGE = 500
_SKIPPED = 10_000


async def audit_bus(
    log: CommitLog,
    archive: Archive,
    curation: Curation,
    *,
    after: int = 0,
    progress: Progress = lambda _at, _of: None,
) -> AuditReport:
    """Compare the messages after that sequence, up to the last one now, with the log's public events.

    Raises StoreUnavailable, LogGap and BusUnavailable. An audit that goes on begins with the first message after
    `after`, and does not see what is missing between that and the one before it.
    """
    extent = await archive.extent()
    audit = _BusAudit(log, curation, AuditReport(max(after, extent.first - 1)), extent)
    while audit.report.through < extent.last:
        through = min(audit.report.through + _PAGE, extent.last)
        for stored in await archive.read(audit.report.through, through - audit.report.through):
            await audit.take(stored)
        audit.report.through = through
        progress(through, extent.last)
    return audit.end()


class _BusAudit:
    def __init__(self, log: CommitLog, curation: Curation, report: AuditReport, extent: Extent) -> None:
        self.report = report
        self._log = log
        self._curation = curation
        self._extent = extent
        self._from_the_beginning = report.through == 0
        self._due: AsyncIterator[Message] | None = None
        self._next: Message | None = None
        self._last = START
        self._skipped: dict[Mark, None] = {}

    async def take(self, stored: Stored) -> None:
        """Compare one message with the next public events."""
        self.report.checked += 1
        if stored.mark is None:
            self.report.note(Fault.FOREIGN, START)
        elif self._due is not None and stored.mark <= self._last:
            self._note_late(stored.mark)
        else:
            await self._compare(stored, stored.mark)
            self._last = stored.mark

    def end(self) -> AuditReport:
        """The report, once every message was taken."""
        for mark in self._skipped:
            self.report.note(Fault.NOT_PUBLISHED, mark)
        return self.report

    def _note_late(self, mark: Mark) -> None:
        late = mark in self._skipped
        self._skipped.pop(mark, None)
        self.report.note(Fault.OUT_OF_ORDER if late else Fault.DOUBLED, mark)

    async def _compare(self, stored: Stored, mark: Mark) -> None:
        if self._due is None:
            self._due = self._messages_from(START if self._from_the_beginning else mark)
            await self._advance()
        while self._next is not None and self._next.event.mark < mark:
            self._skip(self._next.event.mark)
            await self._advance()
        if self._next is None or self._next.event.mark != mark:
            self.report.note(Fault.FOREIGN, mark)
            return
        if not self._says_the_same(stored.message, self._next):
            self.report.note(Fault.ALTERED, mark)
        await self._advance()

    def _skip(self, mark: Mark) -> None:
        if len(self._skipped) < _SKIPPED:
            self._skipped[mark] = None
        else:
            self.report.note(Fault.NOT_PUBLISHED, mark)

    def _says_the_same(self, told: Message | None, due: Message) -> bool:
        if told is None:  # Published by name only.
            return len(due.event.data) > self._extent.largest
        if due.previous == START and not self._from_the_beginning:  # It follows something that is not looked at.
            due = replace(due, previous=told.previous)
        return told == due

    async def _advance(self) -> None:
        self._next = None if self._due is None else await anext(self._due, None)

    async def _messages_from(self, mark: Mark) -> AsyncIterator[Message]:
        position, previous = max(mark.position - 1, 0), START
        while commits := await self._log.read_log(position, _PAGE):
            for message in self._curation.messages(commits, previous):
                previous = message.event.mark
                if previous >= mark:
                    yield message
            position += len(commits)

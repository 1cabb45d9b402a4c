"""Looks for faults that must never be: walks a service's whole log and says where it is not what a log has to be.

`audit_log` reads the log from the first position to the head, a page at a time and in bounded memory, and finds missing
positions, versions of a stream that are missing or out of order, ids in two commits, and commits that nobody gives a
position. It changes nothing and may run beside everything else. What was published is compared by `audit_bus`.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from services.chassis.log.eventstore import Commit, CommitLog, EventStore, LogGap, Mark, SequencingLog

_PAGE = 500
_STREAMS = 50_000
_NAMED = 100
_LEFTOVERS = 10_000


class Fault(StrEnum):
    """What can be wrong with a log, and below, with what was published of it."""

    MISSING_POSITION = "missing position"
    WRONG_VERSION = "version missing or out of order"
    REPEATED_ID = "id in two commits"
    LEFT_UNSEQUENCED = "left without a position"

    NOT_PUBLISHED = "not published"
    DOUBLED = "published twice"
    OUT_OF_ORDER = "published out of order"
    FOREIGN = "published but not of the log"
    ALTERED = "published otherwise than it is stored"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `mark`: where in the log; `START` for what has no place there."""

    fault: Fault
    mark: Mark


@dataclass(slots=True)
class AuditReport:
    """What an audit found: how many of each fault, and the first hundred by place.

    `checked` counts the commits, or messages, looked at. `through` is the position, or the sequence on the bus, up to
    which they were: an audit that was interrupted goes on after it.
    """

    through: int
    checked: int = 0
    counts: Counter[Fault] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.counts

    def note(self, fault: Fault, mark: Mark) -> None:
        """Count a fault, and name it if it is among the first."""
        self.counts[fault] += 1
        if len(self.findings) < _NAMED:
            self.findings.append(Finding(fault, mark))


Progress = Callable[[int, int], None]
"""Is told how far an audit has come, and how far it goes."""


class AuditedStore(EventStore, CommitLog, SequencingLog, Protocol):
    """What an audit reads of a store."""


async def audit_log(
    store: AuditedStore,
    *,
    after: int = 0,
    unsequenced_seconds: float = 5.0,
    progress: Progress = lambda _at, _of: None,
) -> AuditReport:
    """Check the log after that position up to its head, and that what waits for a position gets one in time.

    Costs two reads for each page, and one for a stream that is met again after fifty thousand others. Raises
    StoreUnavailable; what was found up to then is lost, so go on from what `progress` told last.
    """
    began = time.monotonic()
    waiting = {each.commit_id for each in await store.unsequenced(_LEFTOVERS)}
    report = await _LogAudit(store, after).run(progress)
    if waiting:
        await asyncio.sleep(max(0.0, began + unsequenced_seconds - time.monotonic()))
        for each in await store.unsequenced(_LEFTOVERS):
            if each.commit_id in waiting:
                report.note(Fault.LEFT_UNSEQUENCED, Mark(0))
    return report


class _LogAudit:
    def __init__(self, store: AuditedStore, after: int) -> None:
        self._store = store
        self._report = AuditReport(after)
        self._versions: OrderedDict[str, int] = OrderedDict()

    async def run(self, progress: Progress) -> AuditReport:
        report, head = self._report, await self._head()
        while head is None or report.through < head:
            page, missing = await self._page(report.through, head)
            if not page and not missing:
                break
            if missing:
                report.note(Fault.MISSING_POSITION, Mark(report.through + 1))
            await self._check_ids(page)
            for commit in page:
                await self._check_versions(commit)
            report.checked += len(page)
            report.through += len(page) + missing
            progress(report.through, max(head or 0, report.through))
        return report

    async def _head(self) -> int | None:
        """The log's head; None when it cannot be told for a hole, so that one has to go on until nothing comes."""
        try:
            return await self._store.head_position()
        except LogGap:
            return None

    async def _page(self, after: int, head: int | None) -> tuple[list[Commit], bool]:
        """The commits that follow, or that the next position is missing."""
        try:
            page = await self._store.read_log(after, _PAGE)
        except LogGap:
            return [], True
        return page, not page and head is not None

    async def _check_ids(self, page: Sequence[Commit]) -> None:
        places = {each: commit for commit in page for each in commit.ids}
        for holder in await self._store.commits_by_ids(list(places)):
            for each in holder.ids:
                here = places.get(each)
                if here is not None and here.position != holder.position:
                    self._report.note(Fault.REPEATED_ID, Mark(here.position or 0))

    async def _check_versions(self, commit: Commit) -> None:
        if not _is_dense(commit) or await self._version_before(commit) != commit.first - 1:
            self._report.note(Fault.WRONG_VERSION, Mark(commit.position or 0))
        self._versions[commit.stream] = commit.last
        self._versions.move_to_end(commit.stream)
        if len(self._versions) > _STREAMS:
            self._versions.popitem(last=False)

    async def _version_before(self, commit: Commit) -> int | None:
        """The version that the stream has reached in the log before this commit; None when that cannot be told."""
        known = self._versions.get(commit.stream)
        if known is not None:
            return known
        if commit.first <= 1:
            return 0
        before = (await self._store.read_stream(commit.stream, commit.first - 2))[:1]
        placed = [each.last for each in before if each.position is not None and each.position < (commit.position or 0)]
        return placed[0] if placed else None


def _is_dense(commit: Commit) -> bool:
    """Whether its events and parts go on without a hole."""
    through = commit.first - 1
    for part in commit.parts:
        if part.first != through + 1 or part.last < part.first:
            return False
        through = part.last
    return [event.version for event in commit.events] == list(range(commit.first, commit.last + 1))

"""Keeps one generation of a view up to date with its own service's log.

Commits are taken by position, in pages: load the documents that a page touches and that are not in memory, fold, and
write in one ordered bulk the documents and then the position up to which they are complete. What does not go into that
bulk, for there is too much or it is inserted, is made durable before it. A page that was interrupted is folded again
without effect, since each document knows the position of the last commit in it. A projector that lost its lease is
refused by a document, or by the position, which names the epoch; so is one whose store has lost an earlier page, which
makes it begin anew from what is there.

A replay does the same, but writes only when enough has been folded, and durably, for what queries begin to read must
not be lost any more. New documents that seem finished are inserted while it reads on, so that the store has always
something to do; what a crash then leaves is what one in the midst of writing leaves. Which generation, and when queries
read it, is `projection_driver`'s business.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit, CommitLog
from services.chassis.log.lease import LeaseLost
from services.chassis.log.pages import is_full
from services.chassis.tracelink import span
from services.chassis.views.inserts import Inserts
from services.chassis.views.page_size import MOST, PageSize
from services.chassis.views.pages_ahead import PagesAhead
from services.chassis.views.projection import UNCHANGED, EventContext, Projection
from services.chassis.views.viewstore import Advance, Documents
from services.chassis.views.working_set import WorkingSet

REPLAY_BYTES = 16 * 1024 * 1024
"""Of events that a replay folds before it writes."""

_HELD_BYTES = 4 * 1024 * 1024
_REPLAY_SECONDS = 30.0
_TELL_SECONDS = 0.5
_MANY_NEW = 8
_BULK = 500
_BULK_BYTES = 4 * 1024 * 1024
_SAVE_SECONDS = 1.0
_BREATH = 50
_COLD = 2 * MOST
"""Commits that leave a document alone before a replay takes it for finished."""

_Touch = tuple[Any, EventContext, Sequence[str], int]
"""An event, where it stands, the documents it touches, and its stored bytes."""


class Projector:
    """Runs one projection into `documents`. `epoch` is that of the lease; make a new one for each lease.

    `replay`: fold in memory, up to `replay_bytes` of events, and write rarely, until `settle` has been called. `most`:
    commits in a page.
    """

    def __init__(
        self,
        *,
        log: CommitLog,
        codec: EventCodec,
        projection: Projection,
        documents: Documents,
        epoch: int,
        replay: bool = False,
        most: int = MOST,
        replay_bytes: int = REPLAY_BYTES,
    ) -> None:
        self._log = log
        self._codec = codec
        self._projection = projection
        self._documents = documents
        self._ahead = PagesAhead(log)
        self._inserts = Inserts(documents)
        self._epoch = epoch
        self._replay = replay
        self._page = PageSize(most)
        self._held_bytes = replay_bytes if replay else _HELD_BYTES
        self._replay_bytes = replay_bytes
        self._wanted = frozenset().union(*(codec.stored_names_of(each) for each in projection.handles))
        self._classes = tuple(projection.handles)
        self._forget()

    def _forget(self) -> None:
        """Hold nothing: what is stored decides where to go on."""
        self._open = False
        self._inserts.abandon()
        self._working = WorkingSet(self._held_bytes)
        self._ahead.abandon()
        self._writing = False
        self.position = 0
        """Up to where the documents are complete; in a replay, together with those that are still in memory."""
        self.saved = 0
        """The position that is stored."""
        self._saved_at = self._told_at = 0.0

    async def step(self, until: int | None = None) -> bool:
        """Fold the next page of the log, not beyond `until`; whether there may be more at once.

        The position of a page that touches no document is stored with a later page, or in a step that finds no page.
        Raises LeaseLost, LogGap, StoreUnavailable, CodecError and what the projection raises; nothing is skipped then.
        """
        try:
            if not self._open:
                await self._take_over()
            return await (self._replay_on() if self._replay else self._follow(until))
        except BaseException:
            # Documents may have been folded half, and what was sent may have been written or not.
            self._forget()
            raise

    async def settle(self, log: CommitLog) -> None:
        """End the replay: write all that is in memory, and follow `log` from there."""
        try:
            if not self._open:
                await self._take_over()
            while await self._write():
                pass
        except BaseException:
            self._forget()
            raise
        self._log, self._replay = log, False
        self._ahead.abandon()

    async def _take_over(self) -> None:
        self.position = self.saved = await self._documents.open(self._epoch)
        self._working.whole = self.position == 0 and await self._documents.empty()
        self._saved_at = self._told_at = time.monotonic()
        self._open = True

    # --- Following the log --------------------------------------------------------------------------------------

    async def _follow(self, until: int | None) -> bool:
        limit = self._page.commits if until is None else min(self._page.commits, until - self.position)
        commits = await self._log.read_log(self.position, limit) if limit > 0 else []
        if not commits:
            await self._write()
            return False
        started = time.monotonic()
        traceparents = [part.meta.traceparent for commit in commits for part in commit.parts]
        with span("project", traceparents, projection=self._projection.name, count=len(commits)):
            await self._fold(commits)
            if self._working.is_changed or started - self._saved_at > _SAVE_SECONDS:
                while await self._write():
                    pass
        full = is_full(commits, limit)
        self._page.took(time.monotonic() - started, full=full)
        return full

    # --- Replaying it -------------------------------------------------------------------------------------------

    async def _replay_on(self) -> bool:
        if self._writing or self._working.unwritten > self._replay_bytes or self._is_long_unsaved():
            # A bulk at a time, so that those who share the store, and the generation in use, come in between.
            self._writing = await self._write()
            return True
        started = time.monotonic()
        commits = await self._ahead.take(self.position, self._page.commits)
        if not commits:
            return False
        await self._fold(commits)
        await self._insert_cold()
        self._page.took(time.monotonic() - started, full=True)
        await self._tell()
        return True

    async def _insert_cold(self) -> None:
        """Have the store insert what seems finished, in whole bulks only, so that there are no more in the end."""
        if views := self._working.write_cold(self.position - _COLD, _BULK, _BULK_BYTES):
            await self._inserts.add(views)

    def _is_long_unsaved(self) -> bool:
        return time.monotonic() - self._saved_at > _REPLAY_SECONDS and self.saved < self.position

    async def _tell(self) -> None:
        if time.monotonic() - self._told_at > _TELL_SECONDS:
            await self._documents.tell(self.position, self._epoch)
            self._told_at = time.monotonic()

    # --- Both ---------------------------------------------------------------------------------------------------

    async def _fold(self, commits: Sequence[Commit]) -> None:
        """Bring the documents that `commits` touch up to the end of them, in memory."""
        touches: list[_Touch] = []
        for number, commit in enumerate(commits):
            if number % _BREATH == 0:  # Calls are served on the same thread.
                await asyncio.sleep(0)
            touches.extend(self._touches(commit))
        touched = {each for _, _, ids, _ in touches for each in ids}
        await self._inserts.landed(touched)
        if missing := self._working.missing(touched):
            loaded = await self._documents.load(missing)
            if (loaded.position, loaded.epoch) != (self.saved, self._epoch):
                raise LeaseLost("the position is not where it was left")
            self._working.add(missing, loaded.views)
        evolve, working = self._projection.evolve, self._working
        for number, (event, context, ids, size) in enumerate(touches, start=1):
            for document_id in ids:
                held = working.take(document_id)
                if context.position > held.floor and (
                    (after := evolve(held.document, event, context)) is not UNCHANGED
                ):
                    held.fold(after, context.position)
                    working.changed(document_id, held, size)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        self.position += len(commits)

    def _touches(self, commit: Commit) -> Iterator[_Touch]:
        for recorded, meta in commit.recorded():
            if recorded.type not in self._wanted:
                continue
            context = EventContext(commit.position or 0, commit.stream, recorded.version, meta.at)
            for event in self._codec.decode(recorded.type, recorded.data):
                if isinstance(event, self._classes):  # Of what was stored otherwise, only a part may be wanted.
                    yield event, context, tuple(dict.fromkeys(self._projection.route(event))), len(recorded.data)

    async def _write(self) -> bool:
        """Write a bulk of what has changed, and with the last one the position; whether there is more.

        Up to the last all is durable: had the store lost it, the position would be where it was left nevertheless.
        """
        views = self._working.to_write(_BULK, _BULK_BYTES)
        new = self._working.new(views)
        self._working.written(views)
        if len(new) >= _MANY_NEW:
            # A round trip more, but much less work for the store than to look for each first.
            await self._inserts.add(new)
            views = {key: view for key, view in views.items() if key not in new}
        if self._working.is_changed:
            await self._documents.write(views, None, durable=True)
            return True
        await self._inserts.done()
        if views or self.saved < self.position:
            advance = Advance(self.saved, self.position, self._epoch)
            await self._documents.write(views, advance, durable=self._replay)
            self.saved, self._saved_at = self.position, time.monotonic()
        self._working.forget()
        return False

"""Group commit: whatever is asked for while one write is under way goes into the next, together, in one round trip.

There is no timer and no task that waits for work: a flush begins as soon as the one before it has returned, and the
first commit to arrive starts one at once. A bulk never holds two commits of one stream, since a store that takes one
and refuses the other would take them in any order; a stream's later commits wait for later bulks, streams take turns.

What a flush does with a bulk, and what it makes of a store that does not answer, is the business of `bulkappend`.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from services.chassis import telemetry
from services.chassis.log.eventstore import Commit, OutcomeUnknown, Overloaded, StoreUnavailable
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import FLUSH_COMMITS, QUEUE_DEPTH

FLUSH_BROKEN: Final = "append_flush_broken"

_LEAST_RETRY_SECONDS = 0.05
_MOST_RETRY_SECONDS = 5.0

_log = log(__name__)

Outcome = Commit | Exception
Flush = Callable[[Sequence[Commit]], Awaitable[Sequence[Outcome]]]
"""Writes commits of different streams and says of each, in order, what is stored now or why it is not."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one bulk may hold, and how much may wait beside it; bytes are counted as `Commit.size` does."""

    bulk_commits: int = 256
    bulk_bytes: int = 8 * 1024 * 1024
    waiting_commits: int = 4096
    waiting_bytes: int = 64 * 1024 * 1024


@dataclass(eq=False, slots=True)
class _Waiting:
    commit: Commit
    size: int
    outcome: asyncio.Future[Outcome]


class GroupCommit:
    """Collects the commits of one process for one store, and has `flush` write them in bulks, one at a time.

    Use it on one event loop.
    """

    def __init__(self, flush: Flush, *, limits: Limits = Limits()) -> None:  # frozen
        self._flush = flush
        self._limits = limits
        # By stream, in the order in which the streams have their turn; no queue is empty.
        self._queues: dict[str, deque[_Waiting]] = {}
        self._commits = 0
        self._bytes = 0
        self._flushing: asyncio.Task[None] | None = None
        self._flush_seconds = 0.0
        self._closed = False

    async def submit(self, commit: Commit) -> Commit:
        """Have `commit` written, and return what is stored or raise the outcome that `flush` gave for it.

        Raises Overloaded when too much waits already, StoreUnavailable when closed. A caller that is cancelled takes
        its commit out of the queue; one that a bulk has taken is written all the same.
        """
        waiting = self._admit(commit)
        try:
            outcome = await waiting.outcome
        except asyncio.CancelledError:
            self._withdraw(waiting)
            raise
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Take nothing more, and return when all that was taken has its outcome."""
        self._closed = True
        if self._flushing is not None:
            # Waited for and not awaited: a caller that is out of patience cancels its waiting, not the writing.
            await asyncio.wait({self._flushing})

    def _admit(self, commit: Commit) -> _Waiting:
        size = commit.size
        if self._closed:
            raise StoreUnavailable("the store has been closed")
        full = self._commits >= self._limits.waiting_commits or self._bytes + size > self._limits.waiting_bytes
        if full and self._commits:
            raise Overloaded(self._retry_seconds())
        loop = asyncio.get_running_loop()
        waiting = _Waiting(commit, size, loop.create_future())
        self._queues.setdefault(commit.stream, deque()).append(waiting)
        self._count(1, size)
        if self._flushing is None or self._flushing.done():
            # In a context of its own: it serves many callers and must not count as part of the first one's trace.
            self._flushing = loop.create_task(self._run(), context=contextvars.Context())
        return waiting

    def _withdraw(self, waiting: _Waiting) -> None:
        queue = self._queues.get(waiting.commit.stream, ())
        if waiting in queue:
            self._remove(waiting)

    def _remove(self, waiting: _Waiting) -> None:
        queue = self._queues[waiting.commit.stream]
        queue.remove(waiting)
        if not queue:
            del self._queues[waiting.commit.stream]
        self._count(-1, -waiting.size)

    def _count(self, commits: int, size: int) -> None:
        self._commits += commits
        self._bytes += size
        QUEUE_DEPTH.add(commits)

    def _retry_seconds(self) -> float:
        """How long the present queue takes if its bulks are full and take as long as the last one."""
        seconds = self._flush_seconds * (1 + self._commits / self._limits.bulk_commits)
        return min(max(seconds, _LEAST_RETRY_SECONDS), _MOST_RETRY_SECONDS)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop()
        try:
            while bulk := self._next_bulk():
                began = clock.time()
                outcomes = await self._outcomes(bulk)
                self._flush_seconds = clock.time() - began
                for waiting, outcome in outcomes:
                    if not waiting.outcome.done():
                        waiting.outcome.set_result(outcome)
        finally:
            self._abandon()

    def _next_bulk(self) -> list[_Waiting]:
        """The oldest commit of each stream whose turn it is; what else such a stream has waits for another turn."""
        bulk: list[_Waiting] = []
        size = 0
        for stream in list(islice(self._queues, self._limits.bulk_commits)):
            waiting = self._queues[stream][0]
            if bulk and size + waiting.size > self._limits.bulk_bytes:
                break
            self._remove(waiting)
            if stream in self._queues:
                self._queues[stream] = self._queues.pop(stream)
            bulk.append(waiting)
            size += waiting.size
        return bulk

    async def _outcomes(self, bulk: Sequence[_Waiting]) -> list[tuple[_Waiting, Outcome]]:
        FLUSH_COMMITS.record(len(bulk))
        try:
            return list(zip(bulk, await self._flush([waiting.commit for waiting in bulk]), strict=True))
        except asyncio.CancelledError:  # The process ends: nobody is left waiting.
            for waiting in bulk:
                waiting.outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # a fault of ours: told, and all that a caller may conclude from it
            _log.error(FLUSH_BROKEN, error_type=type(error).__name__, at=telemetry.where(error))
            return [(waiting, _unknown(error)) for waiting in bulk]

    def _abandon(self) -> None:
        """Leave nobody waiting when the flushing ends before its time."""
        for queue in list(self._queues.values()):
            for waiting in list(queue):
                self._remove(waiting)
                waiting.outcome.cancel()


def _unknown(cause: Exception) -> OutcomeUnknown:
    unknown = OutcomeUnknown(type(cause).__name__)
    unknown.__cause__ = cause
    return unknown

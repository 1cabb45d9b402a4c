"""Reads a log ahead of who takes its pages, two at a time: the store looks for one while the other is taken apart."""

import asyncio
from collections import deque

from services.chassis.log.eventstore import Commit, CommitLog

_AT_ONCE = 2


class PagesAhead:
    """The pages of `log` that have been asked for. They raise what `CommitLog.read_log` raises."""

    def __init__(self, log: CommitLog) -> None:
        self._log = log
        self._asked: deque[tuple[int, asyncio.Task[list[Commit]]]] = deque()
        self._next = 0

    async def take(self, after: int, limit: int) -> list[Commit]:
        """The page after that position; empty when there was none when it was asked for.

        Those that follow are asked for as if this one were full, and again where it proves to be shorter.
        """
        if not self._asked or self._asked[0][0] != after:
            self.abandon()
            self._next = after
        while len(self._asked) < _AT_ONCE:
            task = asyncio.create_task(self._log.read_log(self._next, limit))
            task.add_done_callback(_heard)
            self._asked.append((self._next, task))
            self._next += limit
        commits = await self._asked[0][1]
        self._asked.popleft()
        return commits

    def abandon(self) -> None:
        """Wait for none of them any more."""
        while self._asked:
            self._asked.popleft()[1].cancel()


def _heard(task: "asyncio.Task[list[Commit]]") -> None:
    """Take notice of a failure, which perhaps nobody waits for any more."""
    if not task.cancelled():
        task.exception()

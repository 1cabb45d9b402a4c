"""One window on a service's log for all that follow it in one process, so that each page is read from the store once.

What was read lately is kept, up to a number of bytes, and given to the next follower that comes to that place. Commits
with a position never change, so what is kept is as good as what is stored; only the store says what exists, and the
window asks it for all that it does not hold. A store whose database is replaced by another under a running process is
not noticed here: restart the process.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from services.chassis.log.eventstore import Commit, CommitLog
from services.chassis.log.nudge import Nudge
from services.chassis.log.pages import is_full

_PAGE = 500
_LEAST_PAGE = 20
_FRESH_SECONDS = 0.02
_COMMIT_OVERHEAD = 1000


class LogWindow:
    """A `CommitLog` over another. `news` rings when the log has grown; then, if not before, the store is asked again.

    The window rings it too when one follower finds what nobody has told of, so that the others need not find it anew.

    Where the log ended a moment ago (0.02 s) it is taken to end still, and a follower that comes from behind is given
    what is kept up to there, unless `news` has rung since: so followers that wake together cost one read together.
    Hence fewer commits than asked for mean what they mean of the store, with the patience of a follower in between.
    `max_bytes` bounds what is kept, roughly.
    """

    def __init__(self, log: CommitLog, news: Nudge, *, max_bytes: int = 16 * 1024 * 1024) -> None:
        self._log = log
        self._news = news
        self._max_bytes = max_bytes
        self._kept: OrderedDict[int, Commit] = OrderedDict()
        self._bytes = 0
        self._page = _PAGE
        self._end: _End | None = None
        # One read of the store at a time: whoever waits finds what it came for when its turn comes, as a rule.
        self._reading = asyncio.Lock()

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        """See `CommitLog.read_log`."""
        commits = self._run(after_position, limit)
        if self._suffice(commits, after_position, limit):
            return commits
        async with self._reading:
            # Another may have read it meanwhile.
            commits = self._run(after_position, limit)
            if self._suffice(commits, after_position, limit):
                return commits
            wanted = limit - len(commits)
            return commits + (await self._read(after_position + len(commits), max(wanted, self._page)))[:wanted]

    async def head_position(self) -> int:
        """See `CommitLog.head_position`."""
        return await self._log.head_position()

    def _run(self, after: int, limit: int) -> list[Commit]:
        """What is kept of the commits at `after + 1` and so on, up to the first that is not."""
        run: list[Commit] = []
        while len(run) < limit and (commit := self._kept.get(after + len(run) + 1)) is not None:
            run.append(commit)
        return run

    def _suffice(self, commits: Sequence[Commit], after: int, limit: int) -> bool:
        """Whether the commits kept after that position answer the question without the store."""
        if len(commits) == limit:
            return True
        end = self._end
        if end is None or end.position != after + len(commits) or end.rings != self._news.rings:
            return False
        # Whoever gets something comes back for more; whoever would get nothing wants to know how the log stands now.
        return bool(commits) or time.monotonic() < end.asked_at + _FRESH_SECONDS

    async def _read(self, after: int, count: int) -> list[Commit]:
        # Noted before the question: what comes while it is answered may be missing from the answer.
        rings, asked_at = self._news.rings, time.monotonic()
        commits = await self._log.read_log(after, count)
        if self._came_unannounced(after + len(commits), rings):
            self._news.ring()
            rings += 1  # This ring tells of nothing that was not read.
        if not is_full(commits, count):
            self._end = _End(after + len(commits), rings, asked_at)
        self._keep(commits)
        return commits

    def _came_unannounced(self, through: int, rings: int) -> bool:
        """Whether the log has grown although nobody has rung, for another process gave the positions."""
        end = self._end
        return end is not None and through > end.position and end.rings == rings == self._news.rings

    def _keep(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            if commit.position is not None and commit.position not in self._kept:
                self._kept[commit.position] = commit
                self._bytes += _size(commit)
        if commits:
            # So that a page of large commits is not more than the window may hold.
            each = sum(map(_size, commits)) // len(commits)
            self._page = max(_LEAST_PAGE, min(_PAGE, self._max_bytes // (2 * each)))
        while self._bytes > self._max_bytes:
            _, longest_kept = self._kept.popitem(last=False)
            self._bytes -= _size(longest_kept)


class _End(NamedTuple):
    """Where the log ended when it was asked, how often the nudge had rung by then, and when that was."""

    position: int
    rings: int
    asked_at: float


def _size(commit: Commit) -> int:
    return _COMMIT_OVERHEAD + commit.size

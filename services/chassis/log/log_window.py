"""One window on a service's log for all that follow it in one process, so that each page is read from the store once.

What was read lately is kept, up to a number of bytes, and given to the next follower that comes to that place. Commits
with a position never change, so what is kept is as good as what is stored; only the store says what exists, and the
window asks it for all that it does not hold. What this process itself has appended and given a position is told to the
window (`placed`), and never read at all. A store whose database is replaced by another under a running process is
not noticed here: restart the process.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from services.chassis.log.eventstore import Commit, CommitLog
from services.chassis.log.nudge import Nudge
from services.chassis.log.pages import is_full

_PAGE = 500
_LEAST_PAGE = 20
_FRESH_SECONDS = 0.02
_PLACED_SECONDS = 0.5
_PLACING_SECONDS = 2.0
_COMMIT_OVERHEAD = 1000


class LogWindow:
    """A `CommitLog` over another. `news` rings when the log has grown; then, if not before, the store is asked again.

    The window rings it too when one follower finds what nobody has told of, so that the others need not find it anew.

    Where the log ended a moment ago (0.02 s) it is taken to end still, and a follower that comes from behind is given
    what is kept up to there, unless `news` has rung since: so followers that wake together cost one read together.
    Where this process has itself given the last position that holds for 0.5 s, for others do not, as a rule. Hence
    fewer commits than asked for mean what they mean of the store, with the patience of a follower in between.
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
        self._placing_until = 0.0
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
        end = self._current_end()
        return end.position if end is not None and self._is_settled(end) else await self._log.head_position()

    @contextmanager
    def placing(self) -> Iterator[None]:
        """While this process gives positions nobody looks for them one by one (for 2 s): `placed` tells of them all."""
        self._placing_until = time.monotonic() + _PLACING_SECONDS
        try:
            yield
        finally:
            self._placing_until = 0.0

    def placed(self, commits: Sequence[Commit], head: int) -> None:
        """Some commits, durable, have got their positions, of which `head` is the last now: `news` rings."""
        self._keep(commits)
        self._news.ring()
        self._end = _End(head, self._news.rings, time.monotonic() + _PLACED_SECONDS)

    def _current_end(self) -> "_End | None":
        """Where the log ended when it was looked at last, unless it has grown since."""
        return self._end if self._end is not None and self._end.rings == self._news.rings else None

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
        end = self._current_end()
        if end is None or end.position != after + len(commits):
            return False
        # Whoever gets something comes back for more; whoever would get nothing wants to know how the log stands now.
        return bool(commits) or self._is_settled(end)

    def _is_settled(self, end: "_End") -> bool:
        """Whether the log, which ended there when it was looked at last, need not be looked at again already."""
        return time.monotonic() < max(end.until, self._placing_until)

    async def _read(self, after: int, count: int) -> list[Commit]:
        # Noted before the question: what comes while it is answered may be missing from the answer.
        rings, asked_at = self._news.rings, time.monotonic()
        commits = await self._log.read_log(after, count)
        if self._came_unannounced(after + len(commits), rings):
            self._news.ring()
            rings += 1  # This ring tells of nothing that was not read.
        if not is_full(commits, count):
            self._found_end(_End(after + len(commits), rings, asked_at + _FRESH_SECONDS))
        self._keep(commits)
        return commits

    def _found_end(self, end: "_End") -> None:
        """Note where a read has found the end, unless more has been placed while it was under way."""
        if self._end is None or self._end.rings <= end.rings:
            self._end = end

    def _came_unannounced(self, through: int, rings: int) -> bool:
        """Whether the log has grown although nobody has rung, for another process gave the positions."""
        end = self._end
        return end is not None and through > end.position and end.rings == rings == self._news.rings

    def _keep(self, commits: Sequence[Commit]) -> None:
        total = 0
        for commit in commits:
            total += (size := _size(commit))
            if commit.position is not None and commit.position not in self._kept:
                self._kept[commit.position] = commit
                self._bytes += size
        if commits:
            # So that a page of large commits is not more than the window may hold.
            self._page = max(_LEAST_PAGE, min(_PAGE, self._max_bytes * len(commits) // (2 * total)))
        while self._bytes > self._max_bytes:
            _, longest_kept = self._kept.popitem(last=False)
            self._bytes -= _size(longest_kept)


class _End(NamedTuple):
    """Where the log ended, how often the nudge had rung by then, and until when (monotonic) that is good for all."""

    position: int
    rings: int
    until: float


def _size(commit: Commit) -> int:
    return _COMMIT_OVERHEAD + commit.size

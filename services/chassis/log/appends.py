"""What this process has just appended, told to its sequencer, which then need not ask the store for it.

A hint and no more: a feed that overflows is emptied, and what is missing from it the store says. What comes by here is
stored durably and had no position when it was written.
"""

from collections import deque
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from services.chassis.log.nudge import Nudge

_COMMITS = 4096
_BYTES = 16 * 1024 * 1024


class Measured(Protocol):
    """What has a size: a commit."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...


C = TypeVar("C", bound=Measured)


class Feed(Generic[C]):
    """Commits in the order in which they were appended, until they are taken; at most so many, and so many bytes."""

    def __init__(self, *, most: int = _COMMITS, most_bytes: int = _BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._commits: deque[C] = deque()
        self._bytes = 0
        self._incomplete = False

    def put(self, commits: Sequence[C]) -> None:
        """Hold these as well, or nothing at all when that is too much."""
        self._commits.extend(commits)
        self._bytes += sum(commit.size for commit in commits)
        if len(self._commits) > self._most or self._bytes > self._most_bytes:
            self._commits.clear()
            self._bytes = 0
            self._incomplete = True

    def take(self, most: int) -> tuple[list[C], bool]:
        """The first of them, at most so many, and whether any were dropped since they were taken last."""
        taken = [self._commits.popleft() for _ in range(min(most, len(self._commits)))]
        self._bytes -= sum(commit.size for commit in taken)
        incomplete, self._incomplete = self._incomplete, False
        return taken, incomplete

    def __len__(self) -> int:
        return len(self._commits)


class Appends(Nudge, Generic[C]):
    """Rings after each append of this process, and tells all feeds what it was."""

    def __init__(self) -> None:
        super().__init__()
        self._feeds: WeakSet[Feed[C]] = WeakSet()

    def feed(self) -> Feed[C]:
        """A feed of what is appended from now on, for as long as somebody holds it."""
        feed: Feed[C] = Feed()
        self._feeds.add(feed)
        return feed

    def tell(self, commits: Sequence[C]) -> None:
        """These have been written just now."""
        for feed in self._feeds:
            feed.put(commits)
        self.ring()

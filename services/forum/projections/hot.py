"""The newest posts and threads in memory, folded from the tail of the log: what most readers ask for, without a read.

The log is cut into blocks of `Limits.block` positions. Held are the last blocks, as many as all limits allow together;
a block that is forgotten never comes back, since what stands above it only grows. So what is held follows from the log
up to a position alone, and every replica that started below the oldest block holds the same there. A thread that was
opened in a held block is held whole, with its comments, until that block is forgotten. What is not here is in the
views; `page` and `thread` answer from one position, and say where the views go on.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit
from services.forum.domain.thread import CommentPublished, PostPublished, ThreadOpened
from services.forum.projections.feed import NEWEST, Place
from services.forum.projections.hot_feed import HotFeeds, HotPage
from services.forum.projections.hot_post import HotPost

_THREAD_OVERHEAD = 400
_HANDLES = (ThreadOpened, PostPublished, CommentPublished)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is held: `blocks` of `block` positions each, `posts`, and `size` in bytes, roughly."""

    block: int = 256
    blocks: int = 64
    posts: int = 5000
    size: int = 48 * 1024 * 1024

    @property
    def window(self) -> int:
        """Positions below the head from which to begin, at the least."""
        return self.block * self.blocks


LIMITS: Final = Limits()


@dataclass(slots=True)
class _Thread:
    """A thread that is held whole; `block` is the one it was opened in."""

    title: str
    block: "_Block"
    posts: list[HotPost] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    """What came with the positions of a block; `size` includes all comments of the threads opened in it."""

    number: int
    posts: list[HotPost] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """The first posts of a thread from some ordinal on, oldest first."""

    title: str
    posts: Sequence[HotPost]


class Hot:
    """Holds the end of the log up to `position`; feed it with `apply`, every commit from any place on, in order."""

    def __init__(self, codec: EventCodec, limits: Limits = LIMITS) -> None:
        self._codec = codec
        self._limits = limits
        self._wanted = frozenset(name for event in _HANDLES for name in codec.stored_names_of(event))
        self._blocks: deque[_Block] = deque()
        self._feeds = HotFeeds()
        self._threads: dict[str, _Thread] = {}
        self._size = 0
        self._anchored = False
        self._border: int | None = None
        self._abandoned = False
        self.first = 0
        self.position = 0
        """Those of the first and the last commit applied, 0 before there is one."""
        self.version = 0
        """Another whenever `page` and `thread` may answer otherwise: what was made of their answers is good for one."""

    @property
    def size(self) -> int:
        """Bytes held, roughly."""
        return self._size

    @property
    def anchored(self) -> bool:
        """Whether it is known what came before the first commit applied; until then the views answer for feeds."""
        return self._anchored

    def apply(self, commits: Iterable[Commit]) -> None:
        """Take the next commits; the first ever of them may stand anywhere in the log."""
        self.version += 1
        for commit in commits:
            position = commit.position or 0
            if not self.first:
                self.first, self._anchored = position, position == 1
            self._begin(position)
            self._take_all(commit, position)
            self.position = position
            while self._blocks and self._too_much():
                self._forget_oldest()

    def anchor(self, minute: int | None) -> None:
        """Learn the newest minute of the posts before the first commit applied; None when there are none."""
        self.version += 1
        self._move_border(minute)
        self._anchored = not self._abandoned

    def abandon(self) -> None:
        """Hold nothing and leave everything to the views, for good."""
        self.version += 1
        self._blocks, self._feeds, self._threads, self._size = deque(), HotFeeds(), {}, 0
        self._anchored, self._abandoned = False, True

    def holds(self, post_id: str) -> bool:
        """Whether the post is held."""
        return self._feeds.get(post_id) is not None

    def page(self, label: str, *, before: Place | None, limit: int) -> HotPage:
        """At most `limit` posts under `label` ("" for all), newest first, from the one before `before` if given."""
        if not self._anchored:
            return HotPage([], before or NEWEST)
        return self._feeds.page(label, before=before, limit=limit, border=self._border)

    def thread(self, thread_id: str, *, start: int, limit: int) -> ThreadPage | None:
        """A thread with at most `limit` posts from the `start`-th on, counted from 0; None when it is not held."""
        thread = self._threads.get(thread_id)
        return ThreadPage(thread.title, list(islice(thread.posts, start, start + limit))) if thread else None

    def _begin(self, position: int) -> None:
        number = (position - 1) // self._limits.block
        if not self._blocks or self._blocks[-1].number != number:
            self._blocks.append(_Block(number))

    def _take_all(self, commit: Commit, position: int) -> None:
        offset = 0
        for recorded in commit.events:
            if recorded.type in self._wanted:
                for event in self._codec.decode(recorded.type, recorded.data):
                    self._take(event, position, offset)
                    offset += 1

    def _take(self, event: object, position: int, offset: int) -> None:
        match event:
            case ThreadOpened():
                self._open(event)
            case PostPublished():
                self._add_post(event, position, offset)
            case CommentPublished():
                self._add_comment(event)

    def _open(self, event: ThreadOpened) -> None:
        block = self._blocks[-1]
        self._threads[event.thread_id] = _Thread(event.title, block)
        block.threads.append(event.thread_id)
        self._grow(block, len(event.title) + _THREAD_OVERHEAD)

    def _add_post(self, event: PostPublished, position: int, offset: int) -> None:
        post, block = HotPost(event, position, offset), self._blocks[-1]
        self._feeds.add(post, event.label)
        block.posts.append(post)
        self._grow(block, post.size)
        if (thread := self._threads.get(event.thread_id)) is not None:
            thread.posts.append(post)

    def _add_comment(self, event: CommentPublished) -> None:
        post = self._feeds.get(event.post_id)
        if post is None:
            return
        post.count_comment()
        if (thread := self._threads.get(event.thread_id)) is not None:
            self._grow(thread.block, post.add_comment(event))

    def _grow(self, block: _Block, size: int) -> None:
        block.size += size
        self._size += size

    def _too_much(self) -> bool:
        limits, span = self._limits, self._blocks[-1].number - self._blocks[0].number
        return span >= limits.blocks or len(self._feeds) > limits.posts or self._size > limits.size

    def _forget_oldest(self) -> None:
        block = self._blocks.popleft()
        for thread_id in block.threads:
            for post in self._threads.pop(thread_id).posts:
                post.drop_comments()
        self._feeds.discard(block.posts)
        self._size -= block.size
        for post in block.posts:
            self._move_border(post.place.minute)

    def _move_border(self, minute: int | None) -> None:
        if minute is not None and (self._border is None or minute > self._border):
            self._border = minute

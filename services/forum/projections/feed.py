"""Views of the feeds, newest post first: one feed of everything, and one for each label.

A feed is a calendar three documents deep: `feed_days` lists the days that have posts, `feed_minutes` a day's minutes,
`feed_posts` a minute's posts. Each name follows from the event alone, each document stays small, and a page takes the
same few reads by id however large the feed is or however sparse. Minutes, not positions in the log: a page token then
tells nothing that the posts themselves do not.

The three views are filled one after the other, so the newest posts may be missing for a moment; older ones never are.
"""

import struct
from bisect import insort
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from services.chassis.projection import EventContext, Projection
from services.chassis.viewstore import Document, Views
from services.forum.domain.thread import PostPublished

_PLACE: Final = struct.Struct(">QQ")
_MINUTE: Final = 60
_DAY: Final = 24 * 60
_BATCH: Final = 8
"""Documents read at once: enough for a page of a lively feed, few enough that most of them are used."""


def _feed(label: str) -> str:
    return f"label/{label}" if label else "all"


def _minute(event: PostPublished) -> int:
    return event.published_at // _MINUTE


def _routed(suffix: Callable[[PostPublished], str]) -> Callable[[PostPublished], tuple[str, ...]]:
    """Route to a document of the feed of everything and to one of the label's."""
    return lambda event: (_feed("") + suffix(event), _feed(event.label) + suffix(event))


def _days(document: Document | None, event: PostPublished, _context: EventContext) -> Document:
    return _with(document, "days", _minute(event) // _DAY)


def _minutes(document: Document | None, event: PostPublished, _context: EventContext) -> Document:
    return _with(document, "minutes", _minute(event))


def _posts(document: Document | None, event: PostPublished, _context: EventContext) -> Document:
    earlier = document["post_ids"] if document else []
    return {"post_ids": [*earlier, event.post_id]}


def _with(document: Document | None, key: str, number: int) -> Document:
    numbers = document[key] if document else []
    if number not in numbers:
        insort(numbers, number)
    return {key: numbers}


FEED_DAYS = Projection(
    name="feed_days", version=1, handles=(PostPublished,), route=_routed(lambda _event: ""), evolve=_days
)
"""Document `<feed>`: {days}, ascending, counted from 1970."""

FEED_MINUTES = Projection(
    name="feed_minutes",
    version=1,
    handles=(PostPublished,),
    route=_routed(lambda event: f"/{_minute(event) // _DAY}"),
    evolve=_minutes,
)
"""Document `<feed>/<day>`: {minutes}, ascending, counted from 1970."""

FEED_POSTS = Projection(
    name="feed_posts",
    version=1,
    handles=(PostPublished,),
    route=_routed(lambda event: f"/{_minute(event)}"),
    evolve=_posts,
)
"""Document `<feed>/<minute>`: {post_ids}, oldest first."""


class Place(NamedTuple):
    """A post's place in a feed: its minute, and its ordinal among the feed's posts of that minute."""

    minute: int
    ordinal: int

    def to_bytes(self) -> bytes:
        """The place as 16 bytes."""
        return _PLACE.pack(self.minute, self.ordinal)

    @classmethod
    def parse(cls, data: bytes) -> "Place":
        """The place that `to_bytes` made; ValueError for any other number of bytes."""
        if len(data) != _PLACE.size:
            raise ValueError("a place has 16 bytes")
        return cls(*_PLACE.unpack(data))


class FeedPage(NamedTuple):
    """Post ids, newest first, and the last one's place if there are more after it."""

    post_ids: list[str]
    last: Place | None


class FeedIndex:
    """Which posts a feed has."""

    def __init__(self, *, days: Views, minutes: Views, posts: Views) -> None:
        self._days = days
        self._minutes = minutes
        self._posts = posts

    async def page(self, label: str, *, before: Place | None, size: int) -> FeedPage:
        """At most `size` posts under `label` ("" for all), from the newest or from the one before `before`."""
        found: list[tuple[Place, str]] = []
        async for entry in self._newest_first(_feed(label), before):
            if len(found) == size:
                return FeedPage([post_id for _, post_id in found], found[-1][0])
            found.append(entry)
        return FeedPage([post_id for _, post_id in found], None)

    async def _newest_first(self, feed: str, before: Place | None) -> AsyncIterator[tuple[Place, str]]:
        async for minutes in self._minutes_before(feed, before):
            stored = await self._posts.get_many([f"{feed}/{minute}" for minute in minutes])
            for minute in minutes:
                post_ids = stored.get(f"{feed}/{minute}", {}).get("post_ids", [])
                here = post_ids[: before.ordinal] if before and before.minute == minute else post_ids
                for ordinal in reversed(range(len(here))):
                    yield Place(minute, ordinal), here[ordinal]

    async def _minutes_before(self, feed: str, before: Place | None) -> AsyncIterator[Sequence[int]]:
        """Batches of the feed's minutes up to that of `before`, descending."""
        root = await self._days.get(feed) or {"days": []}
        days = [day for day in reversed(root["days"]) if before is None or day <= before.minute // _DAY]
        for batch in _batches(days):
            stored = await self._minutes.get_many([f"{feed}/{day}" for day in batch])
            found = [m for day in batch for m in reversed(stored.get(f"{feed}/{day}", {}).get("minutes", []))]
            for minutes in _batches(minute for minute in found if before is None or minute <= before.minute):
                yield minutes


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, _BATCH)):
        yield batch

"""Views of the feeds, newest post first: one feed of everything, and one for each label.

A feed is a calendar three documents deep: `feed_days` lists the days that have posts, `feed_minutes` a day's minutes,
`feed_posts` a minute's posts. Each name follows from the event alone, each document stays small, and a page takes the
same few reads by id however large the feed is or however sparse. Minutes and ids, not positions in the log: a page
token then tells nothing that the posts themselves do not. The newest posts are read from memory instead (`hot`).

The three views are filled one after the other, so the newest posts may be missing for a moment; older ones never are.
"""

import struct
from bisect import insort
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from services.chassis.views.projection import UNCHANGED, EventContext, Projection, Unchanged
from services.chassis.views.viewstore import Document, Views
from services.forum.domain.thread import PostPublished

_PLACE: Final = struct.Struct(">BQ")
_FORMAT: Final = 2
"""Of a place's bytes; the first format had an ordinal in it, and no number of its own."""
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


def _days(document: Document | None, event: PostPublished, _context: EventContext) -> Document | Unchanged:
    return _with(document, "days", _minute(event) // _DAY)


def _minutes(document: Document | None, event: PostPublished, _context: EventContext) -> Document | Unchanged:
    return _with(document, "minutes", _minute(event))


def _posts(document: Document | None, event: PostPublished, _context: EventContext) -> Document:
    posts = document or {"post_ids": []}
    posts["post_ids"].append(event.post_id)
    return posts


def _with(document: Document | None, key: str, number: int) -> Document | Unchanged:
    numbers = document[key] if document else []
    if number in numbers:
        return UNCHANGED
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
    """A post's place in a feed: its minute, and itself among the posts of that minute, which stand as in the log."""

    minute: int
    post_id: str

    @classmethod
    def of(cls, event: PostPublished) -> "Place":
        """The place of a post."""
        return cls(_minute(event), event.post_id)

    @classmethod
    def after_all_of(cls, minute: int) -> "Place":
        """The place that has every post of the minute before it."""
        return cls(minute, "")

    def to_bytes(self) -> bytes:
        """The place as bytes."""
        return _PLACE.pack(_FORMAT, self.minute) + self.post_id.encode()

    @classmethod
    def parse(cls, data: bytes) -> "Place":
        """The place that `to_bytes` made; ValueError for bytes of another form."""
        if len(data) < _PLACE.size or data[0] != _FORMAT:
            raise ValueError("not a place")
        _, minute = _PLACE.unpack_from(data)
        return cls(minute, data[_PLACE.size :].decode())


NEWEST: Final = Place.after_all_of(2**63)
"""The place that has every post before it."""


class FeedIndex:
    """Which posts a feed has."""

    def __init__(self, *, days: Views, minutes: Views, posts: Views) -> None:
        self._days = days
        self._minutes = minutes
        self._posts = posts

    async def page(self, label: str, *, before: Place, limit: int) -> list[Place]:
        """At most `limit` posts under `label` ("" for all), newest first, from the one before `before`."""
        found: list[Place] = []
        async for place in self._newest_first(_feed(label), before):
            found.append(place)
            if len(found) == limit:
                break
        return found

    async def newest_not(self, held: Callable[[str], bool]) -> Place | None:
        """The newest of all posts whose id is not `held`."""
        async for place in self._newest_first(_feed(""), NEWEST):
            if not held(place.post_id):
                return place
        return None

    async def position(self) -> int:
        """The log position up to which every feed is complete."""
        return min([await views.position() for views in (self._days, self._minutes, self._posts)])

    async def _newest_first(self, feed: str, before: Place) -> AsyncIterator[Place]:
        async for minutes in self._minutes_before(feed, before):
            stored = await self._posts.get_many([f"{feed}/{minute}" for minute in minutes])
            for minute in minutes:
                post_ids = stored.get(f"{feed}/{minute}", {}).get("post_ids", [])
                # A post that is not here yet is newer than all that are.
                if minute == before.minute and before.post_id in post_ids:
                    post_ids = post_ids[: post_ids.index(before.post_id)]
                for post_id in reversed(post_ids):
                    yield Place(minute, post_id)

    async def _minutes_before(self, feed: str, before: Place) -> AsyncIterator[Sequence[int]]:
        """Batches of the feed's minutes up to that of `before`, descending."""
        root = await self._days.get(feed) or {"days": []}
        days = [day for day in reversed(root["days"]) if day <= before.minute // _DAY]
        for batch in _batches(days):
            stored = await self._minutes.get_many([f"{feed}/{day}" for day in batch])
            found = [m for day in batch for m in reversed(stored.get(f"{feed}/{day}", {}).get("minutes", []))]
            for minutes in _batches(minute for minute in found if minute <= before.minute):
                yield minutes


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, _BATCH)):
        yield batch

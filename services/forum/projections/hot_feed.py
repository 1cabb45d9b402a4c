"""The newest posts of each feed, in memory: one feed of everything, and one for each label.

Below the posts that a feed holds stand the views (`feed`). Where the border is, `hot` says: posts of a minute before it
may be held here and not be all that there are, so they are left to the views; in the border's own minute the posts held
are the last in the log, and thus the first to be shown.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection
from operator import attrgetter
from typing import NamedTuple

from services.forum.projections.feed import Place
from services.forum.projections.hot_post import HotPost, Order

_ORDER = attrgetter("order")


class HotPage(NamedTuple):
    """Posts, newest first, and where the views go on: None when nothing is below."""

    posts: list[HotPost]
    below: Place | None


class HotFeeds:
    """The feeds of the posts held."""

    def __init__(self) -> None:
        self._feeds: defaultdict[str, list[HotPost]] = defaultdict(list)
        self._by_id: dict[str, tuple[HotPost, str]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, post_id: str) -> HotPost | None:
        """The post of that id, if it is held."""
        held = self._by_id.get(post_id)
        return held[0] if held else None

    def add(self, post: HotPost, label: str) -> None:
        """Hold a post, under its label and among all."""
        self._by_id[post.place.post_id] = post, label
        for feed in (self._feeds[""], self._feeds[label]):
            if feed and feed[-1].order > post.order:  # a clock was behind
                insort(feed, post, key=_ORDER)
            else:
                feed.append(post)

    def discard(self, posts: Collection[HotPost]) -> None:
        """Hold these no longer."""
        labels = {self._by_id.pop(post.place.post_id)[1] for post in posts}
        gone = {post.order for post in posts}
        for name in ("", *labels) if gone else ():
            _remove(self._feeds[name], gone)
            if not self._feeds[name]:
                del self._feeds[name]

    def page(self, label: str, *, before: Place | None, limit: int, border: int | None) -> HotPage:
        """At most `limit` posts of a feed ("" for all), from the newest or from the one before `before`.

        `border`: the newest minute of posts that are not held; None when there are none.
        """
        feed = self._feeds.get(label, [])
        least = 0 if border is None else bisect_left(feed, (border,), key=_ORDER)
        end = len(feed)
        if before is not None:
            held = self.get(before.post_id)
            if held is None or held.place != before:
                return HotPage([], before)
            end = bisect_left(feed, held.order, key=_ORDER)
        posts = feed[max(least, end - limit) : end] if end > least else []
        posts.reverse()
        if border is None:
            return HotPage(posts, None)
        return HotPage(posts, _below(feed, least, end, border, before))


def _remove(feed: list[HotPost], gone: Collection[Order]) -> None:
    """Take the posts of these orders out: as a rule the first ones, which costs nothing for those that stay."""
    first = next((at for at, post in enumerate(feed) if post.order not in gone), len(feed))
    del feed[:first]
    if feed and feed[0].order < max(gone):  # a clock was behind
        feed[:] = [post for post in feed if post.order not in gone]


def _below(feed: list[HotPost], least: int, end: int, border: int, before: Place | None) -> Place:
    """Where the views go on once the posts from `least` to `end` have been shown."""
    if end < least and before is not None:
        return before
    if least < len(feed) and feed[least].place.minute == border:
        return feed[least].place
    return Place.after_all_of(border)

"""A post in memory as readers see it, encoded: what a page needs of it is copied, not made.

Each encoding is that of an answer with this post alone. Encodings of one message type, one after the other, are the
encoding of all their repeated fields together (https://protobuf.dev/programming-guides/encoding/#last-one-wins), so a
page is a concatenation. Keys, certificates and signatures are left behind here.
"""

from services.forum.domain.thread import CommentPublished, PostPublished
from services.forum.projections.feed import Place
from vouchsafe.forum.v1 import reading_service_pb2 as pb

Order = tuple[int, int, int]
"""The minute of a post and its event's place in the log: later is newer."""

_OVERHEAD = 800
"""Bytes that a post takes besides its encodings, roughly."""


class HotPost:
    """One post; `position` and `offset` are its event's place in the log."""

    __slots__ = ("_comments", "_feed_entry", "_head", "_thread_entry", "comment_count", "order", "place")

    def __init__(self, event: PostPublished, position: int, offset: int) -> None:
        self.place = Place.of(event)
        self.order: Order = (self.place.minute, position, offset)
        """By which it stands in a feed."""
        self.comment_count = 0
        self._head = pb.Post(
            post_id=event.post_id,
            thread_id=event.thread_id,
            thread_title=event.thread_title,
            author=pb.Author(name=event.author_name, label_name=event.label_name),
            body=event.body,
            published_at=event.published_at,
        ).SerializeToString()
        self._comments: list[bytes] = []
        self._feed_entry = b""
        self._thread_entry = b""

    @property
    def size(self) -> int:
        """Bytes that it takes at most, roughly, without its comments."""
        return 3 * len(self._head) + _OVERHEAD

    def count_comment(self) -> None:
        """Take notice of a comment."""
        self.comment_count += 1
        self._feed_entry = self._thread_entry = b""

    def add_comment(self, event: CommentPublished) -> int:
        """Keep a comment that `count_comment` has been told of; the bytes that it takes."""
        comment = pb.Comment(
            comment_id=event.comment_id,
            author=pb.Author(name=event.author_name, label_name=event.label_name),
            body=event.body,
            published_at=event.published_at,
        )
        self._comments.append(pb.Post(comments=[comment]).SerializeToString())
        return 2 * len(self._comments[-1])

    def drop_comments(self) -> None:
        """Keep no text of comments any more, only their number."""
        self._comments.clear()
        self._thread_entry = b""

    def feed_entry(self) -> bytes:
        """As it stands in a feed: the number of its comments stands for them. Of a ListLatestPostsResponse."""
        if not self._feed_entry:
            post = pb.Post.FromString(self._head)
            post.comment_count = self.comment_count
            self._feed_entry = pb.ListLatestPostsResponse(posts=[post]).SerializeToString()
        return self._feed_entry

    def thread_entry(self) -> bytes:
        """As it stands in its thread, with its comments. Of a GetThreadResponse."""
        if not self._thread_entry:
            post = pb.Post.FromString(b"".join((self._head, *self._comments)))
            post.comment_count = len(self._comments)
            self._thread_entry = pb.GetThreadResponse(posts=[post]).SerializeToString()
        return self._thread_entry

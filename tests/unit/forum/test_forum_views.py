"""The views, by the real projector over a memory store: what readers would find, page by page."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest

from services.chassis.log.eventstore import Commit, CommitMeta, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.views.projection import UNCHANGED, EventContext, Projection
from services.chassis.views.projector import Projector
from services.chassis.views.viewstore import Document
from services.chassis.views.viewstore_memory import MemoryDocuments
from services.forum.adapters.event_codec import event_codec
from services.forum.domain.thread import AuthorNamed, CommentPublished, Event, PostPublished, ThreadOpened
from services.forum.projections.feed import FEED_DAYS, FEED_MINUTES, FEED_POSTS, NEWEST, FeedIndex, Place
from services.forum.projections.posts import COMMENTS, POSTS
from services.forum.projections.threads import PAGE, THREAD_PAGES, THREADS, ThreadIndex

DAY = 24 * 60 * 60
CODEC = event_codec()


def published(post_id: str, at: int = 0, *, thread_id: str = "t", label: str = "a", ordinal: int = 0) -> PostPublished:
    return PostPublished(
        thread_id=thread_id,
        title="",
        post_id=post_id,
        alias_key=b"KEY" * 10 + b"!!",
        author_name="calm otter 42",
        label=label,
        label_name="Label",
        body=f"body of {post_id}",
        thread_key=b"TK" * 16,
        certificate=b"CERT" * 16,
        signature=b"SIGN" * 16,
        published_at=at,
        thread_title="Title",
        ordinal=ordinal,
    )


def commented(comment_id: str, post: PostPublished) -> CommentPublished:
    return CommentPublished(
        thread_id=post.thread_id,
        post_id=post.post_id,
        comment_id=comment_id,
        alias_key=post.alias_key,
        author_name=post.author_name,
        label=post.label,
        label_name=post.label_name,
        body=f"body of {comment_id}",
        thread_key=post.thread_key,
        certificate=post.certificate,
        signature=post.signature,
        published_at=60,
    )


async def views_of(projection: Projection, events: Sequence[Event]) -> MemoryDocuments:
    """The projection's documents after these events, each a commit of its own, in pages of a few commits."""
    store, documents = MemoryEventStore(), MemoryDocuments()
    meta = CommitMeta("f", 0, "caller")
    for number, event in enumerate(events):
        await store.append("thread-t", number, [Write(f"c{number}", [CODEC.encode(event)], meta)])
    await store.assign_positions(0, [f"c{number}" for number in range(len(events))])
    projector = Projector(log=store, codec=CODEC, projection=projection, documents=documents, epoch=1, most=3)
    while await projector.step():
        pass
    return documents


async def feed_of(events: Sequence[Event]) -> FeedIndex:
    return FeedIndex(
        days=await views_of(FEED_DAYS, events),
        minutes=await views_of(FEED_MINUTES, events),
        posts=await views_of(FEED_POSTS, events),
    )


async def all_pages(feed: FeedIndex, label: str, size: int) -> list[str]:
    found: list[Place] = []
    while True:
        before = Place.parse(found[-1].to_bytes()) if found else NEWEST
        page = await feed.page(label, before=before, limit=size)
        assert len(page) <= size
        if not page:
            return [place.post_id for place in found]
        found += page


async def test_a_feed_is_newest_first_whatever_the_page_size() -> None:
    moments = [0, 5, 59, 60, 61, 3600, DAY, DAY + 1, DAY + 120, 40 * DAY, 40 * DAY]
    posts = [published(f"p{number}", at) for number, at in enumerate(moments)]
    feed = await feed_of(posts)
    newest_first = [f"p{number}" for number in reversed(range(len(moments)))]
    for size in (1, 2, 3, 7, 11, 50):
        assert await all_pages(feed, "", size) == newest_first


async def test_a_sparse_feed_of_many_days_is_read_to_its_end() -> None:
    posts = [published(f"p{number}", number * 3 * DAY, label="b" if number % 7 == 0 else "a") for number in range(60)]
    feed = await feed_of(posts)
    assert await all_pages(feed, "b", 4) == [f"p{number}" for number in reversed(range(0, 60, 7))]
    assert len(await all_pages(feed, "", 20)) == 60


async def test_a_label_has_a_feed_of_its_own() -> None:
    feed = await feed_of([published("p1", label="a"), published("p2", label="b"), published("p3", 60, label="a")])
    assert await all_pages(feed, "a", 10) == ["p3", "p1"]
    assert await all_pages(feed, "b", 10) == ["p2"]
    assert await all_pages(feed, "all", 10) == []
    assert await all_pages(feed, "", 10) == ["p3", "p2", "p1"]


async def test_a_feed_goes_on_past_what_one_view_is_behind_with() -> None:
    posts = [published(f"p{number}", number * 60) for number in range(40)]
    late = FeedIndex(
        days=await views_of(FEED_DAYS, posts),
        minutes=await views_of(FEED_MINUTES, posts),
        posts=await views_of(FEED_POSTS, posts[:10]),
    )
    assert await all_pages(late, "", 4) == [f"p{number}" for number in reversed(range(10))]


@pytest.mark.parametrize("data", [b"", bytes(16), bytes(9), b"\x02" + bytes(8) + b"\xff"])
def test_a_place_of_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        Place.parse(data)


async def test_a_thread_is_oldest_first_across_its_documents() -> None:
    count = 2 * PAGE + 5
    events: list[Event] = [ThreadOpened("t", "Title")]
    events += [published(f"p{number}", ordinal=number) for number in range(count)]
    index = ThreadIndex(threads=await views_of(THREADS, events), pages=await views_of(THREAD_PAGES, events))
    assert await index.title("t") == "Title"
    for start, size in ((0, 20), (PAGE - 1, 2), (PAGE, PAGE), (count - 3, 20), (count, 20), (0, count)):
        assert await index.post_ids("t", start, size) == [f"p{n}" for n in range(start, min(start + size, count))]
    assert await index.post_ids("other", 0, 20) == []


async def test_comments_stand_below_their_post_in_order() -> None:
    post = published("p1")
    comments = [commented(f"c{number}", post) for number in range(5)]
    document = await (await views_of(COMMENTS, [post, *comments])).get("p1")
    assert document is not None
    assert [comment["body"] for comment in document["comments"]] == [f"body of c{number}" for number in range(5)]
    counted = await (await views_of(POSTS, [post, *comments])).get("p1")
    assert counted is not None
    assert counted["comment_count"] == 5


async def test_no_view_holds_a_key_a_certificate_or_a_signature() -> None:
    post = published("p1")
    events: list[Event] = [
        ThreadOpened("t", "Title"),
        AuthorNamed("t", post.alias_key, "calm otter 42", post.thread_key),
        post,
        commented("c", post),
    ]
    secret = (post.alias_key, post.thread_key, post.certificate, post.signature)
    for projection in (POSTS, COMMENTS, THREADS, THREAD_PAGES, FEED_DAYS, FEED_MINUTES, FEED_POSTS):
        views = await views_of(projection, events)
        values = list(_leaves([view.document for view in views._views.values()]))
        assert not any(isinstance(value, bytes) for value in values)
        assert not any(part.hex() in str(value) for part in secret for value in values)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in (key, *_leaves(item))]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def folded(projection: Projection, commits: Sequence[Commit]) -> "FoldedViews":
    """The projection's documents after these commits, folded plainly, one event after the other."""
    views = FoldedViews(len(commits))
    wanted = {CODEC.type_name(each) for each in projection.handles}
    for commit in commits:
        for recorded, meta in commit.recorded():
            if recorded.type in wanted:
                (event,) = CODEC.decode(recorded.type, recorded.data)
                context = EventContext(commit.position or 0, commit.stream, recorded.version, meta.at)
                for document_id in dict.fromkeys(projection.route(event)):
                    after = projection.evolve(views.documents.get(document_id), event, context)
                    if after is not UNCHANGED:
                        views.documents[document_id] = after
    return views


class FoldedViews:
    """`Views` of documents that do not change."""

    def __init__(self, complete_to: int) -> None:
        self.documents: dict[str, Any] = {}
        self._position = complete_to

    async def get(self, document_id: str) -> Document | None:
        return deepcopy(self.documents.get(document_id))

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        return {each: deepcopy(self.documents[each]) for each in document_ids if each in self.documents}

    async def position(self) -> int:
        return self._position

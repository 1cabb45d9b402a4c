"""The newest in memory: what is held follows from the log alone, and pages never show where memory ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.identity_uri import parse_identity
from services.chassis.log.consistency import ConsistencyTokens, Promise, Waiter, promised
from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.nudge import Nudge
from services.chassis.log.tailing import LogTail
from services.chassis.rpc_call import Call, serving
from services.chassis.rpc_deadline import Deadline
from services.chassis.rpc_page import PageTokens
from services.forum.adapters.token_sealer import TokenSealer
from services.forum.api.freshness import AllOf, Freshness
from services.forum.api.reading_servicer import ReadingServicer
from services.forum.domain.errors import DomainError, Reason
from services.forum.projections.feed import FEED_DAYS, FEED_MINUTES, FEED_POSTS, FeedIndex
from services.forum.projections.hot import Hot, Limits
from services.forum.projections.hot_feed import HotFeeds
from services.forum.projections.hot_post import HotPost
from services.forum.projections.memory import anchor
from services.forum.projections.posts import COMMENTS, POSTS
from services.forum.projections.threads import THREAD_PAGES, THREADS, ThreadIndex
from services.seal.secret import SecretBytes
from tests.unit.forum.hot_log import CODEC, LABELS, Forum, Step, steps
from tests.unit.forum.test_forum_views import folded, published
from vouchsafe.forum.v1 import reading_service_pb2 as pb

SMALL = Limits(block=8, blocks=4, posts=20, size=60_000)


def forum_of(taken: Sequence[Step]) -> Forum:
    forum = Forum()
    for step in taken:
        forum.take(step)
    return forum


def hot_of(commits: Sequence[Commit], limits: Limits = SMALL) -> Hot:
    hot = Hot(CODEC, limits)
    hot.apply(commits)
    return hot


def held(hot: Hot, forum: Forum) -> tuple[list[str], list[str]]:
    """The ids of the posts and of the threads that are held."""
    posts = [post.post_id for post in forum.posts if hot.holds(post.post_id)]
    return posts, [each for each in forum.threads if hot.thread(each, start=0, limit=1)]


class Reader:
    """Reads page after page, as a client does, from a servicer over `hot` and the views of the same log."""

    def __init__(self, forum: Forum, hot: Hot) -> None:
        views = {each.name: folded(each, forum.commits) for each in _VIEWS}
        self.feed_index = FeedIndex(
            days=views[FEED_DAYS.name], minutes=views[FEED_MINUTES.name], posts=views[FEED_POSTS.name]
        )
        self._servicer = ReadingServicer(
            hot=hot,
            feed=self.feed_index,
            threads=ThreadIndex(threads=views[THREADS.name], pages=views[THREAD_PAGES.name]),
            posts=views[POSTS.name],
            comments=views[COMMENTS.name],
            freshness=_FRESHNESS,
            tokens=PageTokens(b"k" * 32),
        )

    async def feed(self, label: str, size: int) -> list[pb.Post]:
        request = pb.ListLatestPostsRequest(label=label, page_size=size)
        return await self._all(self._servicer.ListLatestPosts, request, pb.ListLatestPostsResponse)

    async def first_page(self, label: str, size: int, *, call: Call | None = None) -> bytes:
        with serving(call or _CALL):
            answer: Any = await self._servicer.ListLatestPosts(
                pb.ListLatestPostsRequest(label=label, page_size=size), cast("Any", None)
            )
        return bytes(answer.data)

    @property
    def kept(self) -> dict[Any, bytes]:
        return self._servicer._first_pages._pages

    async def thread(self, thread_id: str, size: int) -> list[pb.Post]:
        request = pb.GetThreadRequest(thread_id=thread_id, page_size=size)
        return await self._all(self._servicer.GetThread, request, pb.GetThreadResponse)

    async def _all(self, method: Any, request: Any, kind: Any) -> list[pb.Post]:
        found: list[pb.Post] = []
        while True:
            with serving(_CALL):
                page = kind.FromString((await method(request, None)).data)
            assert len(page.posts) <= request.page_size
            found += page.posts
            if not page.next_page_token:
                return found
            assert page.posts
            request.page_token = page.next_page_token


_VIEWS = (FEED_DAYS, FEED_MINUTES, FEED_POSTS, POSTS, COMMENTS, THREADS, THREAD_PAGES)
_TAIL = LogTail(MemoryEventStore(), news=Nudge())
_TOKENS = ConsistencyTokens(TokenSealer(SecretBytes(b"p" * 32)), "epoch")
_FRESHNESS = Freshness(Waiter(MemoryEventStore(), _TAIL, _TOKENS), memory=_TAIL, views=AllOf())
_CALL = Call("/m", parse_identity("spiffe://a.b/c"), Deadline(0), {})


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=150), st.integers(0, 150), st.integers(1, 9), st.sampled_from(("", *LABELS)))
def test_pages_are_those_of_the_whole_log_wherever_memory_begins_and_ends(
    taken: list[Step], start: int, size: int, label: str
) -> None:
    forum = forum_of(taken)
    hot = hot_of(forum.commits[start:])

    async def read() -> None:
        reader = Reader(forum, hot)
        if not hot.anchored:
            newest = await reader.feed_index.newest_not(hot.holds)
            hot.anchor(newest.minute if newest else None)
        found = await reader.feed(label, size)
        assert [post.post_id for post in found] == forum.feed(label)
        counts = {post.post_id: sum(c.post_id == post.post_id for c in forum.comments) for post in forum.posts}
        assert {post.post_id: post.comment_count for post in found} == {p.post_id: counts[p.post_id] for p in found}
        for thread_id in forum.threads[:: max(1, len(forum.threads) // 3)]:
            posts = await reader.thread(thread_id, size)
            shown = [(post.post_id, [each.comment_id for each in post.comments]) for post in posts]
            assert shown == forum.thread(thread_id)

    asyncio.run(read())


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=60), st.integers(1, 9), st.sampled_from(("", *LABELS)))
def test_a_first_page_that_was_kept_is_the_one_that_would_be_made(taken: list[Step], size: int, label: str) -> None:
    forum, hot = Forum(), Hot(CODEC)

    async def read() -> None:
        reader = Reader(forum, hot)
        for step in taken:
            forum.take(step)
            hot.apply(forum.commits[-1:])
            kept = await reader.first_page(label, size)
            assert kept == await Reader(forum, hot).first_page(label, size)
            assert await reader.first_page(label, size) is kept

    asyncio.run(read())


async def test_a_first_page_is_kept_for_its_question_and_its_reader_alone() -> None:
    forum = forum_of([Step("open", 0, 0, "a"), Step("post", 0, 0, "b"), Step("post", 0, 0, "a")])
    hot = hot_of(forum.commits)
    reader = Reader(forum, hot)
    ours = await reader.first_page("", 1)
    assert ours not in (await reader.first_page("a", 1), await reader.first_page("", 2))
    theirs = await reader.first_page("", 1, call=replace(_CALL, caller=parse_identity("spiffe://a.b/d")))
    # The next page's token, which is the reader's own, is all that differs.
    assert pb.ListLatestPostsResponse.FromString(theirs).posts == pb.ListLatestPostsResponse.FromString(ours).posts
    assert theirs != ours
    hot.abandon()
    assert await reader.first_page("", 1) is not ours


async def test_what_rests_on_the_views_is_not_kept() -> None:
    forum = forum_of([Step("open", 0, 0, "a"), *[Step("post", 0, 0, "a")] * 3])
    hot = hot_of(forum.commits[2:])
    reader = Reader(forum, hot)
    assert await reader.first_page("", 2) is not await reader.first_page("", 2)  # It is not known what came before.


async def test_no_more_first_pages_are_kept_than_are_allowed_for() -> None:
    reader = Reader(forum := forum_of([Step("open", 0, 0, "a")]), hot_of(forum.commits))
    for number in range(300):
        await reader.first_page(f"label {number}", 1)
    assert await reader.first_page("label 0", 1) is await reader.first_page("label 0", 1)
    assert len(reader.kept) == 256


async def test_no_more_bytes_of_first_pages_are_kept_than_are_allowed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    forum = forum_of([Step("open", 0, 0, "a")])
    hot = hot_of(forum.commits)
    reader = Reader(forum, hot)
    page = len(await reader.first_page("", 1))
    monkeypatch.setattr("services.forum.api.first_pages._BYTES", 3 * page)
    for version in range(2):  # As many again once the first ones are forgotten.
        for size in range(1, 9):
            await reader.first_page("", size)
        assert len(reader.kept) == 3, version
        hot.apply([])


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=40, max_size=150), st.integers(1, 20))
def test_what_is_held_is_the_same_in_every_replica(taken: list[Step], batch: int) -> None:
    forum = forum_of(taken)
    first = hot_of(forum.commits)
    begin = max(0, len(forum.commits) - SMALL.window)
    begin -= begin % SMALL.block
    later = Hot(CODEC, SMALL)
    for at in range(begin, len(forum.commits), batch):
        later.apply(forum.commits[at : at + batch])
    assert held(later, forum) == held(first, forum)
    assert (later.position, later.size) == (first.position, first.size)


@given(st.lists(steps, max_size=150))
def test_memory_is_bounded(taken: list[Step]) -> None:
    forum = forum_of(taken)
    hot = Hot(CODEC, SMALL)
    for commit in forum.commits:
        hot.apply([commit])
        posts, _ = held(hot, forum)
        assert len(posts) <= SMALL.posts
        assert hot.size <= SMALL.size


def test_a_block_that_alone_is_too_much_is_not_held() -> None:
    forum = forum_of([Step("open", 0, 0, "a")] + [Step("comment", 0, 0, "a")] * 30)
    hot = hot_of(forum.commits, Limits(block=100, blocks=4, posts=100, size=4_000))
    assert held(hot, forum) == ([], [])
    assert hot.size == 0


def test_until_it_is_known_what_came_before_feeds_are_left_to_the_views() -> None:
    forum = forum_of([Step("open", 0, 0, "a")] * 20)
    hot = hot_of(forum.commits[10:], Limits())
    assert hot.page("", before=None, limit=5).posts == []
    hot.anchor(0)
    assert [post.place.post_id for post in hot.page("", before=None, limit=5).posts] == forum.feed("")[:5]


async def test_a_thread_that_does_not_exist_is_told_as_before() -> None:
    forum = forum_of([])
    with pytest.raises(DomainError) as refusal:
        await Reader(forum, hot_of([])).thread("t9", 5)
    assert refusal.value.reason is Reason.THREAD_NOT_FOUND


def test_what_is_encoded_for_readers_holds_no_key_and_no_signature() -> None:
    forum = forum_of([Step("open", 0, 0, "a"), Step("comment", 0, 0, "a")])
    post = hot_of(forum.commits).page("", before=None, limit=1).posts[0]
    for secret in (b"KEY", b"TK" * 4, b"CERT", b"SIGN"):
        assert secret not in post.feed_entry() + post.thread_entry()


@pytest.mark.parametrize("minutes", [(1, 2, 3, 4), (4, 1, 3, 2), (2, 2, 1, 3)])
@pytest.mark.parametrize("gone", [1, 2, 4])
def test_what_a_feed_is_told_to_forget_is_gone_whatever_the_clocks_said(minutes: Sequence[int], gone: int) -> None:
    posts = [HotPost(published(f"p{n}", 60 * minute), n, 0) for n, minute in enumerate(minutes)]
    feeds = HotFeeds()
    for post in posts:
        feeds.add(post, "a")
    feeds.discard(posts[:gone])
    left = sorted(posts[gone:], key=lambda post: post.order, reverse=True)
    for label in ("", "a"):
        assert feeds.page(label, before=None, limit=10, border=None).posts == left
    assert len(feeds) == len(left)


async def test_what_came_before_memory_is_asked_of_views_that_must_show_it_all() -> None:
    """A store that ends suddenly after the views were waited for may come back with less of them."""
    forum = forum_of([Step("open", 0, 0, "a")] * 12)
    hot = hot_of(forum.commits[8:])
    waited: list[int] = []
    asked: list[Promise | None] = []

    class Views:
        async def reached(self, position: int) -> None:
            waited.append(position)

    class Feed:
        async def newest_not(self, _held: object) -> None:
            asked.append(promised())

    views = Views()
    await anchor(hot, cast("FeedIndex", Feed()), log=MemoryEventStore(), tail=views, views=views)
    assert waited[0] == hot.first - 1 == 8
    assert asked[0] is not None
    assert asked[0].position == 8
    assert hot.anchored

"""What readers get: everything that was accepted, in order, and nothing that ties an author's threads together."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from google.protobuf.message import Message

from services.forum.domain.thread_decider import MAX_COMMENTS
from tests.rpc.forum.requests import comment_request
from tests.rpc.forum.world import World, refused
from tests.unit.forum.authors import LABEL, LABEL_NAME, Author, issuer_key, new_id
from vouchsafe.forum.v1 import reading_service_pb2 as pb


async def feed(world: World, **query: Any) -> list[pb.Post]:
    """All pages of a feed."""
    return [post async for page in feed_pages(world, **query) for post in page.posts]


async def feed_pages(world: World, **query: Any) -> AsyncIterator[pb.ListLatestPostsResponse]:
    token = ""
    while True:
        page = await world.edge.unary(
            world.reading.ListLatestPosts, pb.ListLatestPostsRequest(page_token=token, **query)
        )
        yield page
        token = page.next_page_token
        if not token:
            return


async def thread_posts(world: World, thread_id: str, page_size: int = 0) -> list[pb.Post]:
    """All pages of a thread."""
    posts: list[pb.Post] = []
    token = ""
    while True:
        request = pb.GetThreadRequest(thread_id=thread_id, page_size=page_size, page_token=token)
        page = await world.edge.unary(world.reading.GetThread, request)
        posts += page.posts
        token = page.next_page_token
        if not token:
            return posts


async def test_a_feed_shows_the_newest_first_page_by_page(forum: World) -> None:
    alice = await forum.newcomer()
    posts = []
    for number in range(7):
        thread_id, post_id = await forum.open_thread(alice, f"Thread {number}", f"body {number}")
        posts.append(post_id)
        forum.clock.advance(timedelta(seconds=25))
    await forum.settled()
    for size in (1, 3, 7, 50):
        assert [post.post_id for post in await feed(forum, page_size=size)] == posts[::-1]
    newest = (await feed(forum))[0]
    assert (newest.thread_id, newest.thread_title, newest.body) == (thread_id, "Thread 6", "body 6")
    assert newest.author.label_name == LABEL_NAME
    assert newest.published_at % 60 == 0


async def test_a_label_has_its_own_feed(forum: World) -> None:
    await forum.open_label(issuer_key("other", label="other-label", label_name="Other"))
    alice, other = await forum.newcomer(), await forum.newcomer(label="other-label", issuer="other")
    _, of_alice = await forum.open_thread(alice)
    _, of_other = await forum.open_thread(other)
    await forum.settled()
    assert [post.post_id for post in await feed(forum, label=LABEL)] == [of_alice]
    assert [post.post_id for post in await feed(forum, label="other-label")] == [of_other]
    assert await feed(forum, label="nobodys") == []
    assert len(await feed(forum)) == 2


async def test_a_thread_shows_posts_and_comments_oldest_first(forum: World) -> None:
    alice, bob = await forum.newcomer(), await forum.newcomer()
    thread_id, first = await forum.open_thread(alice, "Title", "first")
    posts = [first, *[await forum.post(bob, thread_id, f"post {number}") for number in range(6)]]
    for number in range(3):
        await forum.edge.unary(forum.threads.CreateComment, comment_request(bob, thread_id, first, f"comment {number}"))
    await forum.settled()
    for size in (0, 1, 2, 6, 7, 50):
        assert [post.post_id for post in await thread_posts(forum, thread_id, size)] == posts
    opening = (await thread_posts(forum, thread_id))[0]
    assert [comment.body for comment in opening.comments] == ["comment 0", "comment 1", "comment 2"]
    assert opening.comment_count == 3
    in_feed = next(post for post in await feed(forum) if post.post_id == first)
    assert (in_feed.comment_count, len(in_feed.comments)) == (3, 0)


async def test_a_thread_that_is_not_there(forum: World) -> None:
    request = pb.GetThreadRequest(thread_id=new_id())
    assert await refused(forum.edge.unary(forum.reading.GetThread, request)) == "THREAD_NOT_FOUND"


async def test_a_page_token_is_good_for_its_own_query_only(forum: World) -> None:
    alice = await forum.newcomer()
    here, _ = await forum.open_thread(alice)
    there, _ = await forum.open_thread(alice)
    for thread_id in (here, there):
        await forum.post(alice, thread_id)
    await forum.settled()
    call, reading = forum.edge.unary, forum.reading
    of_feed = (await call(reading.ListLatestPosts, pb.ListLatestPostsRequest(page_size=1))).next_page_token
    of_thread = (await call(reading.GetThread, pb.GetThreadRequest(thread_id=here, page_size=1))).next_page_token
    wrong: list[tuple[Any, Message]] = [
        (reading.ListLatestPosts, pb.ListLatestPostsRequest(label=LABEL, page_token=of_feed)),
        (reading.ListLatestPosts, pb.ListLatestPostsRequest(page_token=of_thread)),
        (reading.ListLatestPosts, pb.ListLatestPostsRequest(page_token="made up")),
        (reading.GetThread, pb.GetThreadRequest(thread_id=there, page_token=of_thread)),
        (reading.GetThread, pb.GetThreadRequest(thread_id=here, page_token=of_feed)),
    ]
    for method, request in wrong:
        assert await refused(call(method, request)) == "INVALID_PAGE_TOKEN"


async def test_a_page_ends_before_it_grows_too_large(forum: World) -> None:
    """A post with as many and as long comments as there may be fills a page, which gRPC still carries."""
    alice = await forum.newcomer()
    thread_id, first = await forum.open_thread(alice, body="長" * 4000)
    second = await forum.post(alice, thread_id, "長" * 4000)
    for _ in range(MAX_COMMENTS):
        request = comment_request(alice, thread_id, first, "𠮷" * 2000)
        await forum.edge.unary(forum.threads.CreateComment, request)
    await forum.settled()
    await forum.edge.unary(forum.threads.CreateComment, comment_request(alice, thread_id, second))
    await forum.settled()
    page = await forum.edge.unary(forum.reading.GetThread, pb.GetThreadRequest(thread_id=thread_id))
    assert [post.post_id for post in page.posts] == [first]
    assert [post.post_id for post in await thread_posts(forum, thread_id)] == [first, second]


async def test_readers_learn_nothing_that_ties_two_threads_together(forum: World) -> None:
    alice = await forum.newcomer()
    threads = [await forum.open_thread(alice, f"Thread {n}", f"body {n}") for n in range(2)]
    await forum.settled()
    answers = [
        await forum.edge.unary(forum.reading.GetThread, pb.GetThreadRequest(thread_id=thread_id))
        for thread_id, _ in threads
    ]
    shared = set(_values(answers[0])) & set(_values(answers[1]))
    # The label that both stand under, the rounded moment, and numbers of things: what any two authors may share.
    assert shared <= {LABEL_NAME, answers[0].posts[0].published_at, 0, ""}
    listed = await forum.edge.unary(forum.reading.ListLatestPosts, pb.ListLatestPostsRequest())
    for answer in (*answers, listed):
        for secret in _secrets(alice, [thread_id for thread_id, _ in threads]):
            assert secret not in answer.SerializeToString()
            assert secret.hex().encode() not in answer.SerializeToString()


def _values(message: Message) -> list[Any]:
    values: list[Any] = []
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            values += _values(each) if isinstance(each, Message) else [each]
    return values


def _secrets(author: Author, thread_ids: list[str]) -> list[bytes]:
    keys = [author.thread_key(thread_id).public_key for thread_id in thread_ids]
    return [author.key.public_key, author.envelope_hash, author.prefix, b"blue", *keys]

"""Reading what one has just written: the token that came with an answer makes a read wait for it."""

import asyncio

import pytest

from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import RpcError
from tests.rpc.forum.requests import comment_request, open_request, post_request
from tests.rpc.forum.world import World, refused
from vouchsafe.forum.v1 import reading_service_pb2 as pb

ROUNDS = 10


@pytest.fixture(params=["memory", "views"])
def read_from(request: pytest.FixtureRequest, forum: World) -> str:
    """Where answers come from: the hot read model, or the views when there is none."""
    if request.param == "views":
        forum.memory.hot.abandon()
    return str(request.param)


async def feed(forum: World, token: bytes = b"", **fields: object) -> pb.ListLatestPostsResponse:
    request = pb.ListLatestPostsRequest(consistency_token=token, **fields)  # type: ignore[arg-type]
    return await forum.edge.unary(forum.reading.ListLatestPosts, request)


async def test_a_read_with_the_token_shows_what_was_written(forum: World, read_from: str) -> None:
    alice = await forum.newcomer()
    opening = open_request(alice)
    token = (await forum.edge.unary(forum.threads.OpenThread, opening)).consistency_token
    assert (await feed(forum, token)).posts[0].post_id == opening.post_id
    for _ in range(ROUNDS):
        post = post_request(alice, opening.thread_id)
        token = (await forum.edge.unary(forum.threads.CreatePost, post)).consistency_token
        assert (await feed(forum, token)).posts[0].post_id == post.post_id
        comment = comment_request(alice, opening.thread_id, post.post_id)
        token = (await forum.edge.unary(forum.threads.CreateComment, comment)).consistency_token
        request = pb.GetThreadRequest(thread_id=opening.thread_id, consistency_token=token)
        thread = await forum.edge.unary(forum.reading.GetThread, request)
        assert thread.posts[-1].comments[0].comment_id == comment.comment_id
        assert (await feed(forum, token)).posts[0].comment_count == 1


async def test_pages_go_on_whether_a_token_is_sent_along_or_not(forum: World, read_from: str) -> None:
    alice = await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    for _ in range(4):
        answer = await forum.edge.unary(forum.threads.CreatePost, post_request(alice, thread_id))
    first = await feed(forum, answer.consistency_token, page_size=3)
    rest = await feed(forum, b"", page_size=3, page_token=first.next_page_token)
    again = await feed(forum, answer.consistency_token, page_size=3, page_token=first.next_page_token)
    assert len(first.posts) == 3
    assert rest == again
    assert len(rest.posts) == 2


@pytest.mark.parametrize("token", [b"x", bytes(80), b"\x01" + bytes(90)])
async def test_what_is_no_token_is_refused(forum: World, token: bytes) -> None:
    assert await refused(feed(forum, token)) == "INVALID_CONSISTENCY_TOKEN"
    assert await refused(feed(forum, bytes(513))) == "INVALID_REQUEST"


async def test_a_token_says_nothing_to_who_carries_it(forum: World) -> None:
    alice = await forum.newcomer()
    request = open_request(alice)
    first, second = [(await forum.edge.unary(forum.threads.OpenThread, request)).consistency_token for _ in range(2)]
    assert first != second
    for known in (request.thread_id, request.post_id, request.request_id, "thread-"):
        assert known.encode() not in first


async def test_a_read_that_cannot_show_it_in_time_says_so(forum: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await forum.newcomer()
    token = (await forum.edge.unary(forum.threads.OpenThread, open_request(alice))).consistency_token
    monkeypatch.setattr(forum.memory.tail, "reached", lambda _position: asyncio.Event().wait())
    with pytest.raises(RpcError) as refusal:
        await read_within(forum.edge, forum, token, 0.5)
    assert refusal.value.reason == "NOT_YET_VISIBLE"


async def read_within(edge: RpcChannel, forum: World, token: bytes, seconds: float) -> None:
    async with asyncio.timeout(60):
        request = pb.ListLatestPostsRequest(consistency_token=token)
        await edge.unary(forum.reading.ListLatestPosts, request, timeout=seconds)

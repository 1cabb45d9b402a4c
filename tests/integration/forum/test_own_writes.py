"""Two processes on one store: what was written through one is read through the other, by the token, at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.chassis.rpc_errors import RpcError
from tests.integration.forum.conftest import Cluster, ForumProcess, until
from tests.rpc.forum.requests import alias_request, comment_request, open_request, post_request
from tests.unit.forum.authors import Author
from vouchsafe.forum.v1 import alias_service_pb2
from vouchsafe.forum.v1 import reading_service_pb2 as pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub

ROUNDS = 15


async def newcomer(process: ForumProcess, cluster: Cluster) -> Author:
    """Somebody with an alias, once the label has come over the bus."""
    author, aliases = Author(), AliasServiceStub(process.channel.channel)

    async def created() -> bool:
        challenge = await process.channel.unary(aliases.CreateChallenge, alias_service_pb2.CreateChallengeRequest())
        try:
            request = alias_request(author, challenge.nonce, receipt_key=cluster.receipt_key)
            await process.channel.unary(aliases.CreateAlias, request)
        except RpcError as error:
            if error.reason not in {"UNKNOWN_KEY", "LABEL_NOT_ACTIVE"}:
                raise
            return False
        return True

    await until(created, within=30)
    return author


async def write(process: ForumProcess, method: str, request: Any) -> bytes:
    """Write through a process; the token."""
    answer = await process.channel.unary(getattr(ThreadServiceStub(process.channel.channel), method), request)
    return bytes(answer.consistency_token)


async def feed(process: ForumProcess, token: bytes = b"", **fields: Any) -> pb.ListLatestPostsResponse:
    request = pb.ListLatestPostsRequest(consistency_token=token, **fields)
    return await process.channel.unary(ReadingServiceStub(process.channel.channel).ListLatestPosts, request)


async def thread(process: ForumProcess, thread_id: str, token: bytes) -> pb.GetThreadResponse:
    request = pb.GetThreadRequest(thread_id=thread_id, consistency_token=token, page_size=50)
    return await process.channel.unary(ReadingServiceStub(process.channel.channel).GetThread, request)


@asynccontextmanager
async def running(cluster: Cluster, *names: str) -> AsyncIterator[list[ForumProcess]]:
    """Processes of the forum for the block; the cluster is the whole session's."""
    processes = [await cluster.start_forum(name) for name in names]
    try:
        yield processes
    finally:
        await asyncio.gather(*(process.child.stop(10) for process in processes))


async def test_a_replica_that_did_not_write_shows_it(cluster: Cluster) -> None:
    async with running(cluster, "own-a", "own-b") as (first, second):
        await write_and_read(cluster, first, second)


async def write_and_read(cluster: Cluster, first: ForumProcess, second: ForumProcess) -> None:
    await cluster.publish_label()
    alice = await newcomer(first, cluster)
    opening = open_request(alice)
    token = await write(first, "OpenThread", opening)
    assert (await thread(second, opening.thread_id, token)).posts[0].post_id == opening.post_id
    for number in range(ROUNDS):
        writer, reader = (first, second) if number % 2 else (second, first)
        post = post_request(alice, opening.thread_id, f"post {number}")
        token = await write(writer, "CreatePost", post)
        assert (await feed(reader, token)).posts[0].post_id == post.post_id
        comment = comment_request(alice, opening.thread_id, post.post_id)
        token = await write(writer, "CreateComment", comment)
        shown = (await thread(reader, opening.thread_id, token)).posts[-1]
        assert [each.comment_id for each in shown.comments] == [comment.comment_id]
    # At one position of the log every replica answers the same, and so does one that has just begun.
    async with running(cluster, "own-c") as (third,):
        pages = [await feed(each, token, page_size=50) for each in (first, second, third)]
    assert [list(page.posts) for page in pages] == [list(pages[0].posts)] * 3


async def test_what_is_no_token_is_refused(cluster: Cluster) -> None:
    async with running(cluster, "own-d") as (first,):
        with pytest.raises(RpcError) as refusal:
            await feed(first, bytes(90))
    assert refusal.value.reason == "INVALID_CONSISTENCY_TOKEN"

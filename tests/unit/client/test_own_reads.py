"""The alias side reads what it wrote: the last token goes back on the side that got it, and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from services.chassis import rpc_errors
from services.chassis.identity_uri import server_name
from services.chassis.log.consistency import INVALID
from services.chassis.tls import server_credentials
from services.seal.trust import Trust
from tests.support.certs import make_authority, make_leaf
from vouchsafe.forum.v1 import reading_service_pb2 as reading_pb
from vouchsafe.forum.v1 import thread_service_pb2 as thread_pb
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceServicer, add_ReadingServiceServicer_to_server
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceServicer, add_ThreadServiceServicer_to_server
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.profile import AliasEdge


@dataclass
class Forum(ThreadServiceServicer, ReadingServiceServicer):
    """Answers each mutation with the next token and keeps the tokens of reads; `knows` none when it says so."""

    issued: int = 0
    knows: bool = True
    seen: list[bytes] = field(default_factory=list)

    async def CreatePost(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.issued += 1
        return thread_pb.CreatePostResponse(consistency_token=b"token %d" % self.issued)

    async def ListLatestPosts(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.seen.append(request.consistency_token)
        if request.consistency_token and not self.knows:
            await context.abort(INVALID.code, INVALID.message, trailing_metadata=rpc_errors.to_metadata(INVALID))
        return reading_pb.ListLatestPostsResponse()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    authority, directory = make_authority(), tmp_path_factory.mktemp("tls")
    tls = make_leaf(authority, uris=("spiffe://test/ns/edge/sa/alias",))
    for name, content in (("crt", tls.certificate), ("key", tls.key), ("ca", tls.authority)):
        (directory / name).write_bytes(content)
    return directory, make_leaf(authority, dns=(server_name("forum"),))


@asynccontextmanager
async def sides(forum: Forum, certificates: tuple[Path, Any], count: int = 1) -> AsyncIterator[list[AliasSide]]:
    directory, server_tls = certificates
    server = grpc.aio.server()
    add_ThreadServiceServicer_to_server(forum, server)
    add_ReadingServiceServicer_to_server(forum, server)
    address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', server_credentials(server_tls))}"
    await server.start()
    edge = AliasEdge(directory / "crt", directory / "key", directory / "ca", forum=address, disclosure=address)
    made = [AliasSide(edge, cast("Trust", SimpleNamespace(log_policy=lambda: None))) for _ in range(count)]
    try:
        yield made
    finally:
        for side in made:
            await side.close()
        await server.stop(None)


async def read(side: AliasSide) -> None:
    await side.latest_posts(reading_pb.ListLatestPostsRequest())


async def test_a_read_shows_what_was_written_last(certificates: tuple[Path, Any]) -> None:
    forum = Forum()
    async with sides(forum, certificates) as (side,):
        await read(side)
        for _ in range(2):
            await side.create_post(thread_pb.CreatePostRequest())
        await read(side)
        await read(side)
    assert forum.seen == [b"", b"token 2", b"token 2"]


async def test_a_token_stays_on_the_side_that_got_it(certificates: tuple[Path, Any]) -> None:
    forum = Forum()
    async with sides(forum, certificates, count=2) as (writer, reader):
        await writer.create_post(thread_pb.CreatePostRequest())
        await read(reader)
    async with sides(forum, certificates) as (later,):
        await read(later)
    assert forum.seen == [b"", b""]


async def test_a_token_that_the_forum_no_longer_knows_is_dropped(certificates: tuple[Path, Any]) -> None:
    forum = Forum(knows=False)
    async with sides(forum, certificates) as (side,):
        await side.create_post(thread_pb.CreatePostRequest())
        await read(side)
        await read(side)
    assert forum.seen == [b"token 1", b"", b""]

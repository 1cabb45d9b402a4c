"""Bad input gets one typed error from the real server and changes nothing."""

from typing import Any

import grpc
import pytest

from services.chassis import rpc_errors
from services.chassis.rpc_errors import RpcError
from tests.rpc.forum.requests import open_request, post_request
from tests.rpc.forum.world import World, refused
from tests.unit.forum.authors import new_id
from vouchsafe.forum.v1 import (
    alias_service_pb2,
    evidence_service_pb2,
    reading_service_pb2,
    thread_service_pb2,
)

SERVICES = (
    alias_service_pb2.DESCRIPTOR.services_by_name["AliasService"],
    thread_service_pb2.DESCRIPTOR.services_by_name["ThreadService"],
    reading_service_pb2.DESCRIPTOR.services_by_name["ReadingService"],
    evidence_service_pb2.DESCRIPTOR.services_by_name["EvidenceService"],
)
METHODS = [f"/{service.full_name}/{method.name}" for service in SERVICES for method in service.methods]


async def thread_stream_size(world: World, thread_id: str) -> int:
    return len(await world.store.read_stream(f"thread-{thread_id}"))


async def raw(world: World, method: str, body: bytes, **options: Any) -> str:
    """The reason for which raw bytes are refused."""
    channel = world.disclosure if "EvidenceService" in method else world.edge
    call: Any = channel.channel.unary_unary(method)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call(body, **options)
    return rpc_errors.from_call(refusal.value).reason


async def a_true_request(world: World, method: str) -> bytes:
    """A request that would be served, or at least get as far as the method."""
    author = await world.newcomer()
    request: Any
    match method.rpartition("/")[2]:
        case "CreateChallenge":
            request = alias_service_pb2.CreateChallengeRequest()
        case "CreateAlias":
            request = await world.alias_request(author)
        case "ListNotices":
            request = alias_service_pb2.ListNoticesRequest(alias_key=b"k" * 32, nonce=b"n" * 40, signature=b"s" * 64)
        case "OpenThread":
            request = open_request(author)
        case "CreatePost":
            request = post_request(author, new_id())
        case "CreateComment":
            opened = open_request(author)
            request = thread_service_pb2.CreateCommentRequest(
                request_id=new_id(),
                thread_id=opened.thread_id,
                post_id=opened.post_id,
                comment_id=new_id(),
                body="words",
                proof=opened.proof,
            )
        case "ListLatestPosts":
            request = reading_service_pb2.ListLatestPostsRequest()
        case "GetThread":
            request = reading_service_pb2.GetThreadRequest(thread_id=new_id())
        case "GetPostEvidence":
            request = evidence_service_pb2.GetPostEvidenceRequest(post_id=new_id())
    return bytes(request.SerializeToString())


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_refuses_a_persons_token(forum: World, method: str) -> None:
    before = len(forum.store._commits)
    request = await a_true_request(forum, method)
    after = len(forum.store._commits)
    reason = await raw(forum, method, request, timeout=30, metadata=(("authorization", "Bearer secret"),))
    assert reason == "PERSON_TOKEN_REFUSED"
    assert before < after == len(forum.store._commits)


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_wants_a_deadline(forum: World, method: str) -> None:
    assert await raw(forum, method, b"") == "DEADLINE_REQUIRED"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("", "string.min_len"),
        ("x" * 4001, "string.max_len"),
        ("bell \x07", "string.pattern"),
        ("escape \x1b[31m", "string.pattern"),
        ("nul \x00", "string.pattern"),
        ("delete \x7f", "string.pattern"),
    ],
)
async def test_a_body_is_text_of_some_length(forum: World, body: str, rule: str) -> None:
    author = await forum.newcomer()
    thread_id, _ = await forum.open_thread(author)
    post = post_request(author, thread_id, body)
    with pytest.raises(RpcError) as refusal:
        await forum.edge.unary(forum.threads.CreatePost, post)
    assert refusal.value.reason == "INVALID_REQUEST"
    assert ("body", rule) in [(violation.field, violation.rule) for violation in refusal.value.violations]
    assert {violation.field for violation in refusal.value.violations} == {"body"}
    assert body == "" or body not in str(refusal.value.failure)
    assert await thread_stream_size(forum, thread_id) == 1


async def test_lines_and_tabs_are_text(forum: World) -> None:
    author = await forum.newcomer()
    await forum.open_thread(author, body="one\n\ttwo\n三")


async def test_a_body_of_a_mebibyte_is_too_large(forum: World) -> None:
    author = await forum.newcomer()
    thread_id, _ = await forum.open_thread(author)
    post = post_request(author, thread_id, "x" * 1024 * 1024)
    assert await refused(forum.edge.unary(forum.threads.CreatePost, post)) == "MESSAGE_TOO_LARGE"
    assert await thread_stream_size(forum, thread_id) == 1


async def test_text_that_is_not_utf_8_cannot_be_parsed(forum: World) -> None:
    author = await forum.newcomer()
    good = open_request(author, body="BODY").SerializeToString()
    method = "/vouchsafe.forum.v1.ThreadService/OpenThread"
    assert await raw(forum, method, good.replace(b"BODY", b"\xff\xfe\xfd\xfc"), timeout=30) == "MALFORMED_REQUEST"
    assert await raw(forum, method, b"\xff", timeout=30) == "MALFORMED_REQUEST"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request_id", ""),
        ("request_id", "not a uuid"),
        ("thread_id", ""),
        ("thread_id", "C0FFEE00-0000-4000-8000-000000000000"),
        ("post_id", "9f0c2d40-5b5c-11ef-8b2e-0242ac120002"),
    ],
    ids=["none", "nonsense", "no thread", "upper case", "version 1, which tells time and machine"],
)
async def test_identifiers_are_random_uuids_in_one_spelling(forum: World, field: str, value: str) -> None:
    author = await forum.newcomer()
    request = open_request(author)
    setattr(request, field, value)
    with pytest.raises(RpcError) as refusal:
        await forum.edge.unary(forum.threads.OpenThread, request)
    assert refusal.value.reason == "INVALID_REQUEST"
    assert {violation.field for violation in refusal.value.violations} == {field}


async def test_strangers_are_turned_away_before_anything_is_said(forum: World) -> None:
    async with forum.running.channel("person-edge") as stranger:
        for method in METHODS:
            call: Any = stranger.channel.unary_unary(method)
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await call(b"", timeout=30)
            assert rpc_errors.from_call(refusal.value).reason == "CALLER_NOT_ALLOWED"

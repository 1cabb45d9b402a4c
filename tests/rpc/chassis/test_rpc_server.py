"""Every way a call can be refused, on a real server over real mutual TLS."""

import grpc
import pytest
from google.rpc import status_pb2

from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError, from_call
from services.chassis.tls import channel_credentials
from tests.rpc.chassis.echo import SECRET, SERVICE, say
from tests.support.certs import make_authority, make_leaf
from tests.support.protos import proto_module
from tests.support.rpc import Running, authority, credentials, identity

SAY = f"/{SERVICE}/Say"


async def refused(channel: RpcChannel, **fields) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await say(channel, **fields)
    return caught.value


async def raw(echo: Running, body: bytes, *, caller: str = "friend", timeout: float | None = 5.0):  # noqa: ASYNC109
    """The bare failure of a call without our client."""
    options = [("grpc.ssl_target_name_override", server_name("echo"))]
    async with grpc.aio.secure_channel(echo.address, channel_credentials(credentials(caller)), options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(SAY)(body, timeout=timeout)
    return from_call(caught.value)


async def test_a_call_on_the_allow_list_is_served_and_knows_its_caller(echo):
    async with echo.channel("friend", timeout=20.0) as channel:
        answer = await say(channel, text="茶")
    assert answer.text == "茶"
    assert answer.caller == identity("friend")
    assert 16.0 < answer.remaining < 20.0


async def test_a_caller_who_is_not_on_the_allow_list(echo):
    async with echo.channel("stranger") as channel:
        error = await refused(channel, text="tea")
    assert (error.code, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    assert "friend" not in str(error)
    assert "stranger" not in str(error)


async def test_authorization_comes_before_everything_else_is_looked_at(echo):
    failure = await raw(echo, b"\xff\xff", caller="stranger", timeout=None)
    assert failure.reason == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("uris", "dns"),
    [
        ((), (identity("friend"),)),
        ((identity("friend"), identity("stranger")), ()),
        ((), ("friend",)),
    ],
    ids=["uri spelled as a DNS name", "two uris", "no uri"],
)
async def test_an_identity_counts_only_as_the_sole_uri_of_the_certificate(echo, uris, dns):
    tls = make_leaf(authority(), uris=uris, dns=dns)
    async with RpcChannel(echo.address, server_name=server_name("echo"), tls=tls, retry=NO_RETRY) as channel:
        error = await refused(channel, text="tea")
    assert error.code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE)


async def test_a_missing_deadline(echo):
    failure = await raw(echo, b"", timeout=None)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "DEADLINE_REQUIRED")


async def test_too_little_time_left(echo):
    failure = await raw(echo, b"", timeout=0.09)
    assert failure.code is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"\x0a\x02\xff\xfe"], ids=["malformed", "invalid UTF-8"])
async def test_bytes_that_cannot_be_parsed(echo, body):
    failure = await raw(echo, body)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


@pytest.mark.parametrize("size", [256 * 1024, 1024 * 1024, 5 * 1024 * 1024])
async def test_a_message_that_is_too_large(echo, size):
    async with echo.channel("friend") as channel:
        error = await refused(channel, text="x" * size)
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("domain", grpc.StatusCode.FAILED_PRECONDITION, "TEA_TOO_HOT"),
        ("other", grpc.StatusCode.NOT_FOUND, "NO_TEA"),
        ("mapped", grpc.StatusCode.ABORTED, "CROWDED"),
    ],
)
async def test_a_foreseen_failure_carries_its_reason(echo, name, code, reason):
    async with echo.channel("friend") as channel:
        error = await refused(channel, text="tea", fail_with=name)
    assert (error.code, error.reason) == (code, reason)
    assert SECRET not in repr(error.failure)


async def test_an_unforeseen_failure_leaks_nothing_but_a_trace_id(echo, capfd):
    async with echo.channel("friend") as channel:
        error = await refused(channel, text="tea", fail_with="unmapped")
    assert (error.code, error.reason, error.message) == (grpc.StatusCode.INTERNAL, "INTERNAL", "internal error")
    assert set(error.metadata) == {"trace_id"}
    assert len(error.metadata["trace_id"]) == 32
    assert SECRET not in repr(error.failure)
    assert SECRET not in "".join(capfd.readouterr())


async def test_no_client_certificate(echo):
    options = [("grpc.ssl_target_name_override", server_name("echo"))]
    trust = grpc.ssl_channel_credentials(root_certificates=authority().pem)
    async with grpc.aio.secure_channel(echo.address, trust, options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(SAY)(b"", timeout=2)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_authority(echo):
    theirs = make_leaf(make_authority(), uris=(identity("friend"),))
    tls = type(theirs)(certificate=theirs.certificate, key=theirs.key, authority=authority().pem)
    async with RpcChannel(echo.address, server_name=server_name("echo"), tls=tls, retry=NO_RETRY) as channel:
        error = await refused(channel, text="tea")
    assert error.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"text": ""}, "text", "string.min_len"),
        ({"text": "a\x00b"}, "text", "string.pattern"),
        ({"text": "a", "delay_ms": -1}, "delay_ms", "int32.gte_lte"),
    ],
)
async def test_a_field_that_breaks_a_rule(echo, fields, field, rule):
    async with echo.channel("friend") as channel:
        error = await refused(channel, **fields)
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    (violation,) = error.violations
    assert (violation.field, violation.rule) == (field, rule)
    assert violation.message


async def change(channel: RpcChannel, **fields):
    stub = proto_module("echo_pb2_grpc").EchoServiceStub(channel.channel)
    return await channel.unary(stub.Change, proto_module("echo_pb2").ChangeRequest(**fields))


async def test_a_mutation_without_a_request_id(echo):
    async with echo.channel("friend") as channel:
        with pytest.raises(RpcError) as caught:
            await change(channel)
    assert [(v.field, v.rule) for v in caught.value.violations] == [("request_id", "required")]


async def test_an_answer_of_another_type_is_an_internal_error(echo):
    async with echo.channel("friend") as channel:
        with pytest.raises(RpcError) as caught:
            await change(channel, request_id="6f2c1f0e-2f0c-4e7a-9c1e-0a2b3c4d5bad")
    assert caught.value.reason == "INTERNAL"


async def test_the_wire_carries_one_error_info_and_a_bad_request(echo):
    options = [("grpc.ssl_target_name_override", server_name("echo"))]
    tls = channel_credentials(credentials("friend"))
    async with grpc.aio.secure_channel(echo.address, tls, options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(SAY)(b"", timeout=5)
    packed = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    kinds = [detail.TypeName() for detail in status.details]
    assert kinds == ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]
    assert status.code == caught.value.code().value[0]

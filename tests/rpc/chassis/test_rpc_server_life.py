"""Starting, health, reflection, draining: the server as a whole."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.chassis import rpc_deadline
from services.chassis.configfile import ConfigError
from services.chassis.rpc_client import NO_RETRY
from services.chassis.rpc_errors import RpcError
from services.chassis.rpc_server import RpcServer
from services.chassis.telemetry_metrics import RPC_SECONDS
from tests.rpc.chassis.echo import ERRORS, SERVICE, binding, echo_servicer, say
from tests.support.protos import proto_module
from tests.support.rpc import credentials, identity, serving

ALLOW = {SERVICE: frozenset({identity("friend")})}
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def server(*, services=None, allow=None, listen="127.0.0.1:0") -> RpcServer:
    bindings = [binding(echo_servicer())] if services is None else services
    return RpcServer(
        listen=listen,
        tls=credentials("echo"),
        services=bindings,
        allow=ALLOW if allow is None else allow,
        errors=ERRORS,
    )


async def test_a_service_that_nobody_may_call_refuses_to_start():
    with pytest.raises(ConfigError, match="EchoService is served but nobody"):
        server(allow={})


async def test_an_allowance_for_a_service_that_is_not_served_refuses_to_start():
    with pytest.raises(ConfigError, match=r"other\.v1\.Other is not served here"):
        server(allow={**ALLOW, "other.v1.Other": frozenset({identity("friend")})})


async def test_an_allowance_for_something_that_is_no_identity_refuses_to_start():
    with pytest.raises(ConfigError, match="not a SPIFFE URI"):
        server(allow={SERVICE: {"friend"}})


async def test_a_method_that_is_not_implemented_refuses_to_start():
    unfinished = proto_module("echo_pb2_grpc").EchoServiceServicer()
    with pytest.raises(ConfigError, match="is not implemented as `async def`"):
        server(services=[binding(unfinished)])


async def test_a_service_registered_twice_refuses_to_start():
    with pytest.raises(ConfigError, match="registered twice"):
        server(services=[binding(echo_servicer()), binding(echo_servicer())])


async def test_a_port_in_use_refuses_to_start(echo):
    with pytest.raises(ConfigError, match="cannot listen on"):
        await server(listen=echo.address).start()


async def health_of(channel: grpc.aio.Channel, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=30)).status


async def test_health_is_told_on_both_ports(echo):
    async with echo.channel("stranger") as channel:
        assert await health_of(channel.channel, SERVICE) == SERVING
    async with grpc.aio.insecure_channel(f"127.0.0.1:{echo.server.health_port}") as probe:
        assert await health_of(probe) == SERVING


async def test_the_health_port_serves_nothing_else(echo):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{echo.server.health_port}") as probe:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await probe.unary_unary(f"/{SERVICE}/Say")(b"", timeout=30)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def reflected(running) -> set[str]:
    async with running.channel("friend") as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel.channel)
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=30)
        answer = await anext(aiter(call))
    return {service.name for service in answer.list_services_response.service}


async def test_reflection_is_off_unless_asked_for(echo):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reflected(echo)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_reflection_tells_the_services():
    async with serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS, reflect=True) as running:
        assert SERVICE in await reflected(running)


async def test_draining_tells_not_serving_and_lets_a_call_in_flight_finish():
    async with (
        serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS) as running,
        running.channel("friend", retry=NO_RETRY) as channel,
        grpc.aio.insecure_channel(f"127.0.0.1:{running.server.health_port}") as probe,
    ):
        in_flight = asyncio.create_task(say(channel, text="slow", delay_ms=400))
        await asyncio.sleep(0.1)
        await running.server.drain()
        assert await health_of(probe) == NOT_SERVING
        stopping = asyncio.create_task(running.server.stop(5))
        await asyncio.sleep(0.1)
        with pytest.raises(RpcError) as late:
            await say(channel, text="late")
        assert late.value.code is grpc.StatusCode.UNAVAILABLE
        assert (await in_flight).text == "slow"
        await stopping


async def test_a_call_that_outlives_the_grace_is_cancelled():
    async with (
        serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS) as running,
        running.channel("friend", retry=NO_RETRY) as channel,
    ):
        in_flight = asyncio.create_task(say(channel, text="slow", delay_ms=4000))
        await asyncio.sleep(0.1)
        await running.server.stop(0.1)
        with pytest.raises(RpcError):
            await in_flight


async def test_a_call_whose_caller_leaves_is_counted_as_cancelled():
    async with (
        serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS) as running,
        running.channel("friend", retry=NO_RETRY) as channel,
    ):
        await say(channel, text="quick")
        before = counted()
        in_flight = asyncio.create_task(say(channel, text="slow", delay_ms=4000))
        await asyncio.sleep(0.2)
        in_flight.cancel()
        async with asyncio.timeout(60):
            while counted() == before:  # noqa: ASYNC110 -- what the server does is seen by looking
                await asyncio.sleep(0.01)
        assert {code for code, count in counted().items() if count != before.get(code, 0)} == {"CANCELLED"}


def counted() -> dict[str, int]:
    """How many calls of Say have been measured, by code."""
    found = [each for each in RPC_SECONDS.distributions() if each[0]["method"] == f"/{SERVICE}/Say"]
    return {attributes["code"]: sum(distribution.buckets) for attributes, distribution in found}


async def test_more_calls_at_once_than_allowed_are_refused_and_later_ones_served():
    async with (
        serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS, max_calls=2) as running,
        running.channel("friend", retry=NO_RETRY) as channel,
    ):
        slow = [asyncio.create_task(say(channel, text="slow", delay_ms=700)) for _ in range(2)]
        await asyncio.sleep(0.2)
        with pytest.raises(RpcError) as refused:
            await say(channel, text="one too many")
        assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert refused.value.retry_after
        assert [(await each).text for each in slow] == ["slow", "slow"]
        assert (await say(channel, text="later")).text == "later"


async def test_a_call_ends_at_the_longest_deadline_however_patient_its_caller(monkeypatch):
    monkeypatch.setattr(rpc_deadline, "LONGEST", 0.3)
    async with (
        serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS) as running,
        running.channel("friend", retry=NO_RETRY, timeout=20.0) as channel,
    ):
        assert (await say(channel, text="quick")).remaining <= 0.3
        with pytest.raises(RpcError) as refused:
            await say(channel, text="slow", delay_ms=5000)
        assert (refused.value.code, refused.value.reason) == (
            grpc.StatusCode.DEADLINE_EXCEEDED,
            "DEADLINE_EXCEEDED",
        )

"""Settings that are weaker than is safe are told by health, for as long as they are in force."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.rpc.chassis.echo import ERRORS, SERVICE, binding, echo_servicer
from tests.support.rpc import Running, identity, serving

ALLOW = {SERVICE: frozenset({identity("friend")})}


async def asked(running: Running, name: str) -> health_pb2.HealthCheckResponse:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.server.health_port}") as channel:
        request = health_pb2.HealthCheckRequest(service=name)
        return await health_pb2_grpc.HealthStub(channel).Check(request, timeout=30)


async def test_a_weakened_setting_is_known_to_health_and_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    weakened = {"insecure_candidates": 8, "insecure_crowd_minimum": 3}
    async with serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS, weakened=weakened) as running:
        for name in weakened:
            assert (await asked(running, name)).status == health_pb2.HealthCheckResponse.SERVING
    told = capsys.readouterr().out
    assert all(name in told for name in weakened)


async def test_one_that_is_not_in_force_is_unknown() -> None:
    async with serving("echo", [binding(echo_servicer())], allow=ALLOW, errors=ERRORS) as running:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await asked(running, "insecure_candidates")
    assert failure.value.code() is grpc.StatusCode.NOT_FOUND

"""An echo service that fails as it is told."""

import asyncio
from enum import StrEnum
from typing import Any

import grpc

from services.chassis.rpc_call import current_call
from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import ErrorTable
from services.chassis.rpc_server import ServiceBinding
from services.chassis.tracelink import current_traceparent
from tests.support.protos import proto_module

SERVICE = "vouchsafe.testing.v1.EchoService"


class Reason(StrEnum):
    TEA_TOO_HOT = "TEA_TOO_HOT"
    NO_TEA = "NO_TEA"


class DomainError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class CrowdedError(Exception):
    pass


ERRORS = ErrorTable(
    reasons={
        Reason.TEA_TOO_HOT: grpc.StatusCode.FAILED_PRECONDITION,
        Reason.NO_TEA: grpc.StatusCode.NOT_FOUND,
    },
    exceptions={CrowdedError: (grpc.StatusCode.ABORTED, "CROWDED")},
)


def echo_servicer() -> Any:
    echo_pb2 = proto_module("echo_pb2")
    base = proto_module("echo_pb2_grpc").EchoServiceServicer

    class EchoServicer(base):  # type: ignore[misc, valid-type]
        served = 0

        async def Say(self, request: Any, context: Any) -> Any:  # noqa: N802
            await asyncio.sleep(request.delay_ms / 1000)
            if request.fail_with:
                raise FAILURES[request.fail_with]
            self.served += 1
            call = current_call()
            return echo_pb2.SayResponse(
                text=request.text,
                caller=call.caller,
                remaining=call.deadline.remaining(),
                traceparent=current_traceparent() or "",
                served=self.served,
            )

        async def Change(self, request: Any, context: Any) -> Any:  # noqa: N802
            return echo_pb2.SayResponse() if request.request_id.endswith("bad") else echo_pb2.ChangeResponse()

    return EchoServicer()


SECRET = "alice@example.com"
FAILURES: dict[str, Exception] = {
    "domain": DomainError(Reason.TEA_TOO_HOT),
    "other": DomainError(Reason.NO_TEA),
    "mapped": CrowdedError(SECRET),
    "unmapped": RuntimeError(SECRET),
}


def binding(servicer: Any) -> ServiceBinding[Any]:
    return ServiceBinding(proto_module("echo_pb2_grpc").add_EchoServiceServicer_to_server, servicer)


async def say(channel: RpcChannel, *, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Call Say; `options` go to the channel's `unary`."""
    stub = proto_module("echo_pb2_grpc").EchoServiceStub(channel.channel)
    return await channel.unary(stub.Say, proto_module("echo_pb2").SayRequest(**fields), **(options or {}))

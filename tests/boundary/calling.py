"""One call of any method, with any certificate or none: what came of it, in the bytes that the caller got.

The request is empty unless told. Whoever may call gets a typed answer for that, or even the answer; nobody else gets as
far.
"""

import http.client
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from services.chassis.identity_uri import server_name
from services.chassis.rpc_errors import from_call
from services.chassis.tls import TlsFiles

PATIENCE = 20.0
_DETAILS = "grpc-status-details-bin"


class Outcome(Enum):
    """How far a call got."""

    SERVED = "the method, or the check of its request, answered"
    REFUSED = "the caller may not use this service"
    NOT_SERVED = "there is no such method"
    NO_CONNECTION = "not even connected"


@dataclass(frozen=True)
class Answer:
    """What the caller got; `refusal` is every byte of it when there was an error."""

    outcome: Outcome
    refusal: tuple[Any, ...] = ()


class Caller:
    """Somebody at the door of one process; without `tls` he has no certificate and speaks TLS all the same."""

    def __init__(self, address: str, process: str, *, authority: bytes, tls: TlsFiles | None) -> None:
        credentials = grpc.ssl_channel_credentials(
            authority, tls.key if tls else None, tls.certificate if tls else None
        )
        options = [("grpc.ssl_target_name_override", server_name(process)), ("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.aio.secure_channel(address, credentials, options)

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def call(self, method: MethodDescriptor, service: str, request: bytes = b"") -> Answer:
        """Call a method of `service`."""
        path = f"/{service}/{method.name}"
        try:
            if method.server_streaming and not method.client_streaming:
                await anext(aiter(self._channel.unary_stream(path)(request, timeout=PATIENCE)), None)
            else:
                # Also where requests are a stream: one request says as much, and a refusal cannot overtake it.
                await self._channel.unary_unary(path)(request, timeout=PATIENCE)
        except grpc.aio.AioRpcError as error:
            return _of(error)
        return Answer(Outcome.SERVED)


def _of(error: grpc.aio.AioRpcError) -> Answer:
    refusal = (error.code(), error.details(), tuple(error.trailing_metadata() or ()))
    typed = _DETAILS in dict(error.trailing_metadata() or ())
    if from_call(error).reason == "CALLER_NOT_ALLOWED":
        return Answer(Outcome.REFUSED, refusal)
    if error.code() is grpc.StatusCode.UNIMPLEMENTED and not typed:
        return Answer(Outcome.NOT_SERVED, refusal)
    if error.code() is grpc.StatusCode.UNAVAILABLE and not typed:
        return Answer(Outcome.NO_CONNECTION)
    return Answer(Outcome.SERVED, refusal)


def status_of(address: str, method: str, path: str, tls: ssl.SSLContext | None) -> tuple[int, bytes]:
    """Status and body of one HTTP request without a body, over TLS when given a context."""
    host, _, port = address.rpartition(":")
    made = http.client.HTTPSConnection(host, int(port), timeout=PATIENCE, context=tls) if tls else None
    connection = made or http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()

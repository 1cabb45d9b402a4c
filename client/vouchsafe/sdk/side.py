"""One side of a person's life: its certificate, its connections, and patience with services that restart.

The person side and the alias side are two objects of this kind that share nothing: no connection, no token, no trace.
A call repeats one and the same request, `request_id` included, while a service cannot be reached or others got there
first; so a service may be killed and come back in the middle of any of them, and a thread may be as busy as it likes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import grpc

from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import Metadata, RetryPolicy, RpcChannel
from services.chassis.rpc_deadline import MEANINGFUL_WORK
from services.chassis.rpc_errors import RpcError
from vouchsafe.sdk.errors import translated
from vouchsafe.sdk.profile import Edge

Res = TypeVar("Res")

PATIENCE = 30.0
"""Seconds after which a call that found no service gives up, unless told otherwise."""

_RETRY = RetryPolicy(attempts=1000, first=0.05, most=1.0, per_attempt=15.0)  # patience, not the count, is the limit


class Side:
    """Connections with one certificate to some services, made when first used, closed with the object."""

    def __init__(self, edge: Edge, *, patience: float = PATIENCE) -> None:
        self._tls = edge.tls()
        self._patience = patience
        self._channels: list[RpcChannel] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls in flight are cancelled."""
        for channel in self._channels:
            await channel.close()

    def connect(self, service: str, address: str) -> "Peer":
        """A connection to a service at `host:port`. No trace is sent along: it would join the sides."""
        channel = RpcChannel(
            address,
            server_name=server_name(service),
            tls=self._tls,
            timeout=self._patience,
            retry=_RETRY,
            traced=False,
        )
        self._channels.append(channel)
        return Peer(channel, patience=self._patience)


class Peer:
    """A service as its caller sees it: typed errors come out as `VouchsafeError`."""

    def __init__(self, channel: RpcChannel, *, patience: float = PATIENCE) -> None:
        self._channel = channel
        self._patience = patience
        self.channel = channel.channel
        """What the generated stubs are made with."""

    async def call(self, method: Callable[..., Awaitable[Res]], request: object, metadata: Metadata = ()) -> Res:
        """The answer to a request, sent again while the service is away, or when it lost a race to others (ABORTED)."""
        give_up = time.monotonic() + self._patience
        remaining, lost = self._patience, 0
        with translated():
            while True:
                try:
                    return await self._channel.unary(method, request, timeout=remaining, metadata=metadata)
                except RpcError as error:
                    lost += 1
                    pause = _RETRY.pause(lost)
                    remaining = give_up - time.monotonic() - pause
                    if error.code is not grpc.StatusCode.ABORTED or remaining < MEANINGFUL_WORK:
                        raise
                await asyncio.sleep(pause)

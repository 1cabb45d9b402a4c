"""One side of a person's life: its certificate, its connections, and patience with services that restart.

The person side and the alias side are two objects of this kind that share nothing: no connection, no token, no trace,
and, with a common gate (`sides`), no moment at which both are connected. Each may have a proxy of its own.
A call repeats one and the same request, `request_id` included, while a service cannot be reached or others got there
first; so a service may be killed and come back in the middle of any of them, and a thread may be as busy as it likes.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

import grpc

from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import TOO_LATE, Metadata, Options, RetryPolicy, RpcChannel
from services.chassis.rpc_deadline import MEANINGFUL_WORK, RETURN_OVERHEAD
from services.chassis.rpc_errors import RpcError
from vouchsafe.sdk.errors import translated
from vouchsafe.sdk.profile import Edge
from vouchsafe.sdk.sides import OneAtATime

Res = TypeVar("Res")

PATIENCE = 30.0
"""Seconds after which a call that found no service gives up, unless told otherwise."""

_RETRY = RetryPolicy(attempts=1000, first=0.05, most=1.0, per_attempt=15.0)  # patience, not the count, is the limit
_NO_PROXY_EXCEPTIONS: Final = "no_grpc_proxy"


class Side:
    """Connections with one certificate to some services, made when first used, closed with the object.

    `gate` is shared with the other side, so that they are connected one after the other; without one, this side is
    connected whenever it likes.
    """

    def __init__(self, edge: Edge, *, patience: float = PATIENCE, gate: OneAtATime | None = None) -> None:
        self._tls = edge.tls()
        self._options = _proxy_options(edge.proxy)
        self._patience = patience
        self._gate = gate or OneAtATime()
        self._peers: list[Peer] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls in flight are cancelled. A later call connects again."""
        for peer in self._peers:
            await peer.disconnect()

    async def rest(self) -> None:
        """Close the connections until the next call, unless one is under way."""
        await self._gate.rest(self.close)

    def connect(self, service: str, address: str) -> "Peer":
        """A service at `host:port`, connected to at the first call. No trace is sent along: it would join the sides."""

        def channel() -> RpcChannel:
            return RpcChannel(
                address,
                server_name=server_name(service),
                tls=self._tls,
                timeout=self._patience,
                retry=_RETRY,
                traced=False,
                options=self._options,
            )

        peer = Peer(channel, patience=self._patience, gate=self._gate, disconnect=self.close)
        self._peers.append(peer)
        return peer


class Peer:
    """A service as its caller sees it: typed errors come out as `VouchsafeError`."""

    def __init__(
        self,
        connect: Callable[[], RpcChannel],
        *,
        patience: float,
        gate: OneAtATime,
        disconnect: Callable[[], Awaitable[None]],
    ) -> None:
        self._connect = connect
        self._connected: RpcChannel | None = None
        self._patience = patience
        self._gate = gate
        self._disconnect_side = disconnect
        self.channel = cast("grpc.aio.Channel", _Line(self))
        """What the generated stubs are made with. It outlives the connections."""

    def connected(self) -> RpcChannel:
        """The connection of the moment, made if there is none."""
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    async def disconnect(self) -> None:
        """Close the connection, if there is one."""
        connected, self._connected = self._connected, None
        if connected is not None:
            await connected.close()

    async def call(self, method: Callable[..., Awaitable[Res]], request: object, metadata: Metadata = ()) -> Res:
        """The answer to a request, sent again while the service is away, or when it lost a race to others (ABORTED)."""
        async with self._gate.taken(self._disconnect_side):
            return await self._call(method, request, metadata)

    async def _call(self, method: Callable[..., Awaitable[Res]], request: object, metadata: Metadata) -> Res:
        give_up = time.monotonic() + self._patience
        remaining, lost = self._patience, 0
        race: RpcError | None = None
        with translated():
            while True:
                try:
                    return await self.connected().unary(method, request, timeout=remaining, metadata=metadata)
                except RpcError as error:
                    if race is not None and error.reason == TOO_LATE.reason:
                        raise race from error
                    race = error
                    lost += 1
                    pause = _RETRY.pause(lost)
                    remaining = give_up - time.monotonic() - pause
                    if error.code is not grpc.StatusCode.ABORTED or remaining < RETURN_OVERHEAD + MEANINGFUL_WORK:
                        raise
                await asyncio.sleep(pause)


class _Line:
    """As much of a channel as generated stubs use; each call goes over the peer's connection of the moment."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def unary_unary(self, method: str, *details: Any, **named: Any) -> Callable[..., Awaitable[Any]]:
        """A callable for one method."""

        def call(request: object, **options: Any) -> Awaitable[Any]:
            of_now = self._peer.connected().channel.unary_unary(method, *details, **named)
            return cast("Awaitable[Any]", of_now(request, **options))

        return call


def _proxy_options(proxy: str | None) -> Options:
    """What gRPC needs for a proxy, and for none: what the environment says of proxies is never obeyed.

    A proxy of the environment may be the employer's. And gRPC would go past a proxy of ours for what `no_proxy` names;
    its own variable for such exceptions comes first, so it is made to name nothing.
    """
    if proxy is None:
        return (("grpc.enable_http_proxy", 0),)
    os.environ[_NO_PROXY_EXCEPTIONS] = ""
    return (("grpc.http_proxy", proxy),)

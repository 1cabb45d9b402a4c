"""Whether a process serves: `grpc.health.v1` on a plaintext port of its own, the same for every process.

Probes of a cluster and of the local platform ask it, whatever the process itself speaks. It answers for the process as
a whole and for the names that it was told; it reveals nothing else.
"""

from collections.abc import Callable, Iterable

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.chassis.configfile import ConfigError


class HealthPort:
    """The answer to probes, and the port on which they ask; `listen` is `host:port`, "" for no port."""

    def __init__(self, listen: str) -> None:
        self._listen = listen
        self._servicer = health.aio.HealthServicer()
        self._probes: grpc.aio.Server | None = None
        self.port = 0

    def answer_on(self, server: grpc.aio.Server) -> None:
        """Answer on a server that listens anyway, too."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def start(self) -> None:
        """Listen. ConfigError when the address cannot be bound."""
        if self._listen:
            self._probes = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
            self.answer_on(self._probes)
            probes, address = self._probes, self._listen
            self.port = bind(lambda: probes.add_insecure_port(address), address)
            await self._probes.start()

    async def serving(self, names: Iterable[str] = ()) -> None:
        """Report SERVING, for the process and for each of `names`."""
        for name in ("", *names):
            await self._servicer.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def drain(self) -> None:
        """Report NOT_SERVING for good."""
        await self._servicer.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        """Answer nobody any more."""
        if self._probes is not None:
            await self._probes.stop(grace)


def bind(add_port: Callable[[], int], address: str) -> int:
    """The port that gRPC bound; ConfigError when it could not."""
    try:
        port = add_port()
    except RuntimeError as e:
        raise ConfigError(f"cannot listen on {address}") from e
    if port == 0:
        raise ConfigError(f"cannot listen on {address}")
    return port

"""A gRPC server on which every method passes the same checks before it is served.

This file wires: TLS, the listening ports, health, reflection and draining. What happens to one call is
`rpc_pipeline`; who may call is `rpc_authz`; what callers see of errors is `rpc_errors`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import grpc
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from services.chassis.configfile import ConfigError
from services.chassis.health import HealthPort, bind
from services.chassis.rpc_authz import AllowList
from services.chassis.rpc_deadline import LONGEST
from services.chassis.rpc_errors import ErrorTable
from services.chassis.rpc_pipeline import MAX_CALLS, MAX_REQUEST_BYTES, Handler, Pipeline
from services.chassis.telemetry_log import log
from services.chassis.tls import TlsFiles, server_credentials

S = TypeVar("S")

SERVING: Final = "rpc_serving"
DRAINING: Final = "rpc_draining"

_ROOM_TO_REFUSE: Final = 2
_HARD_LIMIT: Final = 4 * 1024 * 1024
_OPTIONS: Final = (
    # Two processes on one port would share its calls at random; the second shall fail to start instead.
    ("grpc.so_reuseport", 0),
    # Beyond this gRPC itself hangs up; up to it, the pipeline answers with a typed error.
    ("grpc.max_receive_message_length", _HARD_LIMIT),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_time_ms", 60_000),
    # Connections are made anew now and then, so that callers find new replicas; calls in flight finish first.
    ("grpc.max_connection_age_ms", 30 * 60_000),
    ("grpc.max_connection_age_grace_ms", int(LONGEST * 1000)),
)

_log = log(__name__)


@dataclass(frozen=True)
class ServiceBinding(Generic[S]):
    """A servicer and the generated function that registers it: `ServiceBinding(add_XServicer_to_server, servicer)`."""

    add: Callable[[S, Any], None]
    servicer: S


class RpcServer:
    """The services of one process behind mutual TLS, and its health on a second, plaintext port.

    `allow` maps full service names to the SPIFFE URIs that may call them. A trace is continued only for callers in
    `continue_traces_from`; for all others a new one begins, so that a person's device cannot tie two services'
    traces together. Construction raises ConfigError for anything that would refuse to start. Health and reflection
    answer every caller with a certificate; they reveal the interface, never data.

    `weakened` names settings in force that are weaker than a production's, and their values: the start warns of each,
    and health knows a service of its name. Nobody can then miss for long that a platform is a small or a test one.
    """

    def __init__(
        self,
        *,
        listen: str,
        tls: TlsFiles,
        services: Sequence[ServiceBinding[Any]],
        allow: Mapping[str, Iterable[str]],
        errors: ErrorTable,
        health_listen: str = "",
        reflect: bool = False,
        max_request_bytes: int = MAX_REQUEST_BYTES,
        max_calls: int = MAX_CALLS,
        continue_traces_from: frozenset[str] = frozenset(),
        weakened: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        collected = _collect(services)
        pipeline = Pipeline(
            allow=AllowList(allow, registered=collected),
            errors=errors,
            max_request_bytes=max_request_bytes,
            max_calls=max_calls,
            continue_traces_from=continue_traces_from,
        )
        self._names = tuple(sorted(collected))
        self._listen, self._tls = listen, tls
        self._handlers = {name: pipeline.wrap(name, methods) for name, methods in collected.items()}
        self._reflect = reflect
        self._max_calls = max_calls
        self._weakened = weakened
        self._health = HealthPort(health_listen)
        self._main: grpc.aio.Server | None = None
        self.port = 0

    @property
    def health_port(self) -> int:
        """Where probes are answered, 0 for nowhere."""
        return self._health.port

    async def start(self) -> None:
        """Bind, serve, and report SERVING. ConfigError when an address cannot be bound."""
        # Beyond so many gRPC itself refuses, in words of its own; up to it, the pipeline does, with a typed error.
        main = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_ROOM_TO_REFUSE * self._max_calls)
        for name, handlers in self._handlers.items():
            main.add_registered_method_handlers(name, handlers)
        self._health.answer_on(main)
        if self._reflect:
            reflection.enable_server_reflection((*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME), main)
        self.port = bind(lambda: main.add_secure_port(self._listen, server_credentials(self._tls)), self._listen)
        self._main = main
        await self._health.start()
        await main.start()
        for setting, value in self._weakened.items():
            _log.warning(setting, count=value)
        await self._health.serving((*self._names, *self._weakened))
        _log.info(SERVING, port=self.port)

    async def drain(self) -> None:
        """Report NOT_SERVING, so that callers go elsewhere, while still serving those who do not."""
        _log.info(DRAINING)
        await self._health.drain()

    async def stop(self, grace: float) -> None:
        """Take no new calls, let those in flight finish for up to `grace` seconds, then cancel them."""
        if self._main is not None:
            await self._main.stop(grace)
        await self._health.stop(grace)


class _Collector:
    """Stands where generated code expects a server, and keeps the handlers that it registers."""

    def __init__(self) -> None:
        self.found: dict[str, Mapping[str, Handler]] = {}

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """The older of the two ways generated code registers; the other one says more."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        if service in self.found:
            raise ConfigError(f"{service} is registered twice")
        self.found[service] = handlers


def _collect(services: Sequence[ServiceBinding[Any]]) -> Mapping[str, Mapping[str, Handler]]:
    collector = _Collector()
    for binding in services:
        binding.add(binding.servicer, collector)
    return collector.found

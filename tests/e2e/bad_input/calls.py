"""Calls as an attacker makes them: raw stubs over mutual TLS, with none of the client's own checks in between."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no stubs

from deploy.local.platform import LocalPlatform
from deploy.local.topology import workload
from services.chassis.tls import TlsFiles, channel_credentials

SECONDS = 20.0


@dataclass(frozen=True)
class Refusal:
    """All that a refused caller gets to see; `words` is the whole of it as bytes, to look for leaks in."""

    code: grpc.StatusCode
    reason: str
    fields: tuple[str, ...]
    words: bytes

    @property
    def told(self) -> tuple[grpc.StatusCode, str]:
        """Status code and reason."""
        return self.code, self.reason


RefusedInVain: TypeAlias = Callable[[Awaitable[Any]], Awaitable[Refusal]]
"""Makes a call that must be refused and change nothing; see the fixture `in_vain`."""


class StubType(Protocol):
    """A generated stub class."""

    def __call__(self, channel: grpc.aio.Channel) -> Any:
        """A stub on the channel."""
        ...


class Channels:
    """Channels to every service with every certificate of a platform, made when first used."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform = platform
        self._open: dict[tuple[str, str], grpc.aio.Channel] = {}

    def stub(self, kind: StubType, caller: str, service: str) -> Any:
        """A generated stub that calls `service` with the certificate of `caller`."""
        return kind(self.channel(caller, service))

    def channel(self, caller: str, service: str) -> grpc.aio.Channel:
        """A channel to `service` with the certificate of `caller`."""
        if (caller, service) not in self._open:
            secrets = self._platform.client_secrets(caller)
            tls = TlsFiles(*((secrets / name).read_bytes() for name in ("tls.crt", "tls.key", "ca.crt")))
            self._open[caller, service] = self.open(channel_credentials(tls), service)
        return self._open[caller, service]

    def open(self, credentials: grpc.ChannelCredentials, service: str) -> grpc.aio.Channel:
        """A channel that trusts and shows whatever the credentials hold; the caller closes it."""
        options = [("grpc.ssl_target_name_override", workload(service).dns_name)]
        return grpc.aio.secure_channel(self._platform.endpoint(service), credentials, options=options)

    async def close(self) -> None:
        """Close them all."""
        for channel in self._open.values():
            await channel.close()


@dataclass(frozen=True)
class Method:
    """One RPC where it is served: the process, and the method's descriptor."""

    process: str
    descriptor: MethodDescriptor

    @property
    def service(self) -> str:
        """Full name of the gRPC service."""
        return self.descriptor.containing_service.full_name

    @property
    def name(self) -> str:
        """`<process> <service>/<method>`, for a test's id."""
        return f"{self.process} {self.service}/{self.descriptor.name}"

    @property
    def is_mutation(self) -> bool:
        """Whether its request carries a `request_id`."""
        return "request_id" in self.descriptor.input_type.fields_by_name

    def raw(self, channel: grpc.aio.Channel) -> Callable[..., Awaitable[bytes]]:
        """The method over bytes, whatever they are."""
        call: Callable[..., Awaitable[bytes]] = channel.unary_unary(f"/{self.service}/{self.descriptor.name}")
        return call


def methods(services: Mapping[str, Sequence[str]]) -> list[Method]:
    """Every method of these gRPC services, by the process that serves them."""
    found: list[Method] = []
    for process, names in services.items():
        for name in names:
            described: ServiceDescriptor = descriptor_pool.Default().FindServiceByName(name)
            found += [Method(process, method) for method in described.methods]
    return found


async def refused(call: Awaitable[Any]) -> Refusal:
    """The refusal that a call ends in; fails when it succeeds, or does not carry exactly one ErrorInfo."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return _refusal(error)
    raise AssertionError(f"answered with a {type(answer).__name__}")


def _refusal(error: grpc.aio.AioRpcError) -> Refusal:
    trailer = dict(error.trailing_metadata() or ())
    packed = trailer.get("grpc-status-details-bin")
    assert isinstance(packed, bytes), f"untyped: {error.code()} {error.details()}"
    status = status_pb2.Status.FromString(packed)
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    infos, bad = _details(status)
    assert len(infos) == 1
    assert infos[0].domain == "vouchsafe"
    fields = tuple(violation.field for each in bad for violation in each.field_violations)
    return Refusal(error.code(), infos[0].reason, fields, packed + repr((error.details(), trailer)).encode())


def _details(status: Any) -> tuple[list[Any], list[Any]]:
    infos, bad = [], []
    for detail in status.details:
        info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            infos.append(info)
        elif detail.Unpack(violations):
            bad.append(violations)
        else:
            raise AssertionError(f"an unexpected detail: {detail.type_url}")
    return infos, bad

"""Real servers with real certificates for RPC tests: an authority, identities, and a server on a free port."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from services.chassis.identity_uri import IdentityUri, identity_of, server_name
from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import ErrorTable
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.tls import TlsFiles
from tests.support.certs import Authority, make_authority, make_leaf

TRUST_DOMAIN = "platform.test"


@cache
def authority() -> Authority:
    """The session's one trusted authority."""
    return make_authority()


def identity(service: str) -> IdentityUri:
    """The SPIFFE URI of `service` in tests."""
    return identity_of(service, trust_domain=TRUST_DOMAIN)


@cache
def credentials(service: str) -> TlsFiles:
    """A certificate for `service` with its URI and its DNS name."""
    return make_leaf(authority(), uris=(identity(service),), dns=(server_name(service),))


@dataclass(frozen=True)
class Running:
    """A server under test."""

    service: str
    server: RpcServer
    address: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", f"127.0.0.1:{self.server.port}")

    def channel(self, caller: str, **options: Any) -> RpcChannel:
        """A channel to it with the certificate of `caller`, patient with a busy machine. `options` go to RpcChannel."""
        patient = {"timeout": 25.0} | options
        return RpcChannel(self.address, server_name=server_name(self.service), tls=credentials(caller), **patient)


@asynccontextmanager
async def serving(
    service: str,
    bindings: list[ServiceBinding[Any]],
    *,
    allow: Mapping[str, frozenset[str]],
    errors: ErrorTable,
    listen: str = "127.0.0.1:0",
    **options: Any,
) -> AsyncIterator[Running]:
    """`bindings` served as `service`, on a free port unless told, until the block ends. `options` go to RpcServer."""
    server = RpcServer(
        listen=listen,
        health_listen="127.0.0.1:0",
        tls=credentials(service),
        services=bindings,
        allow=allow,
        errors=errors,
        **options,
    )
    await server.start()
    try:
        yield Running(service, server)
    finally:
        await server.stop(0)

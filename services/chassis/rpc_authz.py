"""Who may call which service: the URI of the client's certificate against an allow-list.

TLS has verified the certificate before anything here runs. The identity is `peer_spiffe_id`, which gRPC fills in only
from a sole URI name of the certificate. The mixed list `x509_subject_alternative_name` would not do: a DNS name
spelled like a URI stands in it too, and `peer_identities()` may even be the common name.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import grpc

from services.chassis.configfile import ConfigError
from services.chassis.identity_uri import IdentityUri, parse_identity
from services.chassis.rpc_errors import Failure, RefusedError

_DENIED = Failure(grpc.StatusCode.PERMISSION_DENIED, "CALLER_NOT_ALLOWED", "the caller may not use this service")


class AllowList:
    """Which identities may call which gRPC service, for every registered service and no other."""

    def __init__(self, allow: Mapping[str, Iterable[str]], *, registered: Iterable[str]) -> None:
        """`allow` maps full service names to SPIFFE URIs. ConfigError when it and `registered` differ."""
        wanted = frozenset(registered)
        if missing := sorted(wanted - allow.keys()):
            raise ConfigError(f"allow-list: {missing[0]} is served but nobody is allowed to call it")
        if surplus := sorted(allow.keys() - wanted):
            raise ConfigError(f"allow-list: {surplus[0]} is not served here")
        try:
            self._allow = {service: frozenset(map(parse_identity, uris)) for service, uris in allow.items()}
        except ValueError as e:
            raise ConfigError(f"allow-list: {e}") from e

    def check(self, service: str, auth_context: Mapping[str, Iterable[bytes]]) -> IdentityUri:
        """The caller, who may use `service`; otherwise RefusedError, the same for everyone and everything."""
        caller = peer_identity(auth_context)
        if caller is None or caller not in self._allow[service]:
            raise RefusedError(_DENIED)
        return caller


def peer_identity(auth_context: Mapping[str, Iterable[bytes]]) -> IdentityUri | None:
    """The verified identity at the other end, if its certificate carries exactly one."""
    match list(auth_context.get("peer_spiffe_id", ())):
        case [sole]:
            return _parsed(sole)
        case _:
            return None


@lru_cache(maxsize=256)
def _parsed(name: bytes) -> IdentityUri | None:
    try:
        return parse_identity(name.decode("ascii"))
    except ValueError:
        return None

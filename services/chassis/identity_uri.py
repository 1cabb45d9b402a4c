"""Names of workloads: SPIFFE URIs and the DNS names that go with them.

Only the shape of a name is checked here. Whether a certificate proves it is TLS's business (`tls`), and whether the
bearer may call is `rpc_authz`'s. Shape: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
"""

import re
from typing import NewType

IdentityUri = NewType("IdentityUri", str)
"""A well-formed SPIFFE URI, e.g. `spiffe://platform.example/ns/forum/sa/forum`."""

_SPIFFE = re.compile(r"spiffe://[a-z0-9._-]{1,255}(/(?!\.{1,2}(/|\Z))[A-Za-z0-9._-]+)+", re.ASCII)
_MAX_LENGTH = 2048


def parse_identity(value: str) -> IdentityUri:
    """`value` as an identity; raises ValueError when it is not a SPIFFE URI with a path."""
    if len(value) > _MAX_LENGTH or _SPIFFE.fullmatch(value) is None:
        raise ValueError(f"not a SPIFFE URI: {value!r}")
    return IdentityUri(value)


def identity_of(workload: str, *, trust_domain: str) -> IdentityUri:
    """The identity of a workload that runs, as each of ours does, in a namespace of its own."""
    return parse_identity(f"spiffe://{trust_domain}/ns/{_namespace(workload)}/sa/{workload}")


def server_name(workload: str) -> str:
    """The DNS name that a workload's certificate carries, and that callers insist on, wherever it listens."""
    return f"{workload}.{_namespace(workload)}.svc"


def _namespace(workload: str) -> str:
    return f"vouchsafe-{workload}"

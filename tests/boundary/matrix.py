"""Who may call what: the checked-in table (`matrix.toml`), and the methods that its services have.

The table is the only place that says so for tests; it is compared here with nothing.
"""

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from deploy.local.layout import REPOSITORY
from deploy.local.topology import CORE, EDGES, SERVICES, Workload, provisioner, workload

TABLE = Path(__file__).with_name("matrix.toml")
ANYBODY = "*"
"""In the table: whoever shows a certificate of the platform's authority, whatever name is in it, if any."""

_GENERATED = REPOSITORY / "proto" / "gen"
_UNIMPLEMENTED = frozenset({"grpc.health.v1.Health.List"})
"""By gRPC's own library, which serves the rest of the service."""

_OTHERS = ("grpc_health.v1.health_pb2", "grpc_reflection.v1alpha.reflection_pb2")


@dataclass(frozen=True)
class Table:
    """`identities`: callers, by kind; `processes`: who may call, by process and service; `everywhere`: by service;
    `unserved`: services that are declared only; `http`: what anybody is answered, by process and `METHOD /path`.
    """

    identities: frozenset[str]
    processes: Mapping[str, Mapping[str, frozenset[str]]]
    everywhere: Mapping[str, frozenset[str]]
    unserved: frozenset[str]
    http: Mapping[str, Mapping[str, int]]

    def callers(self, process: str, service: str) -> frozenset[str]:
        """The kinds of callers that may use `service` at a process; none when it is not served there."""
        return {**self.everywhere, **self.processes[kind(process)]}.get(service, frozenset())

    def serves(self, process: str, service: str) -> bool:
        """Whether anybody may use `service` at a process."""
        return bool(self.callers(process, service))


def read() -> Table:
    """The table; ValueError when it names a caller that it does not introduce."""
    found = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    identities = frozenset(found["identities"])
    processes = {process: _callers(services) for process, services in found["process"].items()}
    table = Table(identities, processes, _callers(found["everywhere"]), frozenset(found["unserved"]), found["http"])
    for services in (*processes.values(), table.everywhere):
        if unknown := frozenset().union(*services.values()) - identities - {ANYBODY}:
            raise ValueError(f"matrix.toml: nobody is called {', '.join(sorted(unknown))}")
    return table


def _callers(services: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    return {service: frozenset(callers) for service, callers in services.items()}


def kind(name: str) -> str:
    """What the table calls a process or client: `trustee-3` is a `trustee`."""
    head, _, number = name.rpartition("-")
    return head if number.isdecimal() else name


def identities() -> dict[str, Workload]:
    """Every workload of the platform that has a certificate, by name."""
    named = {name: workload(name) for name in (*SERVICES, *EDGES, "nats", "smtp")}
    return named | {f"provisioner-{n}": provisioner(service) for n, service in enumerate(CORE, start=1)}


@cache
def methods(service: str) -> tuple[MethodDescriptor, ...]:
    """The methods of a gRPC service, as its proto declares them."""
    services()
    try:
        declared = descriptor_pool.Default().FindServiceByName(service).methods
    except KeyError:
        # Reflection's newer name has the methods of its older one, and no generated code.
        return methods(service.replace(".v1.", ".v1alpha."))
    return tuple(method for method in declared if method.full_name not in _UNIMPLEMENTED)


@cache
def services() -> tuple[str, ...]:
    """Every gRPC service that the platform's protos declare, by its full name."""
    found: list[str] = []
    for path in sorted(_GENERATED.glob("vouchsafe/**/*_pb2.py")):
        module = importlib.import_module(".".join(path.relative_to(_GENERATED).with_suffix("").parts))
        found += [each.full_name for each in module.DESCRIPTOR.services_by_name.values()]
    for name in _OTHERS:
        importlib.import_module(name)
    return tuple(found)

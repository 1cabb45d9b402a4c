"""Lay down what the processes are mounted: certificates, connection strings, keys, trust, endpoints.

`lay_down` may run any number of times: certificates are always new, keys and passwords are kept.
"""

import os

from deploy.local import bus, stores
from deploy.local.ceremony import ensure_ceremony
from deploy.local.certificates import CertificateAuthority, Leaf
from deploy.local.endpoints import SMTP, write_endpoints
from deploy.local.keys import ensure_keys, ensure_password
from deploy.local.layout import Layout, write_file, write_secret
from deploy.local.ports import PortReservations
from deploy.local.topology import CORE, EDGES, SERVICES, Workload, provisioner, workload


def lay_down(layout: Layout, ports: PortReservations) -> None:
    """Write everything that the whole platform needs. `ports` gets a reservation for each listener."""
    _certificates(layout)
    ensure_keys(layout)
    ensure_ceremony(layout)
    for service in CORE:
        write_secret(layout.secrets(service) / "mongodb-uri", _store_uri(layout, ports, service).encode())
    for name in SERVICES:
        write_endpoints(layout, name, ports)


def deployment_uri() -> str | None:
    """The MongoDB deployment to use instead of local stores."""
    return os.environ.get("MONGODB_URI") or None


def store_server(layout: Layout, ports: PortReservations, service: str) -> stores.Server:
    """The local store of this service."""
    name = stores.store_name(service)
    return stores.Server(
        service=service,
        port=ports.take(name),
        state=layout.state(name),
        identity=layout.secrets(name) / "server.pem",
        authority=layout.secrets(name) / "ca.crt",
        log=layout.log(name),
    )


def store_password(layout: Layout, service: str) -> str:
    """The password of this service's database user; the service itself has it in its connection string."""
    return ensure_password(layout, stores.store_name(service), "password")


def _store_uri(layout: Layout, ports: PortReservations, service: str) -> str:
    if deployment := deployment_uri():
        return stores.external_uri(deployment, service, layout.root)
    server = store_server(layout, ports, service)
    client = layout.secrets(service) / "mongodb.pem"
    return stores.local_uri(server, client=client, password=store_password(layout, service))


def _certificates(layout: Layout) -> None:
    authority = CertificateAuthority()
    write_file(layout.trust / "ca.crt", authority.certificate)
    mounts = _Mounts(layout, authority)
    for name in (*SERVICES, bus.NAME, SMTP):
        mounts.pair(name, "tls", authority.server(workload(name)))
    for name in EDGES:
        mounts.pair(name, "tls", authority.client(workload(name)))
    for service in CORE:
        client = authority.client(workload(service))
        mounts.pair(service, "nats", client)
        mounts.joined(service, "mongodb.pem", client)
        mounts.pair(f"provision-{service}", "nats", authority.client(provisioner(service)))
        store = Workload(f"vouchsafe-{service}", "mongodb")
        mounts.joined(stores.store_name(service), "server.pem", authority.server(store))


class _Mounts:
    """Puts a certificate, with the CA to trust, into a process's secrets directory."""

    def __init__(self, layout: Layout, authority: CertificateAuthority) -> None:
        self._layout = layout
        self._authority = authority

    def pair(self, process: str, name: str, leaf: Leaf) -> None:
        directory = self._layout.secrets(process)
        write_secret(directory / f"{name}.crt", leaf.certificate)
        write_secret(directory / f"{name}.key", leaf.key)
        write_secret(directory / "ca.crt", self._authority.certificate)

    def joined(self, process: str, name: str, leaf: Leaf) -> None:
        """MongoDB's drivers and servers want certificate and key in one file."""
        directory = self._layout.secrets(process)
        write_secret(directory / name, leaf.certificate + leaf.key)
        write_secret(directory / "ca.crt", self._authority.certificate)

"""Write `endpoints.toml`: what one process listens on, whom it may call, where its files go.

The one configuration file that differs between a laptop and a cluster; everything else a service reads is in
`deploy/config/<service>/service.toml`. A process is told only the addresses that it may call.
"""

from collections.abc import Callable, Mapping

from deploy.local import bus
from deploy.local.layout import Layout, write_file
from deploy.local.ports import PortReservations
from deploy.local.topology import CORE, HTTP, LOG_READERS, MIRRORS, PEERS, WITNESSES
from services.chassis import toml_text

SMTP = "smtp"


def rpc_port(name: str) -> str:
    """Name of the port that a service is called on, be it by gRPC or HTTP."""
    return f"{name}.rpc"


def mirror_urls(address: Callable[[str], str]) -> list[str]:
    """Where the public log is read. `address` tells a named port's `host:port`."""
    return [f"http://{address(rpc_port(name))}" for name in MIRRORS]


def health_port(name: str) -> str:
    """Name of the port that a service answers probes on."""
    return f"{name}.health"


def write_endpoints(layout: Layout, name: str, ports: PortReservations) -> None:
    """Write the file of the service `name`."""
    layout.state(name).mkdir(parents=True, exist_ok=True)
    write_file(layout.endpoints(name), toml_text.render(endpoints(layout, name, ports)).encode())


def endpoints(layout: Layout, name: str, ports: PortReservations) -> Mapping[str, object]:
    """The file's content. Trustees, witnesses and mirrors have no bus, and only verification sends mail."""
    tables: dict[str, object] = {
        "process": {"name": name},
        "listen": {"rpc": ports.address(rpc_port(name)), "health": ports.address(health_port(name))},
        "peers": {peer: ports.address(rpc_port(peer)) for peer in PEERS[name] if peer not in HTTP},
    }
    if name in CORE:
        tables["nats"] = {"url": bus.url(ports.take(bus.NAME))}
    if seen_by := [peer for peer in PEERS[name] if peer in WITNESSES]:
        tables["witnesses"] = {witness: f"https://{ports.address(rpc_port(witness))}" for witness in seen_by}
    if name in LOG_READERS:
        tables["log"] = {"mirrors": mirror_urls(ports.address)}
    if name == "verification":
        tables["smtp"] = {"address": ports.address(SMTP)}
    tables["telemetry"] = {
        "otlp": "",
        "traces_file": str(layout.traces / f"{name}.jsonl"),
        "metrics_file": str(layout.metrics / f"{name}.jsonl"),
        "log_file": str(layout.log_files / f"{name}.jsonl"),
    }
    tables["paths"] = {"state": str(layout.state(name)), "trust": str(layout.trust)}
    return tables

"""A platform as its users see it: addresses, credentials, mail. The same for one's own platform and one that is up."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from deploy.local import bus, endpoints
from deploy.local.layout import DEFAULT_RUN_DIR, Layout
from deploy.local.mailbox import Mailbox
from deploy.local.profile import FILE_NAME


class NotRunningError(Exception):
    """No platform is up in the run directory."""


class PlatformView:
    """Everything that can be told from the run directory and the ports."""

    def __init__(self, layout: Layout, ports: Mapping[str, int]) -> None:
        self.layout = layout
        self._ports = ports

    @classmethod
    def attach(cls, run_directory: Path = DEFAULT_RUN_DIR) -> Self:
        """The platform whose runner keeps this directory. NotRunningError when there was never one."""
        layout = Layout(run_directory.resolve())
        try:
            status = json.loads(layout.status.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NotRunningError(f"no platform in {run_directory}: start one with `make up`") from error
        return cls(layout, status["ports"])

    @property
    def run_directory(self) -> Path:
        """Where all its files are."""
        return self.layout.root

    @property
    def profile(self) -> Path:
        """The file to name in VOUCHSAFE_PROFILE."""
        return self.layout.root / FILE_NAME

    def endpoint(self, name: str) -> str:
        """`host:port` that the service `name` is called on; by HTTP, where `topology.HTTP` names it."""
        return f"127.0.0.1:{self._ports[endpoints.rpc_port(name)]}"

    @property
    def mirrors(self) -> list[str]:
        """URLs at which anybody reads the public log."""
        return endpoints.mirror_urls(lambda port: f"127.0.0.1:{self._ports[port]}")

    def health(self, name: str) -> str:
        """`host:port` of the plaintext health port of the service `name`."""
        return f"127.0.0.1:{self._ports[endpoints.health_port(name)]}"

    def client_secrets(self, name: str) -> Path:
        """Directory with `tls.crt`, `tls.key` and `ca.crt` of an edge client such as `person-edge`, or of a service."""
        return self.layout.secrets(name)

    @property
    def trust(self) -> Path:
        """Directory with the public material: `trust.toml` and `ca.crt`."""
        return self.layout.trust

    @property
    def officers(self) -> dict[str, Path]:
        """The officers by name; each path is the file with the officer's 32-byte Ed25519 seed."""
        return {path.stem: path for path in sorted(self.layout.officers.glob("*.key"))}

    @property
    def mailbox(self) -> Mailbox:
        """The mail that the platform has sent."""
        return Mailbox(self.layout.mail)

    def store_uri(self, service: str) -> str:
        """Connection string of this service's database, with this service's rights."""
        return (self.layout.secrets(service) / "mongodb-uri").read_text(encoding="utf-8")

    @property
    def bus_url(self) -> str:
        """Where NATS listens."""
        return bus.url(self._ports[bus.NAME])

    def bus_provisioner(self, service: str) -> Path:
        """Directory with the certificate (`nats.crt`, `nats.key`, `ca.crt`) that may inspect this service's stream."""
        return bus.provisioner_secrets(self.layout, service)

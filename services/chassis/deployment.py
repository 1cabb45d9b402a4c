"""Where a process finds itself: its addresses and its secrets.

A service's own `service.toml` is the same on a laptop and in a cluster. What differs, addresses and directories, is
`endpoints.toml` (`Endpoints`); what must stay secret is a directory of files, one secret each (`Secrets`), as a
Kubernetes secret mounts it. Neither checks that an address answers or that a key fits its certificate.
"""

import argparse
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.chassis import configfile
from services.chassis.configfile import ConfigError
from services.chassis.telemetry_log import log
from services.chassis.tls import TlsFiles

_log = log(__name__)


@dataclass(frozen=True)
class ProcessName:
    """Which process this is, where several run the same code (`trustee-3`)."""

    name: str


@dataclass(frozen=True)
class Listen:
    """Addresses to listen on, `host:port`; `health` is plaintext and answers probes only ("" for none)."""

    rpc: str
    health: str = ""


@dataclass(frozen=True)
class Nats:
    """The bus, as `tls://host:port`; "" where the process has none."""

    url: str = ""


@dataclass(frozen=True)
class PublicLog:
    """Where the public log is read: URLs of mirrors, `http://host:port`; empty where the process does not follow it."""

    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Smtp:
    """The mail relay, as `host:port`; "" where the process sends no mail."""

    address: str = ""


@dataclass(frozen=True)
class Telemetry:
    """Where traces and metrics go: an OTLP/gRPC collector's URL and files of JSON lines, each "" for none.

    Logs go to stdout unless `log_file` is named. `traced`: which share of the traces that begin here is recorded, 0 to
    1; the others cost next to nothing. What a trusted caller has begun is recorded as that caller decided.
    """

    otlp: str = ""
    traces_file: str = ""
    metrics_file: str = ""
    log_file: str = ""
    traced: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.traced <= 1:
            raise ValueError("traced must be 0 to 1")


@dataclass(frozen=True)
class Paths:
    """Directories that outlive the process: its own state, and the public trust material (`trust.toml`)."""

    state: Path = Path("/var/lib/vouchsafe")
    trust: Path = Path("/etc/vouchsafe/trust")


@dataclass(frozen=True)
class Endpoints:
    """The contents of `endpoints.toml`. `peers` maps a service's name to `host:port`, `witnesses` the name
    of each of the log's witnesses to its URL.
    """

    process: ProcessName
    listen: Listen
    peers: dict[str, str] = field(default_factory=dict)
    nats: Nats = field(default_factory=Nats)
    witnesses: dict[str, str] = field(default_factory=dict)
    log: PublicLog = field(default_factory=PublicLog)
    smtp: Smtp = field(default_factory=Smtp)
    telemetry: Telemetry = field(default_factory=Telemetry)
    paths: Paths = field(default_factory=Paths)

    def peer(self, service: str) -> str:
        """The address of `service`, or ConfigError."""
        try:
            return self.peers[service]
        except KeyError as e:
            raise ConfigError(f"endpoints: peers.{service} is missing") from e


@dataclass(frozen=True)
class Secrets:
    """A directory with one secret in each file. Names, never values, appear in configuration and in messages."""

    directory: Path

    def path(self, name: str) -> Path:
        """The file that holds `name`; ConfigError when it is absent or `name` is not a plain file name."""
        path = self.directory / name
        if Path(name).name != name or not path.is_file():
            raise ConfigError(f"{self.directory}: the secret {name!r} is missing")
        return path

    def read(self, name: str) -> bytes:
        """The bytes of `name`, exactly as stored. A file that others can read is used, but complained of.

        Refusing would be too strict: Kubernetes mounts projected secrets group-readable.
        """
        path = self.path(name)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            _log.warning("secret_readable_by_others", secret_name=name)
        return path.read_bytes()

    def text(self, name: str) -> str:
        """`name` as text, without the newline that editors leave at the end."""
        try:
            return self.read(name).decode("utf-8").strip()
        except UnicodeDecodeError:
            raise ConfigError(f"{self.directory}: the secret {name!r} is not text") from None

    def tls(self) -> TlsFiles:
        """The process's own certificate and the authority it trusts: tls.crt, tls.key and ca.crt."""
        return TlsFiles(
            certificate=self.path("tls.crt").read_bytes(),
            key=self.read("tls.key"),
            authority=self.path("ca.crt").read_bytes(),
        )

    def web_tls(self) -> ssl.SSLContext:
        """TLS as a server whose callers show no certificate: what it serves is public, or signed by whoever asks."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path("tls.crt"), self.path("tls.key"))
        return context

    def web_client_tls(self) -> ssl.SSLContext:
        """TLS as a client that shows no certificate, towards the platform's own HTTPS servers and anybody's."""
        context = ssl.create_default_context()
        context.load_verify_locations(self.path("ca.crt"))
        return context

    def bus_tls(self) -> ssl.SSLContext:
        """Mutual TLS with the bus. The certificate, nats.crt and nats.key, has no DNS name: the bus would take it for
        the user's name, which must be the SPIFFE URI.
        """
        context = ssl.create_default_context(cafile=str(self.path("ca.crt")))
        context.load_cert_chain(self.path("nats.crt"), self.path("nats.key"))
        return context


@dataclass(frozen=True)
class ServiceFiles:
    """The three places a service is started with."""

    config: Path
    endpoints: Path
    secrets: Path


def service_files(service: str, arguments: Sequence[str] | None = None) -> ServiceFiles:
    """The places named on the command line, or their defaults in a container."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service}")
    mounted = Path("/etc/vouchsafe")
    parser.add_argument("--config", type=Path, default=mounted / "service.toml", help="this service's settings")
    parser.add_argument("--endpoints", type=Path, default=mounted / "endpoints.toml", help="addresses and directories")
    parser.add_argument("--secrets", type=Path, default=mounted / "secrets", help="directory with one secret a file")
    found = parser.parse_args(arguments)
    return ServiceFiles(config=found.config, endpoints=found.endpoints, secrets=found.secrets)


def load_endpoints(path: Path) -> Endpoints:
    """`endpoints.toml` at `path`, or ConfigError."""
    return configfile.load(path, Endpoints)

"""The files that a replica of the rig is started with, like those of a service of the product."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.rpc import credentials, identity
from tests.support.store import free_port

DRIVER = "driver"


@dataclass(frozen=True)
class Addresses:
    """Where a replica finds the others: URI of its store, URL of the bus, `host:port` of its producer ("" for none)."""

    store: str
    bus: str
    producer: str = ""


@dataclass(frozen=True)
class Deployed:
    """A replica's directory and the port on which it serves."""

    directory: Path
    port: int

    @property
    def arguments(self) -> list[str]:
        """For its command line."""
        return [f"--{name}={self.directory / file}" for name, file in _FILES.items()]

    @property
    def orders(self) -> Path:
        """Where its fail points look for orders."""
        return self.directory / "orders"

    @property
    def clock(self) -> Path:
        """Where its clock's offset stands."""
        return self.directory / "offset"

    @property
    def indigestible(self) -> Path:
        """While it is there, the mirror cannot copy a poisonous payment."""
        return self.directory / "indigestible"


_FILES = {"config": "service.toml", "endpoints": "endpoints.toml", "secrets": "secrets"}


def deploy(
    directory: Path, account: str, addresses: Addresses, allow: dict[str, str], lease_seconds: float
) -> Deployed:
    """Write the files of a replica that is `account` on the platform; `allow` maps services to who may call them."""
    directory.mkdir(parents=True)
    port = free_port()
    allowed = "\n".join(f'"{service}" = ["{identity(caller)}"]' for service, caller in allow.items())
    (directory / "service.toml").write_text(f"lease_seconds = {lease_seconds}\n[allow]\n{allowed}\n")
    peers = f'[peers]\nproducer = "{addresses.producer}"\n' if addresses.producer else ""
    (directory / "endpoints.toml").write_text(
        f'[process]\nname = "{account}"\n[listen]\nrpc = "127.0.0.1:{port}"\n{peers}[nats]\nurl = "{addresses.bus}"\n'
    )
    write_tls(directory / "secrets", account)
    (directory / "secrets" / "mongodb-uri").write_text(addresses.store)
    (directory / "secrets" / "mongodb-uri").chmod(0o600)
    return Deployed(directory, port)


def write_tls(secrets: Path, account: str) -> None:
    """Write the certificate of `account`, its key and whom to trust."""
    secrets.mkdir(parents=True)
    tls = credentials(account)
    for name, content in (("tls.crt", tls.certificate), ("tls.key", tls.key), ("ca.crt", tls.authority)):
        (secrets / name).write_bytes(content)
        (secrets / name).chmod(0o600)

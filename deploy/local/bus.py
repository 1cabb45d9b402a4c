"""The bus: a NATS server on the accounts file that the cluster uses too, and its streams.

`deploy/nats/nats.conf` says who may do what, `deploy/nats/streams/streams.toml` what is created. What is published
belongs to the services.
"""

import json
import shutil
import sys
from pathlib import Path

from deploy.local.keys import ensure_password
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.ports import LOOPBACK
from deploy.local.readiness import bus_answers, connect_bus
from deploy.local.supervisor import Unit
from deploy.local.topology import CORE
from services.chassis import configfile
from services.chassis.integration import bus_provision
from services.chassis.integration.bus_provision import Stream, StreamsFile

NAME = "nats"
ACCOUNTS_FILE = REPOSITORY / "deploy" / "nats" / "nats.conf"
STREAMS_FILE = REPOSITORY / "deploy" / "nats" / "streams" / "streams.toml"


class BusMissingError(Exception):
    """There is no `nats-server`. The message says how to get one."""


def streams() -> tuple[Stream, ...]:
    """The streams to create, each with the account it belongs to."""
    return configfile.load(STREAMS_FILE, StreamsFile).stream


def url(port: int) -> str:
    """Where clients connect."""
    return f"tls://{LOOPBACK}:{port}"


def provisioner_secrets(layout: Layout, service: str) -> Path:
    """Where the certificate is that may create streams in this service's account."""
    return layout.secrets(f"provision-{service}")


def store_key(layout: Layout) -> str:
    """The key that encrypts JetStream's files. It begins with a letter, as nats.conf asks."""
    return ensure_password(layout, NAME, "store-key")


def unit(layout: Layout, port: int) -> Unit:
    """The server as a process to supervise; once it is up, streams and consumers are created."""
    secrets = layout.secrets(NAME)
    any_provisioner = provisioner_secrets(layout, CORE[0])

    async def probe() -> bool:
        return await bus_answers(url(port), any_provisioner)

    async def settle() -> None:
        await provision(layout, port)

    return Unit(
        name=NAME,
        command=[_program(), "-c", str(ACCOUNTS_FILE), "-a", LOOPBACK, "-p", str(port)],
        environment={
            # Quoted: the server reads the values as configuration, and a path may hold a space.
            "NATS_NAME": json.dumps(f"local-{port}"),
            "NATS_CERT": json.dumps(str(secrets / "tls.crt")),
            "NATS_KEY": json.dumps(str(secrets / "tls.key")),
            "NATS_CA": json.dumps(str(secrets / "ca.crt")),
            "NATS_STORE": json.dumps(str(layout.state(NAME))),
            "NATS_STORE_KEY": json.dumps(store_key(layout)),
        },
        log=layout.log(NAME),
        probe=probe,
        settle=settle,
    )


async def provision(layout: Layout, port: int) -> None:
    """Create the streams and consumers of every account, or bring existing ones to what the file says."""
    for stream in streams():
        connection = await connect_bus(url(port), provisioner_secrets(layout, stream.account))
        try:
            await bus_provision.provision(connection.jetstream(), [stream])
        finally:
            await connection.close()


def _program() -> str:
    beside_python = Path(sys.executable).parent / "nats-server"
    found = shutil.which("nats-server") or (str(beside_python) if beside_python.exists() else None)
    if found is None:
        raise BusMissingError("nats-server is neither on PATH nor in the virtual environment: run `make setup`")
    return found

"""The event stores: one MongoDB-compatible process, one database and one user for each service.

Which program serves is found in this order: the deployment in MONGODB_URI (used as it is), `mongod` on PATH, SecantusDB
from the virtual environment. Local ones speak mutual TLS, require a password, and are told by the connection string to
acknowledge nothing before the journal is on disk. What goes into the store is the services' business.
"""

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from deploy.local.layout import write_secret
from deploy.local.ports import LOOPBACK
from deploy.local.process import Child
from deploy.local.readiness import store_answers
from deploy.local.supervisor import Unit

_USER_EXISTS = 51003
_PROVISION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A store process to be: where it listens, where it keeps its files, which PEM files it shows and trusts."""

    service: str
    port: int
    state: Path
    identity: Path
    authority: Path
    log: Path

    @property
    def name(self) -> str:
        """Process name."""
        return store_name(self.service)


def store_name(service: str) -> str:
    """Name of the process that holds this service's database."""
    return f"store-{service}"


def external_uri(deployment: str, service: str, run_directory: Path) -> str:
    """`deployment` (a connection string) pointed at this service's database.

    The database is also named after the run directory, so that two clones may share one deployment.
    """
    parts = urlsplit(deployment)
    query = dict(parse_qsl(parts.query))
    if "@" in parts.netloc:
        # The database in the path is also the default for authentication: keep what it was before we change the path.
        query.setdefault("authSource", parts.path.strip("/") or "admin")
    clone = hashlib.sha256(str(run_directory.resolve()).encode()).hexdigest()[:8]
    return urlunsplit(parts._replace(path=f"/{service}_{clone}", query=urlencode(query, safe="/")))


def local_uri(server: Server, *, client: Path, password: str | None) -> str:
    """Connection string of a local store; without `password`, for the set-up before authentication is on."""
    options = {
        "directConnection": "true",
        "tls": "true",
        "tlsCAFile": str(server.authority),
        "tlsCertificateKeyFile": str(client),
        "w": "majority",
        "journal": "true",
    }
    user = ""
    if password is not None:
        user = f"{server.service}:{quote(password, safe='')}@"
        options["authSource"] = server.service
    return f"mongodb://{user}{LOOPBACK}:{server.port}/{server.service}?{urlencode(options)}"


def unit(server: Server, *, client: Path, password: str) -> Unit:
    """The store as a process to supervise. Before its first start ever, the database user is made."""
    with_user = local_uri(server, client=client, password=password)

    async def make_user() -> None:
        await _make_user_once(server, client, password)

    async def probe() -> bool:
        return await store_answers(with_user)

    return Unit(
        name=server.name, command=_command(server, authenticate=True), log=server.log, probe=probe, prepare=make_user
    )


def _command(server: Server, *, authenticate: bool) -> Sequence[str]:
    mongod = shutil.which("mongod")
    command = _mongod(mongod, server) if mongod else _secantus(server)
    return [*command, "--auth"] if authenticate else command


def _mongod(program: str, server: Server) -> list[str]:
    data = server.state / "mongod"
    data.mkdir(parents=True, exist_ok=True)
    return [
        program,
        *("--bind_ip", LOOPBACK, "--port", str(server.port), "--dbpath", str(data)),
        *("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(server.identity)),
        *("--tlsCAFile", str(server.authority), "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"),
    ]


def _secantus(server: Server) -> list[str]:
    return [
        *(sys.executable, "-m", "deploy.local.store_process"),
        *("--port", str(server.port), "--directory", str(server.state / "secantus")),
        *("--identity", str(server.identity), "--authority", str(server.authority)),
    ]


async def _make_user_once(server: Server, client: Path, password: str) -> None:
    """Start the store with authentication off (client certificates are required even so), make the user, stop it."""
    done = server.state / "user-made"
    if done.exists():
        return
    child = await Child.start(_command(server, authenticate=False), log=server.log)
    try:
        async with asyncio.timeout(_PROVISION_SECONDS):
            await _make_user(child, server, local_uri(server, client=client, password=None), password)
    finally:
        await child.stop(_PROVISION_SECONDS)
    write_secret(done, b"")


async def _make_user(child: Child, server: Server, uri: str, password: str) -> None:
    """Try until the store is up. In a thread, for the reason that `readiness.store_answers` gives."""
    while not await asyncio.to_thread(_make_user_now, server.service, uri, password):
        if child.returncode is not None:
            raise OSError(f"the store ended while its user was made:\n{child.tail()}")


def _make_user_now(service: str, uri: str, password: str) -> bool:
    """Make the service's user, who may read and write its own database and nothing else. False when nobody answers."""
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=500, socketTimeoutMS=5000) as client:
        database = client.get_default_database()
        try:
            database.command("createUser", service, pwd=password, roles=["readWrite"])
        except ConnectionFailure:
            return False
        except OperationFailure as error:
            if error.code != _USER_EXISTS:
                raise
            # An earlier set-up was cut off after this step.
            database.command("updateUser", service, pwd=password, roles=["readWrite"])
    return True

"""The real parts that rows are measured on: an embedded store with mutual TLS, a bus, and further processes of ours.

Everything is started for one row and ended with it, its files in a directory of the row's own. The store is the one
that the local platform runs, started the same way, unless `MONGODB_URI` names another.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.support.certs import make_authority, make_leaf
from tests.support.nats_server import PRODUCER, NatsServer
from tests.support.store import free_port

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Store:
    """A running store; `pid` is its process, None where it is not ours to look at."""

    uri: str
    pid: int | None

    @contextmanager
    def fresh(self, *, large: bool = False) -> Iterator[str]:
        """The address of a database that nobody has used, dropped at the end.

        A large one is left to a store that ends with the row anyway: dropping it would take minutes.
        """
        name = f"bench_{uuid.uuid4().hex[:12]}"
        try:
            yield urlsplit(self.uri)._replace(path=f"/{name}").geturl()
        finally:
            if self.pid is None or not large:
                with MongoClient[dict[str, object]](self.uri) as client:
                    client.drop_database(name)


@contextmanager
def running_store(directory: Path) -> Iterator[Store]:
    """A store until the block ends."""
    if given := os.environ.get("MONGODB_URI"):
        yield Store(given, None)
        return
    directory.mkdir(parents=True, exist_ok=True)
    authority = make_authority()
    leaf = make_leaf(authority)
    (directory / "identity.pem").write_bytes(leaf.certificate + leaf.key)
    (directory / "authority.pem").write_bytes(authority.pem)
    port = free_port()
    command = ["deploy.local.store_process", "--port", str(port), "--directory", str(directory / "data")]
    command += ["--identity", str(directory / "identity.pem"), "--authority", str(directory / "authority.pem")]
    options = f"tls=true&tlsCAFile={directory}/authority.pem&tlsCertificateKeyFile={directory}/identity.pem"
    with running(command, directory / "store.log") as process:
        uri = f"mongodb://127.0.0.1:{port}/?directConnection=true&{options}"
        _await_store(uri, process)
        yield Store(uri, process.pid)


def _await_store(uri: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + _START_SECONDS
    while True:
        try:
            with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except PyMongoError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def running_bus(directory: Path) -> Iterator[str]:
    """The address of a NATS server with JetStream until the block ends."""
    directory.mkdir(parents=True, exist_ok=True)
    server = NatsServer(directory)
    server.start()
    try:
        yield server.url(PRODUCER)
    finally:
        server.stop()


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m <command>` until the block ends; what it says on standard error, or of its end, goes to `log`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
    try:
        yield process
    except Exception:
        if process.poll() is not None:  # Its directory goes with the row, and its last words with it.
            print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

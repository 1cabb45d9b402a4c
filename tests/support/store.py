"""The store that tests run against: `MONGODB_URI` when set, else a SecantusDB process of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.layout import REPOSITORY
from deploy.local.ports import PortReservations
from services.chassis.log.eventstore_mongo import MongoDatabase

_START_SECONDS = 60.0
_PORTS = PortReservations()


class StoreProcess:
    """A process of the local platform's store, on a port of its own, with its data under `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        command = [sys.executable, "-m", "tests.support.plain_store", str(self._port), str(self._directory / "data")]
        with (self._directory / "store.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not _accepts(self._port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._directory / "store.log").read_text()[-2000:])
            time.sleep(0.05)

    def stop_answering(self) -> None:
        """Have it stand still, each of its threads, with all its connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            # On a busy machine its threads run on until the one that got the signal has its turn.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def answer_again(self) -> None:
        """End what `stop_answering` began."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send `how` and return when it has ended."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None


@contextmanager
def store_uri(directory: Path) -> Iterator[str]:
    """The address of a store that stands until the end."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    process = StoreProcess(directory)
    process.start()
    try:
        yield process.uri
    finally:
        process.stop()


@contextmanager
def fresh_database(uri: str) -> Iterator[MongoDatabase]:
    """A database that nobody else uses."""
    database = MongoDatabase(urlsplit(uri)._replace(path=f"/test_{uuid.uuid4().hex[:16]}").geturl())
    try:
        yield database
    finally:
        database.close()


def free_port() -> int:
    """A port that is kept for this process and those that it starts: nobody has it while its server is down."""
    return _PORTS.take(uuid.uuid4().hex)


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False

"""A trustee as a process of its own, laid out as the runner would, and the public log that its mirror shows."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis import toml_text
from services.seal.checkpoint import Checkpoint
from services.seal.leaves import Leaf
from services.seal.merkle import Tree, leaf_hash
from tests.rpc.disclosure.world import Ceremony, process, share_secrets
from tests.support.openings import Signers
from tests.support.store import free_port

ROOT = Path(__file__).parents[3]
NAME = "trustee-3"


@dataclass
class SignedLog:
    """A source of the log: leaves, and a head that witnesses have just co-signed, or so many seconds ago."""

    signers: Signers
    leaves: list[bytes]
    age: int = 0
    name: str = field(default="memory", init=False)

    def append(self, *leaves: Leaf) -> None:
        self.leaves += [leaf.to_bytes() for leaf in leaves]

    async def checkpoint(self) -> str:
        return self.signers.checkpoint(self._tree(), int(time.time()) - self.age, 2)

    async def entries(self, start: int, size: int) -> list[bytes]:
        return self.leaves[start:size]

    async def root_at(self, size: int, _checkpoint: Checkpoint) -> bytes:
        return self._tree().root(size)

    def _tree(self) -> Tree:
        return Tree(map(leaf_hash, self.leaves))


class TrusteeProcess:
    """The files of trustee 3. It is started and killed any number of times."""

    def __init__(self, directory: Path, ceremony: Ceremony) -> None:
        laid_out = process(NAME, directory, share_secrets(ceremony.dealing, 3), ceremony.text)
        self.directory = directory
        self.state = laid_out.endpoints.paths.state
        self.port, self._health = free_port(), free_port()
        self._config, self._secrets = laid_out.config, laid_out.secrets.directory
        self._paths = {"state": str(self.state), "trust": str(laid_out.endpoints.paths.trust)}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self, mirrors: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process, serving, with these mirrors; killed at the end (SIGKILL)."""
        endpoints = self.directory / "endpoints.toml"
        tables = {
            "process": {"name": NAME},
            "listen": {"rpc": self.address, "health": f"127.0.0.1:{self._health}"},
            "log": {"mirrors": list(mirrors)},
            "paths": self._paths,
        }
        endpoints.write_text(toml_text.render(tables), encoding="utf-8")
        files = [f"--config={self._config}", f"--endpoints={endpoints}", f"--secrets={self._secrets}"]
        with (self.directory / "log").open("ab") as log:
            started = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.trustee", *files, cwd=ROOT, stdout=log, stderr=log
            )
        try:
            await self._ready(started)
            yield started
        finally:
            if started.returncode is None:
                started.kill()
            await started.wait()

    async def _ready(self, started: asyncio.subprocess.Process) -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._health}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            check = stub.Check(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True)
            waiting = {asyncio.ensure_future(check), asyncio.ensure_future(started.wait())}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            assert started.returncode is None, (self.directory / "log").read_text(encoding="utf-8")

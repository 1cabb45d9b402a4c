"""A mirror as a process of its own, laid out as the runner would, on the service of a log in the test's own process."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis import toml_text
from services.chassis.rpc_errors import ErrorTable
from tests.support.log_service import SERVICE, LogServicer
from tests.support.rpc import Running, credentials, identity, serving
from tests.support.store import free_port

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def log_service(servicer: LogServicer) -> AsyncIterator[Running]:
    """The log's service, which only mirrors may call."""
    allow = {SERVICE: frozenset({str(identity("mirror"))})}
    async with serving("disclosure", [servicer.binding], allow=allow, errors=ErrorTable(reasons={})) as running:
        yield running


class MirrorProcess:
    """The files of one mirror. It is started and killed any number of times."""

    def __init__(self, directory: Path, trust: str, source: str, *, poll_seconds: float) -> None:
        self.directory = directory
        self.http, self.health = free_port(), free_port()
        state, public, secrets = (directory / name for name in ("state", "trust", "secrets"))
        for each in (state, public, secrets):
            each.mkdir(parents=True)
        self.tree = state / "tree"
        (public / "trust.toml").write_text(trust, encoding="utf-8")
        (directory / "service.toml").write_text(f"poll_seconds = {poll_seconds}\n", encoding="utf-8")
        tables = {
            "process": {"name": "mirror"},
            "listen": {"rpc": f"127.0.0.1:{self.http}", "health": f"127.0.0.1:{self.health}"},
            "peers": {"disclosure": source},
            "paths": {"state": str(state), "trust": str(public)},
        }
        (directory / "endpoints.toml").write_text(toml_text.render(tables), encoding="utf-8")
        tls = credentials("mirror")
        for name, content in {"tls.crt": tls.certificate, "tls.key": tls.key, "ca.crt": tls.authority}.items():
            (secrets / name).write_bytes(content)
            (secrets / name).chmod(0o600)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process, serving; killed at the end if it still runs."""
        files = [f"--config={self.directory}/service.toml", f"--endpoints={self.directory}/endpoints.toml"]
        files += [f"--secrets={self.directory}/secrets"]
        with (self.directory / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.mirror", *files, cwd=ROOT, stdout=log, stderr=log
            )
        try:
            await self._ready(process)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.health}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            check = stub.Check(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True)
            waiting = {asyncio.ensure_future(check), asyncio.ensure_future(process.wait())}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            assert process.returncode is None, (self.directory / "log").read_text(encoding="utf-8")

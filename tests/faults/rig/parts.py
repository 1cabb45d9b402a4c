"""The processes of the rig: each is started, killed, stopped and continued by order, and started again when it ended.

Nothing here knows what the processes do; `rig` puts them together.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deploy.local.process import Child
from tests.support.nats_server import NatsServer
from tests.support.store import StoreProcess

_PAUSE_SECONDS = 0.2
_STOP_SECONDS = 20.0


class Part(Protocol):
    """One process."""

    async def start(self) -> None:
        """Start it; a server accepts connections on return."""
        ...

    async def kill(self, down_for: float = 0.0) -> None:
        """SIGKILL it; it is there again after `down_for` seconds and the time it takes to start."""
        ...

    async def stop(self) -> None:
        """End it for good."""
        ...


class Replica:
    """A process that something starts again whenever it ends, as every platform does."""

    def __init__(self, module: str, arguments: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = environment
        self._down_for = 0.0
        self._child: Child | None = None
        self._kept: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self.log = log
        self.exits: list[int] = []
        """How it ended so far: exit codes, negative for a signal."""

    async def start(self) -> None:
        """See `Part.start`; only the process is there on return, not what it serves."""
        self._kept = asyncio.create_task(self._keep())
        await self._up.wait()

    async def kill(self, down_for: float = 0.0) -> None:
        """See `Part.kill`; returns at once."""
        self._down_for = down_for
        self.send(signal.SIGKILL)

    def send(self, how: signal.Signals) -> None:
        """Send a signal to the process that runs now, if one does."""
        if self._child is not None:
            self._child.send(how)

    async def stop(self) -> None:
        """See `Part.stop`."""
        if self._kept is not None:
            self._kept.cancel()
            await asyncio.wait([self._kept])
        if self._child is not None:
            await self._child.stop(_STOP_SECONDS)

    async def _keep(self) -> None:
        while True:
            self._child = await Child.start(self._command, log=self.log, environment=self._environment)
            self._up.set()
            self.exits.append(await self._child.wait())
            self._up.clear()
            await asyncio.sleep(_PAUSE_SECONDS + self._down_for)
            self._down_for = 0.0


class Server:
    """A store or the bus, as a `Part`. Its orders are carried out in a thread, one at a time."""

    def __init__(self, server: StoreProcess | NatsServer) -> None:
        self._server = server
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """See `Part.start`."""
        async with self._turn:
            await asyncio.to_thread(self._server.start)

    async def kill(self, down_for: float = 0.0) -> None:
        """See `Part.kill`; returns when it serves again."""
        async with self._turn:
            await asyncio.to_thread(self._server.stop, signal.SIGKILL)
            await asyncio.sleep(down_for)
            await asyncio.to_thread(self._server.start)

    async def stop(self) -> None:
        """See `Part.stop`."""
        async with self._turn:
            await asyncio.to_thread(self._server.stop, signal.SIGKILL)

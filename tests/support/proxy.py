"""A TCP proxy that breaks what it carries: cut, delayed, half-closed, black-holed or refused, by order of a test.

It stands between two real processes on 127.0.0.1 and knows nothing of what they say to each other.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

_CHUNK = 64 * 1024


class TcpProxy:
    """Carries connections from a port of its own (`port`, once started) to the port `target`."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay: Callable[[], float] | None = None
        self._refusing = False

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and cut whatever is open."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*(connection.gone.wait() for connection in self._connections))

    def __len__(self) -> int:
        """How many connections it carries."""
        return len(self._connections)

    def cut(self) -> int:
        """Reset every connection, both ends at once; how many there were."""
        for connection in self._connections:
            connection.cut()
        return len(self._connections)

    def half_close(self) -> int:
        """Tell every server that its client has finished, while the client hears and sends as before."""
        for connection in self._connections:
            connection.half_close()
        return len(self._connections)

    def refuse(self) -> None:
        """Cut all, and every new connection as soon as it is made, until `heal`."""
        self._refusing = True
        self.cut()

    def black_hole(self) -> None:
        """Carry nothing more, in either direction, without a word to anybody, until `heal`."""
        self._flowing.clear()

    def delay(self, seconds: Callable[[], float]) -> None:
        """Hold every chunk back for `seconds()`, in its order, until `heal`."""
        self._delay = seconds

    def heal(self) -> None:
        """Carry everything again. What was held back goes on its way, what was cut or half-closed stays so."""
        self._refusing = False
        self._delay = None
        self._flowing.set()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection((reader, writer), there)
        self._connections.add(connection)
        try:
            await connection.carry(self._held_back)
        finally:
            self._connections.discard(connection)
            connection.gone.set()

    async def _held_back(self) -> None:
        if self._delay is not None:
            await asyncio.sleep(self._delay())
        await self._flowing.wait()


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    """A client and its server, and the two tasks that carry between them."""

    def __init__(self, client: _Streams, server: _Streams) -> None:
        self._client, self._server = client, server
        self._tasks: list[asyncio.Task[None]] = []
        self.gone = asyncio.Event()

    async def carry(self, gate: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Carry until both sides have finished or one is gone."""
        pairs = ((self._client[0], self._server[1]), (self._server[0], self._client[1]))
        self._tasks = [asyncio.create_task(_pump(reader, writer, gate)) for reader, writer in pairs]
        try:
            await asyncio.wait(self._tasks)
        finally:
            self.cut()

    def cut(self) -> None:
        for task in self._tasks:
            task.cancel()
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    def half_close(self) -> None:
        with suppress(OSError, RuntimeError):
            self._server[1].write_eof()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Carry one direction to its end; an end that is reached is passed on, a break breaks the other side too."""
    try:
        while data := await reader.read(_CHUNK):
            await gate()
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        writer.transport.abort()

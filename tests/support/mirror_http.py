"""Mirrors over real HTTP in the test's own process, and servers that only pretend to be one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from services.chassis.http_server import HttpServer
from services.mirror.pages import Pages
from services.seal.trust import Trust
from services.tlog.kept import KeptLog
from services.tlog.source import Source
from services.tlog.tile_store import TileStore
from services.tlog.verified import Growth


@asynccontextmanager
async def mirrored(trust: Trust, source: Source, directory: Path) -> AsyncIterator[Callable[[], Awaitable[Growth]]]:
    """A mirror below a directory; calling what this yields makes it look at its source."""
    kept, _ = await KeptLog.open(trust, tree=directory / "tree", state=directory / "seen")
    try:
        yield lambda: kept.take(source)
    finally:
        await kept.close()


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[str]:
    """The files of `mirrored`, over HTTP; the URL."""
    server = HttpServer(listen="127.0.0.1:0", handler=Pages(TileStore(directory / "tree")).answer)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop(0)


@asynccontextmanager
async def answering(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that says what it is told to, byte for byte; its URL. What still talks at the end is cut off."""
    talking: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)

"""What a second command asks of a mirror: over real HTTP, counted in bytes."""

from pathlib import Path

from aiohttp import web

from services.chassis.http_server import HttpServer
from services.mirror.pages import Pages
from services.tlog.reader import MirrorReader
from services.tlog.tile_store import TileStore
from tests.support.mirror_http import mirrored
from tests.support.public_log import MemorySource, PublicLog
from vouchsafe.sdk.log_memory import LogMemory


async def test_a_second_command_reads_what_is_new_and_hardly_more(tmp_path: Path) -> None:
    log = PublicLog()
    log.grow(5000)
    pages, sent = Pages(TileStore(tmp_path / "tree")), [0]

    async def counted(request: web.BaseRequest) -> web.StreamResponse:
        response = await pages.answer(request)
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        sent[0] += len(response.body)
        return response

    async def read() -> int:
        """What one command reads, in bytes; all of the log is what it has then."""
        before = sent[0]
        found = await LogMemory(log.trust, tmp_path / "memory").read(lambda _: MirrorReader(url))
        assert list(found.leaves) == log.leaves
        return sent[0] - before

    server = HttpServer(listen="127.0.0.1:0", handler=counted)
    async with mirrored(log.trust, MemorySource(log), tmp_path) as look:
        await server.start()
        url = f"http://127.0.0.1:{server.port}"
        try:
            await look()
            first = await read()
            log.grow(10)
            await look()
            second, third = await read(), await read()
        finally:
            await server.stop(0)
    head = len(log.head().encode())
    assert first > sum(map(len, log.leaves[:5000]))
    assert 0 < third <= head
    # A bundle is the least that can be asked for: of 5010 leaves, the last 146 are in one.
    assert second - third < first * 0.05

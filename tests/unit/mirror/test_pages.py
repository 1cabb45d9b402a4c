"""What a mirror answers: the files of the specification with their headers, and nothing else."""

import asyncio
import gzip
from http.client import HTTPConnection
from pathlib import Path

import pytest

from services.chassis.http_server import HttpServer
from services.mirror.pages import Pages
from services.seal import tiles
from services.tlog.kept import KeptLog
from services.tlog.tile_store import TileStore
from tests.support.public_log import MemorySource, PublicLog


@pytest.fixture
async def served(tmp_path: Path):
    """A mirror of 301 leaves: the log, and how to ask."""
    log = PublicLog()
    log.grow(300)
    kept, _ = await KeptLog.open(log.trust, tree=tmp_path / "tree", state=tmp_path / "seen")
    await kept.take(MemorySource(log))
    await kept.close()
    server = HttpServer(listen="127.0.0.1:0", handler=Pages(TileStore(tmp_path / "tree")).answer)
    await server.start()

    async def ask(path: str, method: str = "GET", **headers: str):
        return await asyncio.to_thread(_ask, server.port, method, path, headers)

    yield log, ask
    await server.stop(0)


def _ask(port: int, method: str, path: str, headers: dict[str, str]):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    answer = (response.status, dict(response.headers), response.read())
    connection.close()
    return answer


async def test_the_checkpoint_is_text_and_not_cached(served):
    log, ask = served
    status, headers, body = await ask("/checkpoint")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "text/plain; charset=utf-8", "no-cache")
    assert body.decode().startswith(log.head().partition("\n\n")[0])


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/45", "tile/1/000.p/1"])
async def test_tiles_are_bytes_and_cached_for_good(served, path: str):
    log, ask = served
    status, headers, body = await ask(f"/{path}")
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert "immutable" in headers["Cache-Control"]
    named = tiles.parse_path(path)
    assert isinstance(named, tiles.Tile)
    assert body == tiles.encode_tile(log.tree, named)


async def test_bundles_are_compressed_for_whoever_takes_it(served):
    log, ask = served
    plain, packed = await ask("/tile/entries/000"), await ask("/tile/entries/000", accept_encoding="gzip, identity")
    assert "Content-Encoding" not in plain[1]
    assert packed[1]["Content-Encoding"] == "gzip"
    assert plain[1]["Vary"] == packed[1]["Vary"] == "Accept-Encoding", "a cache would give one for the other"
    assert len(packed[2]) < len(plain[2])
    assert gzip.decompress(packed[2]) == plain[2] == tiles.encode_bundle(log.leaves[:256])


async def test_head_answers_without_a_body(served):
    _, ask = served
    status, headers, body = await ask("/tile/0/000", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "8192", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//checkpoint",
        "/checkpoint/",
        "/tile/0/001",
        "/tile/0/000.p/12",
        "/tile/9/000",
        "/tile/0/x000/000",
        "/tile/0",
        "/tile/",
        "/../seen/log-checkpoint",
        "/tile/0/../../../seen/lock",
        "/%2e%2e/seen/lock",
        "/tile/0/..%2f..%2f..%2fseen%2flock",
        "/checkpoint.new",
        "/etc/passwd",
        "/tile/entries/000%00",
    ],
)
async def test_nothing_else_is_there(served, path: str):
    _, ask = served
    status, headers, body = await ask(path)
    assert (status, headers["Cache-Control"], body) == (404, "no-store", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_nothing_can_be_changed(served, method: str):
    _, ask = served
    status, headers, _ = await ask("/checkpoint", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")

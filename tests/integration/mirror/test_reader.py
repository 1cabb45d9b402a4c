"""A mirror is read over real HTTP, and whoever pretends to be one can neither fool nor hold up its reader."""

import asyncio
import gzip
import ssl
import time
from pathlib import Path

import pytest
from aiohttp import web

from services.chassis.clock import SystemClock
from services.chassis.http_server import HttpServer
from services.seal.merkle_proof import verify_inclusion
from services.tlog.errors import LogForked, SourceError
from services.tlog.fetch import Fetcher
from services.tlog.follower import LogFollower, LogUnavailable
from services.tlog.reader import MAX_CHECKPOINT, MirrorReader
from services.tlog.verified import VerifiedLog
from tests.support.certs import make_leaf
from tests.support.mirror_http import answering, mirrored, served
from tests.support.public_log import MemorySource, PublicLog
from tests.support.rpc import authority
from tests.unit.client.connect_proxy import proxying

LEAVES = 700
TIMEOUT = 0.5


@pytest.fixture(scope="module")
async def mirror(tmp_path_factory):
    """A log of 701 leaves, and the URL of a mirror of it."""
    directory = tmp_path_factory.mktemp("mirror")
    log = PublicLog()
    log.grow(LEAVES)
    async with mirrored(log.trust, MemorySource(log), directory) as look:
        await look()
    async with served(directory) as url:
        yield log, url


def verified(log: PublicLog) -> VerifiedLog:
    return VerifiedLog(log.trust.log_policy(), first_leaf=log.leaves[0])


async def test_the_whole_log_is_read(mirror):
    log, url = mirror
    growth = await verified(log).take(MirrorReader(url))
    assert list(growth.leaves) == log.leaves


@pytest.mark.parametrize(("start", "size"), [(0, 1), (255, 257), (256, 512), (600, 701), (700, 701), (0, 512), (5, 5)])
async def test_any_run_of_leaves_is_read_also_of_an_older_tree(mirror, start: int, size: int):
    log, url = mirror
    assert await MirrorReader(url).entries(start, size) == log.leaves[start:size]


async def test_proofs_are_made_from_the_tiles_of_a_mirror(mirror):
    log, url = mirror
    reader = MirrorReader(url)
    head = (await verified(log).checkpoint_of(reader)).checkpoint
    path = await reader.proven(head, lambda tree: tree.inclusion(300, head.size))
    verify_inclusion(300, head.size, log.tree.complete(0, 300), path, head.root)
    assert await reader.root_at(600, head) == log.tree.root(600)


async def test_a_mirror_is_read_through_a_proxy_and_no_other_way(mirror, monkeypatch):
    log, url = mirror
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with proxying({"mirror.test:80": url.removeprefix("http://")}) as proxy:
        growth = await verified(log).take(MirrorReader("http://mirror.test", proxy=proxy.url))
    assert growth.signed.size == LEAVES + 1
    with pytest.raises(SourceError):
        await MirrorReader(url, proxy="http://127.0.0.1:1", timeout=TIMEOUT).checkpoint()


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("other.test", True), ("localhost", False)])
async def test_over_https_the_name_and_the_authority_have_to_be_right(tmp_path: Path, name: str, trusted: bool):
    leaf = make_leaf(authority(), dns=(name,))
    for file, content in (("crt", leaf.certificate), ("key", leaf.key)):
        (tmp_path / file).write_bytes(content)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    believed = ssl.create_default_context(cadata=authority().pem.decode()) if trusted else None

    async def hello(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="hello\n")

    server = HttpServer(listen="127.0.0.1:0", handler=hello, tls=serving)
    await server.start()
    reader = MirrorReader(f"https://localhost:{server.port}", tls=believed)
    try:
        if name == "localhost" and trusted:
            assert await reader.checkpoint() == "hello\n"
        else:
            with pytest.raises(SourceError):
                await reader.checkpoint()
    finally:
        await server.stop(0)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://h/", "http://", "http://u@h/", "http://:secret@h/", "http://h/?q", "http://h/#f", "file:///etc/passwd"],
)
def test_other_urls_are_refused(url: str):
    with pytest.raises(ValueError, match="URL"):
        Fetcher(url, timeout=1.0)


def said(data: bytes, *, pause: float = 0.0):
    """A server that says just this, whatever it is asked, byte by byte if there is a pause."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in [data[i : i + 1] for i in range(len(data))] if pause else [data]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk


OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(10 * MAX_CHECKPOINT))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        OK + b"Content-Length: 100\r\n\r\ntoo short",
        OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\ntoo short",
        OK + b"\r\n" + b"x" * (MAX_CHECKPOINT + 1),
        OK + b"Content-Length: 99999999999\r\n\r\n" + b"x" * (MAX_CHECKPOINT + 1),
        OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(BOMB), BOMB),
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + BOMB[:20],
        OK + b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
        OK + b"Content-Length: 2\r\n\r\n\xff\xfe",
        OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=range(15),
)
async def test_whatever_else_a_server_says_is_one_error(answer: bytes):
    async with answering(said(answer)) as url:
        with pytest.raises(SourceError):
            await MirrorReader(url).checkpoint()


async def test_a_server_that_sends_without_end_is_cut_off_at_the_limit():
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"\r\n")
        while True:
            writer.write(bytes(MAX_CHECKPOINT))
            sent += MAX_CHECKPOINT
            await writer.drain()

    async with answering(endless) as url:
        with pytest.raises(SourceError):
            await MirrorReader(url, timeout=60.0).checkpoint()
    assert sent < 1000 * MAX_CHECKPOINT


@pytest.mark.parametrize("pause", [0.2, 1000.0])
async def test_a_server_that_hangs_or_answers_by_drops_holds_nobody_up(pause: float):
    async with answering(said(OK + b"X: " + b"y" * 1000, pause=pause)) as url:
        reader = MirrorReader(url, timeout=TIMEOUT)
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(SourceError, match="too long"):
                await reader.checkpoint()
        # Threads that were left behind would make the later requests wait for a free one.
        assert time.monotonic() - begun < 60  # one answer by drops takes minutes


async def test_a_hanging_mirror_does_not_hold_up_what_another_shows(mirror):
    log, url = mirror
    async with answering(said(b"x", pause=1000.0)) as hanging:
        mirrors = [MirrorReader(hanging, timeout=60.0), MirrorReader(url)]
        view = LogFollower(log.trust, mirrors, clock=SystemClock(), patience=60.0)
        async with asyncio.timeout(60.0):
            assert (await view.view(LEAVES + 1)).size == LEAVES + 1


async def test_a_mirror_that_serves_an_old_tree_is_not_believed(tmp_path: Path):
    log = PublicLog()
    source = MemorySource(log)
    source.at = int(time.time()) - 600
    async with mirrored(log.trust, source, tmp_path) as look, served(tmp_path) as url:
        view = LogFollower(log.trust, [MirrorReader(url)], clock=SystemClock(), patience=0.0)
        await look()
        with pytest.raises(LogUnavailable):
            await view.view(0)
        source.at = None
        await look()
        assert (await view.view(0)).size == 1


@pytest.mark.parametrize("sizes", [(400, 400), (300, 600), (600, 300)])
async def test_a_split_view_between_two_mirrors_is_found(tmp_path: Path, sizes: tuple[int, int]):
    log = PublicLog()
    log.grow(255)
    fork = log.fork(200)
    log.grow(sizes[0] - len(log.leaves))
    fork.grow(sizes[1] - len(fork.leaves), seed=1)
    one, other = tmp_path / "one", tmp_path / "other"
    async with (
        mirrored(log.trust, MemorySource(log), one) as first,
        mirrored(log.trust, MemorySource(fork), other) as second,
    ):
        await first()
        await second()
    async with served(one) as first_url, served(other) as second_url:
        view = LogFollower(
            log.trust, [MirrorReader(first_url), MirrorReader(second_url)], clock=SystemClock(), patience=60.0
        )
        with pytest.raises(LogForked) as raised:
            await view.view(0)
    shown = {(each / "tree" / "checkpoint").read_text(encoding="utf-8") for each in (one, other)}
    assert set(raised.value.evidence) == shown


async def test_following_costs_what_is_new_and_not_what_there_is(tmp_path: Path):
    log = PublicLog()
    log.grow(5000)
    source = MemorySource(log)
    async with mirrored(log.trust, source, tmp_path) as look, served(tmp_path) as url:
        await look()
        follower = LogFollower(log.trust, [MirrorReader(url)], clock=SystemClock())
        begun = time.monotonic()
        await follower.view(5001)
        whole = time.monotonic() - begun
        steps: list[float] = []
        for size in range(5011, 5111, 10):
            log.grow(10)
            await look()
            begun = time.monotonic()
            assert (await follower.view(size)).size == size
            steps.append(time.monotonic() - begun)
    assert sorted(steps)[len(steps) // 2] * 3 < whole

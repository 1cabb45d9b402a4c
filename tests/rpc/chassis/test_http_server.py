"""The HTTP server answers, hides its own errors, and gives nobody more time, room or connections than it says."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiohttp import web
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.chassis.configfile import ConfigError
from services.chassis.deployment import Secrets
from services.chassis.http_server import HttpServer, body_of
from tests.support.rpc import authority, credentials

LIMIT = 100


async def echo(request: web.BaseRequest) -> web.Response:
    if request.path == "/broken":
        raise RuntimeError("a secret of the server")
    if request.path == "/absent":
        raise web.HTTPNotFound(text="")
    if request.path == "/pause":
        await asyncio.sleep(0.4)
    if request.path == "/slow":
        await asyncio.sleep(60)
    if request.path == "/large":
        return web.Response(body=bytes(10_000_000))
    return web.Response(body=await body_of(request, LIMIT))


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[HttpServer]:
    server = HttpServer(listen="127.0.0.1:0", handler=echo, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)


async def said(port: int, *parts: bytes, pause: float = 0.0, tls: ssl.SSLContext | None = None) -> bytes:
    """All that the server says to these bytes until it hangs up."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    except ConnectionError:
        return b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def post(path: str, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.mark.parametrize("path", ["/echo", "/broken", "/absent"])
async def test_which_library_serves_is_told_to_nobody(path: str) -> None:
    async with serving() as server:
        answer = await said(server.port, post(path, b"x"))
    assert b"\r\nServer: vouchsafe\r\n" in answer
    assert b"aiohttp" not in answer


def own_tls(directory: Path) -> ssl.SSLContext:
    own = credentials("witness-1")
    for name, content in (("tls.crt", own.certificate), ("tls.key", own.key)):
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o600)
    return Secrets(directory).web_tls()


async def test_it_answers_over_tls(tmp_path: Path):
    trusting = ssl.create_default_context(cadata=authority().pem.decode())
    async with serving(tls=own_tls(tmp_path)) as server:
        answer = await said(server.port, post("/echo", b"hello"), tls=trusting)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\nhello")


async def test_an_unforeseen_error_is_not_told():
    async with serving() as server:
        answer = await said(server.port, post("/broken", b""))
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"secret" not in answer
        assert (await said(server.port, post("/absent", b""))).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("length", [LIMIT + 1, 10**12])
async def test_a_body_that_is_too_long_is_refused_before_it_has_come(length: int):
    async with serving() as server:
        assert (await said(server.port, post("/echo", b"", length))).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_does_not_say_its_length_is_bounded_too():
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"40\r\n" + bytes(64) + b"\r\n"
    async with serving() as server:
        assert (await said(server.port, head + chunk + chunk)).startswith(b"HTTP/1.1 413 ")


async def test_a_compressed_body_is_taken_as_it_came():
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
    async with serving() as server:
        assert (await said(server.port, head + b"bomb")).endswith(b"bomb")


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST /echo HT", b"POST /echo HTTP/1.1\r\nHost: x\r\n", post("/echo", b"a", 50), post("/slow", b"")],
    ids=["nothing", "half a line", "half a head", "half a body", "a handler that hangs"],
)
async def test_whoever_dawdles_is_hung_up_on(begun: bytes):
    async with serving(patience_seconds=0.3) as server:
        async with asyncio.timeout(60):
            answer = await said(server.port, begun)
        assert not answer.startswith(b"HTTP/1.1 200")


async def test_whoever_asks_and_does_not_read_is_hung_up_on():
    async with serving(patience_seconds=0.3, max_connections=1) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.read(9)) == b"HTTP/1.1 "
        async with asyncio.timeout(60):
            while not (await said(server.port, post("/echo", b"x"))).endswith(b"x"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        writer.close()


async def test_a_head_that_never_ends_is_refused():
    async with serving() as server:
        answer = await said(server.port, b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 10_000 + b"\r\n\r\n")
        assert b" 400 " in answer.splitlines()[0]


async def test_there_are_never_more_connections_than_it_says():
    async with serving(max_connections=2) as server:
        held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert await said(server.port, post("/echo", b"x")) == b""
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await said(server.port, post("/echo", b"x"))).endswith(b"x")


async def test_a_connection_counts_before_its_handshake_too(tmp_path: Path):
    trusting = ssl.create_default_context(cadata=authority().pem.decode())
    async with serving(max_connections=2, tls=own_tls(tmp_path)) as server:
        held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert await said(server.port, post("/echo", b"x"), tls=trusting) == b""
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await said(server.port, post("/echo", b"x"), tls=trusting)).endswith(b"x")


async def test_health_says_whether_it_serves():
    async with (
        serving(health_listen="127.0.0.1:0") as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.health_port}") as channel,
    ):
        check = health_pb2_grpc.HealthStub(channel).Check
        assert (await check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
        await server.drain()
        assert (await check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert (await said(server.port, post("/echo", b"x"))).endswith(b"x")


async def test_what_is_in_flight_is_finished_within_the_grace():
    async with serving() as server:
        asked = asyncio.create_task(said(server.port, post("/pause", b"abcd")))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await server.stop(120)
        assert (await asked).endswith(b"abcd")
        assert time.monotonic() - began < 60


async def test_an_address_that_is_taken_refuses_to_start():
    async with serving() as server:
        with pytest.raises(ConfigError, match="cannot listen"):
            await HttpServer(listen=f"127.0.0.1:{server.port}", handler=echo).start()

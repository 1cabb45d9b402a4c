"""What a span tells of an HTTP exchange, on either side: method, route and status, and nothing that somebody sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.sdk.trace import ReadableSpan

from services.chassis.deployment import Secrets
from services.chassis.http_server import HttpServer
from services.chassis.tracelink import opened
from services.mirror.pages import ROUTES
from services.seal import tiles
from services.tlog.errors import LogInconsistent, SourceError, WitnessSilent
from services.tlog.fetch import Fetcher, NotThereError
from services.tlog.witness_client import WitnessClient
from services.tlog.witness_wire import SIZE_TYPE
from tests.support.rpc import authority, credentials
from tests.support.spans import exported, shown

SECRET = "alice-example-com"
Spans = Callable[[], list[ReadableSpan]]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    with exported(monkeypatch) as finished:
        yield finished


@asynccontextmanager
async def serving(
    handler: Callable[[web.BaseRequest], web.Response], tls: ssl.SSLContext | None = None
) -> AsyncIterator[HttpServer]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return handler(request)

    server = HttpServer(listen="127.0.0.1:0", handler=answer, tls=tls, routes=(*ROUTES, "/add-checkpoint"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)


def status(request: web.BaseRequest) -> web.Response:
    if "broken" in request.path:
        raise RuntimeError(SECRET)
    return web.Response(status=404 if "absent" in request.path else 200, body=b"body")


async def asked(port: int, line: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{line} HTTP/1.1\r\nHost: {SECRET}\r\nCookie: {SECRET}\r\nConnection: close\r\n"
    head += f"traceparent: 00-{'ab' * 16}-{'cd' * 8}-01\r\n\r\n"
    writer.write(head.encode())
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("line", "name", "attributes"),
    [
        (f"GET /checkpoint?who={SECRET}", "GET /checkpoint", {"method": "GET", "code": "200"}),
        (f"GET /tile/entries/{SECRET}", "GET /tile/entries/", {"method": "GET", "code": "200"}),
        ("HEAD /tile/0/000", "HEAD /tile/", {"method": "HEAD", "code": "200"}),
        (f"GET /{SECRET}/absent", "GET OTHER", {"method": "GET", "code": "404"}),
        (f"PROPFIND /{SECRET}", "OTHER OTHER", {"method": "OTHER", "code": "200"}),
        ("GET /broken", "GET OTHER", {"method": "GET", "code": "500", "error_type": "RuntimeError"}),
    ],
)
async def test_a_served_request_leaves_method_route_and_status(
    spans: Spans, line: str, name: str, attributes: dict[str, str]
) -> None:
    async with serving(status) as server:
        await asked(server.port, line)
    (span,) = spans()
    assert shown([span]) == [(name, "SERVER", attributes)]
    assert span.status.is_ok is (attributes["code"] != "500")
    assert SECRET not in span.to_json()
    # Nobody's trace is continued: whoever asks is nobody that is known.
    assert span.parent is None
    assert f"{span.get_span_context().trace_id:032x}" != "ab" * 16


async def test_a_fetch_tells_whom_it_asked_and_neither_what_nor_why(spans: Spans) -> None:
    sent: list[web.BaseRequest] = []

    def heard(request: web.BaseRequest) -> web.Response:
        sent.append(request)
        return status(request)

    async with serving(heard) as server:
        fetcher = Fetcher(f"http://127.0.0.1:{server.port}", timeout=10)
        with opened("release"):
            assert await fetcher.get(f"tile/entries/{SECRET}", 100) == b"body"
            with pytest.raises(NotThereError):
                await fetcher.get("absent", 100)
            with pytest.raises(SourceError):
                await fetcher.get("checkpoint", 3)
    release = next(span for span in spans() if span.name == "release")
    fetched = [span for span in spans() if span.kind.name == "CLIENT"]
    peer = {"method": "GET", "peer": f"127.0.0.1:{server.port}"}
    failures: list[dict[str, str]] = [{}, {"error_type": "NotThereError"}, {"error_type": "SourceError"}]
    assert shown(fetched) == [("GET", "CLIENT", peer | failure) for failure in failures]
    assert all(span.parent and span.parent.span_id == release.get_span_context().span_id for span in fetched)
    assert not any(SECRET in span.to_json() for span in fetched)
    assert not any("traceparent" in request.headers for request in sent)


def own_tls(directory: Path) -> ssl.SSLContext:
    own = credentials("witness-1")
    for name, content in (("tls.crt", own.certificate), ("tls.key", own.key)):
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o600)
    return Secrets(directory).web_tls()


async def test_asking_a_witness_tells_whom_and_what_came_and_no_checkpoint(spans: Spans, tmp_path: Path) -> None:
    answers = [(200, b"line"), (409, b"7"), (422, b""), (503, b"")]

    def answer(_: web.BaseRequest) -> web.Response:
        code, body = answers.pop(0)
        return web.Response(status=code, body=body, content_type=SIZE_TYPE)

    trusting = ssl.create_default_context(cadata=authority().pem.decode())
    async with serving(answer, own_tls(tmp_path)) as server:
        client = WitnessClient(f"https://127.0.0.1:{server.port}", tls=trusting, timeout=20)
        try:
            assert await client(3, [b"h" * 32], SECRET) == "line"
            assert await client(3, [b"h" * 32], SECRET) == 7
            with pytest.raises(LogInconsistent):
                await client(3, [], SECRET)
            with pytest.raises(WitnessSilent):
                await client(3, [], SECRET)
        finally:
            await client.close()
    outgoing = [span for span in spans() if span.kind.name == "CLIENT"]
    peer = {"method": "POST", "peer": f"127.0.0.1:{server.port}"}
    assert shown(outgoing) == [
        ("POST /add-checkpoint", "CLIENT", peer | {"code": "200"}),
        ("POST /add-checkpoint", "CLIENT", peer | {"code": "409"}),
        ("POST /add-checkpoint", "CLIENT", peer | {"code": "422", "error_type": "LogInconsistent"}),
        ("POST /add-checkpoint", "CLIENT", peer | {"code": "503", "error_type": "WitnessSilent"}),
    ]
    incoming = [span.name for span in spans() if span.kind.name == "SERVER"]
    assert incoming == ["POST /add-checkpoint"] * 4
    assert not any(SECRET in span.to_json() for span in spans())


@pytest.mark.parametrize("file", [tiles.CHECKPOINT, tiles.Bundle(3).path, tiles.Tile(1, 0).path])
def test_the_mirror_has_a_route_for_each_kind_of_its_files(file: str) -> None:
    assert any(f"/{file}".startswith(route) for route in ROUTES)

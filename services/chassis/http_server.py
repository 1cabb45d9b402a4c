"""An HTTP/1.1 server for what others speak without gRPC: one function answers, everything around it is bounded.

Bounded are: connections, those in a TLS handshake too; the time of that handshake, of a request's head, of its whole
handling, of taking the answer and of an idle connection; and the length of each header. What a request means, and how
much of its body is read, is the handler's (`body_of`). Nobody is authenticated here: use it for what is public, or
signed; and nobody's trace is continued. A span has the method, one of the routes that the server is told, and the
status: never a path as it was asked for.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from aiohttp import web
from opentelemetry.trace import Span, SpanKind

from services.chassis import telemetry, telemetry_trace
from services.chassis.configfile import ConfigError
from services.chassis.health import HealthPort
from services.chassis.telemetry_log import log
from services.chassis.tracelink import failed

SERVING: Final = "http_serving"
DRAINING: Final = "http_draining"
FAILED: Final = "http_failed"

MAX_CONNECTIONS: Final = 64
PATIENCE_SECONDS: Final = 10.0
"""For the head of a request, for handling one, for whoever reads the answer, and for an idle connection."""

_NAME: Final = "vouchsafe"
"""Without the library's version, which the library would tell everybody."""
_HANDSHAKE_SECONDS: Final = 5.0
_MAX_FIELD: Final = 4096
_MAX_HEADERS: Final = 32
_LINGERING_SECONDS: Final = 1.0
_BREATH_SECONDS: Final = 0.5
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_OTHER: Final = "OTHER"
"""Of a method or a path that a span does not name: whoever asks may make up any."""

_log = log(__name__)

# aiohttp logs an error for each malformed request, which anybody may send. Our own errors are logged here.
_unheard = logging.getLogger("aiohttp.server.unheard")
_unheard.disabled = True

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HttpServer:
    """Serves `handler` on `listen` (`host:port`), over TLS when given a context, with health on a port of its own.

    An error that the handler does not foresee is logged, never told: the answer is an empty 500. `routes`: beginnings
    of paths, the first that fits being what a span is named by.
    """

    def __init__(
        self,
        *,
        listen: str,
        handler: Handler,
        tls: ssl.SSLContext | None = None,
        health_listen: str = "",
        routes: Sequence[str] = (),
        max_connections: int = MAX_CONNECTIONS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._listen, self._tls = listen, tls
        self._handler = handler
        self._routes = routes
        self._most = max_connections
        self._patience = patience_seconds
        self._health = HealthPort(health_listen)
        self._connections: _Connections | None = None
        self._accepting: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def health_port(self) -> int:
        """Where probes are answered, 0 for nowhere."""
        return self._health.port

    async def start(self) -> None:
        """Bind, serve, and report SERVING. ConfigError when an address cannot be bound."""
        self._connections = _Connections(self._answer, self._most, self._patience, self._tls)
        host, _, port = self._listen.rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=self._most)
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot listen on {self._listen}") from error
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._accepting = asyncio.create_task(self._connections.accept(listener))
        await self._health.start()
        await self._health.serving()
        _log.info(SERVING, port=self.port)

    async def drain(self) -> None:
        """Report NOT_SERVING, so that callers go elsewhere, while still serving those who do not."""
        _log.info(DRAINING)
        await self._health.drain()

    async def stop(self, grace: float) -> None:
        """Take no new requests, let those that have come finish for up to `grace` seconds, then close."""
        if self._accepting is not None and self._connections is not None:
            self._accepting.cancel()
            self._connections.pre_shutdown()
            # aiohttp waits once for the handler and once more for its cancellation.
            await self._connections.shutdown(grace / 2)
        await self._health.stop(grace)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        with self._span_of(request) as span:
            response = await self._handled(request, span)
            response.headers["Server"] = _NAME
            span.set_attribute("code", str(response.status))
            try:
                # Written here: the library would wait for ever for whoever asks and does not read.
                async with asyncio.timeout(self._patience):
                    await response.prepare(request)
                    await response.write_eof()
            except (TimeoutError, ConnectionError) as error:
                failed(span, error)
                if request.transport is not None:
                    request.transport.abort()
        return response

    def _span_of(self, request: web.BaseRequest) -> AbstractContextManager[Span]:
        method = request.method if request.method in _METHODS else _OTHER
        route = next((route for route in self._routes if request.path.startswith(route)), _OTHER)
        attributes = {"method": method}
        return telemetry_trace.span(f"{method} {route}", kind=SpanKind.SERVER, traceparent="", attributes=attributes)

    async def _handled(self, request: web.BaseRequest, span: Span) -> web.StreamResponse:
        try:
            async with asyncio.timeout(self._patience):
                return await self._handler(request)
        except web.HTTPException as answer:
            return web.Response(status=answer.status, headers=answer.headers, text=answer.text)
        except TimeoutError:
            return _closing(web.Response(status=web.HTTPRequestTimeout.status_code))
        except ConnectionError:
            return _closing(web.Response(status=web.HTTPBadRequest.status_code))
        except Exception as error:  # noqa: BLE001  # of any kind: whoever asked learns nothing of it
            failed(span, error)
            _log.error(FAILED, error_type=type(error).__name__, at=telemetry.where(error))
            return web.Response(status=web.HTTPInternalServerError.status_code)


class _Connections(web.Server):
    """aiohttp's connections, of which there are never more than `most`: one too many is closed before it is heard."""

    def __init__(self, handler: Handler, most: int, patience: float, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            handler,
            access_log=None,
            logger=_unheard,
            keepalive_timeout=patience,
            lingering_time=_LINGERING_SECONDS,
            max_line_size=_MAX_FIELD,
            max_field_size=_MAX_FIELD,
            max_headers=_MAX_HEADERS,
            auto_decompress=False,
        )
        self._most = most
        self._tls = tls
        self._opening: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> None:
        """Take connections until cancelled; then the listener is closed, and those in a handshake are."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    line, _ = await loop.sock_accept(listener)
                except OSError:  # the caller has gone already, or there are too many open files
                    await asyncio.sleep(_BREATH_SECONDS)
                    continue
                if len(self._opening) + len(self.connections) >= self._most:
                    line.close()
                else:
                    opening = asyncio.create_task(self._open(line))
                    self._opening.add(opening)
                    opening.add_done_callback(self._opening.discard)
        finally:
            listener.close()
            for opening in self._opening:
                opening.cancel()

    async def _open(self, line: socket.socket) -> None:
        """Counted from here on: a server of asyncio's own tells of a connection only after its handshake."""
        limit = _HANDSHAKE_SECONDS if self._tls else None
        with contextlib.suppress(OSError):  # whoever fails at TLS has only himself to tell
            await asyncio.get_running_loop().connect_accepted_socket(
                self, line, ssl=self._tls, ssl_handshake_timeout=limit
            )


async def body_of(request: web.BaseRequest, limit: int) -> bytes:
    """The whole body; raises HTTPRequestEntityTooLarge as soon as it is longer than `limit` bytes."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1, text="")


def _closing(response: web.Response) -> web.Response:
    """Half a request may still be on its way: nothing after it on this connection could be understood."""
    with contextlib.suppress(RuntimeError):
        response.force_close()
    return response

"""One HTTP GET of something public, bounded in size and time. What comes is anybody's: nothing here verifies it.

By the standard library, on threads of the fetcher's own, so that a server that answers by drops holds up nobody else.
No redirect is followed, and no proxy of the environment is obeyed.
"""

import asyncio
import socket
import ssl
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from opentelemetry.trace import SpanKind

from services.chassis.tracelink import opened
from services.tlog.errors import SourceError

CONCURRENT: Final = 4
"""Requests under way at once, to one server."""

_HEADERS: Final = {"Accept-Encoding": "gzip, identity", "User-Agent": "vouchsafe"}
_OK, _NOT_FOUND, _GONE = 200, 404, 410


class NotThereError(SourceError):
    """The server answers, but has no such thing."""


class Fetcher:
    """Fetches what is below one URL, `http://host[:port][/prefix]` or https; each request within `timeout` seconds.

    `proxy` is an HTTP proxy that takes CONNECT, as `http://host:port`; names are then looked up by it. `tls` is what to
    trust for https instead of the machine's authorities. Raises ValueError for a URL of another form.
    """

    def __init__(
        self, url: str, *, timeout: float, proxy: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._at = _split(self.url)
        self._proxy = _split(proxy) if proxy else None
        self._timeout = timeout
        self._tls = tls or (ssl.create_default_context() if self._at.scheme == "https" else None)
        self._threads = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="fetch")
        self._slots = asyncio.Semaphore(CONCURRENT)

    async def get(self, path: str, limit: int) -> bytes:
        """The body at `path` below the URL, of at most `limit` bytes; SourceError, NotThereError."""
        attributes = {"method": "GET", "peer": self._at.netloc}
        # The span has no path, and the request no trace: which file is read, and what for, is told to nobody.
        async with self._slots:
            with opened("GET", kind=SpanKind.CLIENT, attributes=attributes):
                return await self._got(path, limit)

    async def _got(self, path: str, limit: int) -> bytes:
        connection = self._connection()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                return await loop.run_in_executor(self._threads, _exchange, connection, self._below(path), limit)
        except TimeoutError:
            raise SourceError(f"{self.url} takes too long") from None
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            raise SourceError(f"{self.url} does not answer as it should: {type(error).__name__}") from error
        finally:
            _hang_up(connection)

    def _below(self, path: str) -> str:
        return f"{self._at.path}/{path}"

    def _connection(self) -> HTTPConnection:
        host, port = _address(self._at)
        dial = _address(self._proxy) if self._proxy else (host, port)
        connection: HTTPConnection
        if self._tls is not None:
            connection = HTTPSConnection(*dial, timeout=self._timeout, context=self._tls)
        else:
            connection = HTTPConnection(*dial, timeout=self._timeout)
        if self._proxy:
            connection.set_tunnel(host, port)
        return connection


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    is_http = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not is_http or parts.query or parts.fragment:
        raise ValueError("a URL is http://host[:port][/prefix] or https, with nothing else in it")
    return parts


def _address(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _exchange(connection: HTTPConnection, path: str, limit: int) -> bytes:
    """On a thread: ask, and read the answer. The caller's deadline ends it by hanging up."""
    try:
        connection.request("GET", path, headers=_HEADERS)
        response = connection.getresponse()
        if response.status in (_NOT_FOUND, _GONE):
            raise NotThereError("the source has no such file")
        if response.status != _OK:
            raise SourceError(f"the source answers with status {response.status}")
        return _decoded(_body(response, limit), response.headers.get("Content-Encoding", "identity"), limit)
    finally:
        connection.close()


def _body(response: HTTPResponse, limit: int) -> bytes:
    data = response.read(limit + 1)
    if len(data) > limit:
        raise SourceError("the source sends more than there can be")
    if response.length:
        raise SourceError("the source stopped in the middle")
    return data


def _decoded(data: bytes, encoding: str, limit: int) -> bytes:
    if encoding.lower() == "identity":
        return data
    if encoding.lower() != "gzip":
        raise SourceError("the source sends what was not asked for")
    inflating = zlib.decompressobj(16 + zlib.MAX_WBITS)
    plain = inflating.decompress(data, limit + 1)
    if len(plain) > limit or not inflating.eof or inflating.unused_data:
        raise SourceError("the source sends more than there can be, or stopped in the middle")
    return plain


def _hang_up(connection: HTTPConnection) -> None:
    """Wake the thread that waits for this connection, if one does."""
    line = connection.sock
    if line is not None:
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:  # it has hung up itself
            return

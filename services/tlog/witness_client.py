"""Asks one witness to co-sign a checkpoint: C2SP tlog-witness over HTTPS, with the standard library alone.

A witness is somebody else's machine, perhaps hostile: it is given two seconds in all and a few kilobytes, and redirects
are not followed. TLS keeps the exchange private; whom the answer is from is shown by the co-signature, which
`cosigning` verifies.
"""

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from services.chassis.tracelink import opened
from services.seal.checkpoint import parse_decimal
from services.seal.errors import SealError
from services.tlog.errors import LogInconsistent, WitnessRefused, WitnessSilent
from services.tlog.witness_wire import MAX_ANSWER, PATH, SIZE_TYPE, AddCheckpoint

TIMEOUT_SECONDS: Final = 2.0
"""For a whole exchange. A witness that did not answer is asked again within a second or two anyway."""

_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "vouchsafe"}


class _Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


class WitnessClient:
    """One witness, by its submission prefix, e.g. `https://witness.example/prefix`.

    Keeps a connection open. Raises ValueError for a URL that is not one of HTTPS without query or user.
    """

    def __init__(self, url: str, *, tls: ssl.SSLContext, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("a witness's URL is https://host[:port][/prefix]")
        self._host, self._port, self._peer = parts.hostname, parts.port, parts.netloc
        self._path = parts.path.rstrip("/") + PATH
        self._tls = tls
        self._timeout = timeout
        # A thread of its own: one witness that hangs keeps nobody from asking the others.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="witness")
        self._connection: http.client.HTTPSConnection | None = None
        self._asking = False

    async def __call__(self, old_size: int, proof: Sequence[bytes], note: str) -> str | int:
        """The witness's signature lines, unverified; or the size it has seen, when that is not `old_size`.

        Raises WitnessSilent when it gave no answer that makes sense, WitnessRefused when it will not do this, and
        LogInconsistent when it says that the log has forked.
        """
        body = AddCheckpoint(old_size, tuple(proof), note).format()
        attributes = {"method": "POST", "peer": self._peer}
        with opened(f"POST {PATH}", kind=SpanKind.CLIENT, attributes=attributes) as span:
            answer = await self._exchanged(body)
            span.set_attribute("code", str(answer.status))
            return _understood(answer, old_size)

    async def close(self) -> None:
        """Hang up."""
        self._hang_up()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _exchanged(self, body: bytes) -> _Answer:
        if self._asking:
            raise WitnessSilent("the last exchange has not ended")
        self._asking = True
        exchange = asyncio.get_running_loop().run_in_executor(self._thread, self._exchange, body)
        exchange.add_done_callback(self._ended)
        try:
            # The thread bounds each step. All of them together are bounded here, against an answer that trickles in.
            return await asyncio.wait_for(asyncio.shield(exchange), self._timeout)
        except TimeoutError as error:
            self._hang_up()
            raise WitnessSilent("no answer in time") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise WitnessSilent(type(error).__name__) from error

    def _ended(self, exchange: asyncio.Future[_Answer]) -> None:
        self._asking = False
        if not exchange.cancelled():
            exchange.exception()  # was told already, or there is nobody to tell

    def _exchange(self, body: bytes) -> _Answer:
        """On the thread: ask, once more on a new connection if the old one turns out to be closed."""
        reused = self._connection is not None
        try:
            return self._asked_once(body)
        except (ConnectionError, ssl.SSLEOFError, http.client.CannotSendRequest):
            if not reused:
                raise
        return self._asked_once(body)

    def _asked_once(self, body: bytes) -> _Answer:
        connection = self._connection or http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=self._tls
        )
        self._connection = connection
        done = False
        try:
            connection.request("POST", self._path, body, _HEADERS)
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER + 1)
            if len(answer) > MAX_ANSWER:
                raise http.client.HTTPException("the answer is too long")
            # Closed by http.client when this is the last answer, and opened again by the next request.
            done = True
            return _Answer(response.status, response.headers.get_content_type(), answer)
        finally:
            if not done:
                self._connection = None
                connection.close()

    def _hang_up(self) -> None:
        """End what the thread may be waiting for; what it does not see at once ends with its own time limit."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def _understood(answer: _Answer, old_size: int) -> str | int:
    if answer.status == HTTPStatus.OK:
        try:
            return answer.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WitnessSilent("the answer is not text") from error
    if answer.status == HTTPStatus.CONFLICT:
        return _other_size(answer, old_size)
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise LogInconsistent("the witness has seen another tree of this log")
    if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise WitnessRefused(f"HTTP {answer.status}")
    raise WitnessSilent(f"HTTP {answer.status}")


def _other_size(answer: _Answer, old_size: int) -> int:
    """The size that the witness has seen. That it has seen the size it was told means another root of that size."""
    try:
        size = parse_decimal(answer.body.decode("ascii").removesuffix("\n"))
    except (SealError, UnicodeDecodeError):
        size = None
    if answer.content_type != SIZE_TYPE or size == old_size:
        raise LogInconsistent("the witness has seen another root of this size")
    if size is None:
        raise WitnessSilent("the size is malformed")
    return size

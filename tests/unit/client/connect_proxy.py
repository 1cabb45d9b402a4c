"""A real HTTP proxy that takes CONNECT, and what it sees of those who come through it: where to, and their first bytes.

Names are looked up in `routes` alone, so a test can use one that nobody else could resolve.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """Carries tunnels to `routes[authority]` (host:port), or to the authority itself when it is not named there."""

    routes: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    heads: list[str] = field(default_factory=list)
    """The CONNECT requests, with their headers."""
    first_bytes: list[bytes] = field(default_factory=list)
    """What each client sent first through its tunnel."""
    open_now: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._tunnel(reader, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        method, authority, _ = head.split(" ", 2)
        assert method == "CONNECT"
        host, port = self.routes.get(authority, authority).rsplit(":", 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        first = await reader.read(16 * 1024)
        self.first_bytes.append(first)
        far_writer.write(first)
        back = asyncio.create_task(_pour(far_reader, writer))
        try:
            await _pour(reader, far_writer)
        finally:
            far_writer.close()
            back.cancel()


@asynccontextmanager
async def proxying(routes: Mapping[str, str] | None = None) -> AsyncIterator[ConnectProxy]:
    """A proxy on a free port."""
    proxy = ConnectProxy(routes or {})
    server = await asyncio.start_server(proxy._accepted, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(16 * 1024):
        writer.write(chunk)
        await writer.drain()
    writer.close()


@dataclass(frozen=True)
class ClientHello:
    """What a TLS client says of itself before anything is encrypted (RFC 8446, section 4.1.2)."""

    session_id: bytes
    extensions: Mapping[int, bytes]

    @classmethod
    def parse(cls, record: bytes) -> "ClientHello":
        assert record[0] == 22, "not a handshake record"
        body = record[5:]
        assert body[0] == 1, "not a ClientHello"
        at = 4 + 2 + 32
        session_id, at = _vector(body, at, 1)
        _, at = _vector(body, at, 2)  # cipher suites
        _, at = _vector(body, at, 1)  # compression
        block, _ = _vector(body, at, 2)
        extensions, at = {}, 0
        while at < len(block):
            kind = int.from_bytes(block[at : at + 2], "big")
            extensions[kind], at = _vector(block, at + 2, 2)
        return cls(session_id, extensions)


def _vector(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    start = at + size
    end = start + int.from_bytes(data[at:start], "big")
    return data[start:end], end

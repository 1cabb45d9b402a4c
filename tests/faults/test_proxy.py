"""The proxy breaks connections as it says: a fault that does not happen proves nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.proxy import TcpProxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that sends back what it gets, and remembers whether a client has finished."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
            self.finished.set()
            await asyncio.sleep(60)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def carried() -> AsyncIterator[tuple[TcpProxy, Echo, Streams]]:
    """A connection through a proxy to an echo."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    proxy = TcpProxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    streams = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield proxy, echo, streams
    finally:
        streams[1].close()
        await proxy.stop()
        server.close()


async def echoed(streams: Streams, data: bytes, patience: float = 5.0) -> bytes:
    streams[1].write(data)
    async with asyncio.timeout(patience):
        return await streams[0].read(1000)


async def ended(streams: Streams) -> bool:
    """Whether the other side is gone."""
    try:
        return await echoed(streams, b"more") == b""
    except ConnectionError:
        return True


async def test_it_carries_both_ways() -> None:
    async with carried() as (proxy, _, streams):
        assert await echoed(streams, b"one") == b"one"
        assert len(proxy) == 1


async def test_a_cut_is_felt_and_new_connections_are_carried() -> None:
    async with carried() as (proxy, _, streams):
        await echoed(streams, b"one")
        assert proxy.cut() == 1
        assert await ended(streams)
        again = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await echoed(again, b"three") == b"three"
        again[1].close()


async def test_after_a_half_close_the_server_has_heard_the_end_and_the_client_has_not() -> None:
    async with carried() as (proxy, echo, streams):
        await echoed(streams, b"one")
        assert proxy.half_close() == 1
        async with asyncio.timeout(60):
            await echo.finished.wait()
        with pytest.raises(TimeoutError):
            await echoed(streams, b"", patience=0.1)


async def test_a_black_hole_swallows_until_it_is_healed() -> None:
    async with carried() as (proxy, _, streams):
        proxy.black_hole()
        with pytest.raises(TimeoutError):
            await echoed(streams, b"one", patience=0.1)
        proxy.heal()
        assert await echoed(streams, b"") == b"one"


async def test_a_delay_holds_back_and_keeps_the_order() -> None:
    async with carried() as (proxy, _, streams):
        clock = asyncio.get_running_loop()
        proxy.delay(lambda: 0.1)
        began = clock.time()
        assert await echoed(streams, b"one") == b"one"
        assert clock.time() - began >= 0.2


async def test_who_refuses_takes_no_connection() -> None:
    async with carried() as (proxy, _, _streams):
        proxy.refuse()
        assert await ended(await asyncio.open_connection("127.0.0.1", proxy.port))

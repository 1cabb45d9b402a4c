"""Which of the two sides may be connected now: one, or none.

A network, an employer's proxy or a server that sees a person's connection and an alias's at the same time from one
place could join the two. So a call on one side waits until no call is under way on the other, whose connections are
closed first. Calls of the same side run together. Who waits longest comes first, so neither side keeps the other out.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class OneAtATime:
    """A gate between groups of calls, on one event loop. A group is known by the callable that disconnects it."""

    def __init__(self) -> None:
        self._queue = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()
        self._inside: Callable[[], Awaitable[None]] | None = None
        self._calls = 0

    @asynccontextmanager
    async def taken(self, disconnect: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Let a call of one group run; `disconnect` closes that group's connections when the other's turn comes."""
        async with self._queue:  # in order of arrival: asyncio's lock is fair
            if self._inside is not None and self._inside != disconnect:
                await self._empty.wait()
                await self._inside()
            self._inside = disconnect
            self._calls += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._calls -= 1
            if self._calls == 0:
                self._empty.set()

    async def rest(self, disconnect: Callable[[], Awaitable[None]]) -> None:
        """Disconnect a group for the time being, unless a call is under way."""
        async with self._queue:
            if self._calls == 0:
                await disconnect()

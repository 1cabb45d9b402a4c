"""Views follow the log: what was acknowledged is read a moment later."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def eventually(holds: Callable[[], Awaitable[bool]], within: float = 90.0) -> None:
    """Fails when it does not hold within so many seconds."""
    give_up = time.monotonic() + within
    while not await holds():
        assert time.monotonic() < give_up, "it never held"
        await asyncio.sleep(0.2)

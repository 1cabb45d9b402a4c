"""A nudge: something may have happened, look sooner than you would have.

Nudges stay inside one process and may be lost without harm: whoever waits for one also looks when its patience ends.
"""

import asyncio


class Nudge:
    """Wakes every waiter that it knows. A ring while nobody waits is kept for the next wait of each listener."""

    def __init__(self) -> None:
        self.rings = 0
        """How often it has rung: whoever remembers the number knows whether it has rung since."""
        self._listeners: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Wake all listeners. Call it on the event loop's thread."""
        self.rings += 1
        for listener in self._listeners:
            listener.set()

    def listen(self) -> "Listener":
        """A new listener, deaf to rings of the past; use it as a context manager."""
        return Listener(self._listeners)


class Listener:
    """One waiter's ear."""

    def __init__(self, listeners: set[asyncio.Event]) -> None:
        self._listeners = listeners
        self._rung = asyncio.Event()

    def __enter__(self) -> "Listener":
        self._listeners.add(self._rung)
        return self

    def __exit__(self, *exception: object) -> None:
        self._listeners.discard(self._rung)

    async def wait(self, patience: float) -> bool:
        """Wait for a ring since the last wait, at most `patience` seconds; True when there was one."""
        try:
            async with asyncio.timeout(patience):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

"""A bus in a process's own memory, for tests: one producer's stream, its archive, and inboxes on it.

It keeps what makes the real one awkward: the fence, redelivery of what was not acknowledged, and no memory of the past
beyond the stream.
"""

import asyncio
from collections.abc import Sequence

from services.chassis.integration.bus import Extent, Fenced, Message, Stored, Tail


class MemoryBus:
    """One producer's stream; an `Outbox` and an `Archive`. `stored` is what it holds, in order."""

    def __init__(self) -> None:
        self.stored: list[Message] = []

    async def tail(self) -> Tail:
        """See `Outbox.tail`."""
        return Tail(self.stored[-1].event.mark, len(self.stored)) if self.stored else Tail()

    async def publish(self, messages: Sequence[Message], after_sequence: int) -> int:
        """See `Outbox.publish`."""
        if after_sequence != len(self.stored):
            raise Fenced(f"sequence {after_sequence} is not the last")
        self.stored.extend(messages)
        return len(self.stored)

    async def extent(self) -> Extent:
        """See `Archive.extent`."""
        return Extent(1, len(self.stored), 1024 * 1024)

    async def read(self, after_sequence: int, limit: int) -> Sequence[Stored]:
        """See `Archive.read`."""
        found = enumerate(self.stored[after_sequence : after_sequence + limit], start=after_sequence + 1)
        return [Stored(sequence, message.event.mark, message) for sequence, message in found]

    def inbox(self) -> "MemoryInbox":
        """A durable consumer that begins with the first message."""
        return MemoryInbox(self.stored)


class MemoryInbox:
    """An `Inbox`: hands out what is neither acknowledged nor in somebody's hands."""

    def __init__(self, stored: list[Message]) -> None:
        self._stored = stored
        self._next = 0
        self.returned: list[Message | None] = []
        self.acknowledged = 0

    async def fetch(self, limit: int, patience: float) -> Sequence["MemoryDelivery"]:
        """See `Inbox.fetch`."""
        returned, self.returned = self.returned[:limit], self.returned[limit:]
        fresh = self._stored[self._next : self._next + limit - len(returned)]
        self._next += len(fresh)
        if not returned and not fresh:
            await asyncio.sleep(min(patience, 0.01))
        return [MemoryDelivery(self, message) for message in [*returned, *fresh]]


class MemoryDelivery:
    """A `Delivery`; `message` is None for one that arrived unreadable."""

    def __init__(self, inbox: MemoryInbox, message: Message | None) -> None:
        self._inbox = inbox
        self.message = message

    async def ack(self) -> None:
        """See `Delivery.ack`."""
        self._inbox.acknowledged += 1

    async def nak(self) -> None:
        """See `Delivery.nak`."""
        self._inbox.returned.append(self.message)

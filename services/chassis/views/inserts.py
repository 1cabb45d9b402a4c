"""Inserts new view documents, two bulks at a time: while one waits for the journal the store works on the other.

Among documents that are there for the first time no order matters, as long as all are durable before the position that
tells of them is written (`projector`). What has failed is told at the next call.

A document must stay as it is until its insert has been made: the store is sent what it is then.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping

from services.chassis.views.viewstore import Documents, StoredView

_AT_ONCE = 2


class Inserts:
    """The inserts under way into one generation of a view. They raise what `Documents.insert` raises."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._under_way: deque[tuple[Mapping[str, StoredView], asyncio.Task[None]]] = deque()

    async def add(self, views: Mapping[str, StoredView]) -> None:
        """Have these inserted; returns before they are, unless too many others are under way still."""
        task = asyncio.create_task(self._documents.insert(views))
        task.add_done_callback(_heard)
        self._under_way.append((views, task))
        while len(self._under_way) >= _AT_ONCE:
            await self._oldest()

    async def landed(self, document_ids: Collection[str]) -> None:
        """Return when none of these is under way, so that it may be changed."""
        while any(not views.keys().isdisjoint(document_ids) for views, _ in self._under_way):
            await self._oldest()

    async def done(self) -> None:
        """Return when all are durable."""
        while self._under_way:
            await self._oldest()

    def abandon(self) -> None:
        """Wait for none of them any more; each may be done or not."""
        while self._under_way:
            self._under_way.popleft()[1].cancel()

    async def _oldest(self) -> None:
        await self._under_way[0][1]
        self._under_way.popleft()


def _heard(task: "asyncio.Task[None]") -> None:
    """Take notice of a failure, which perhaps nobody waits for any more."""
    if not task.cancelled():
        task.exception()

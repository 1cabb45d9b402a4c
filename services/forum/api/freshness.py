"""How new an answer must be: a reader who has just written asks to see it, by the token that came with the answer."""

import asyncio

from services.chassis.log.consistency import Visible, Waiter
from services.chassis.rpc_call import current_call


class Freshness:
    """Waits until what is read shows what a token stands for: `memory` the hot read model, `views` all views."""

    def __init__(self, waiter: Waiter, *, memory: Visible, views: Visible) -> None:
        self._waiter = waiter
        self._memory = memory
        self._views = views

    async def of_memory(self, token: bytes) -> None:
        """Return when memory shows it; an empty token asks for nothing. INVALID_CONSISTENCY_TOKEN, NOT_YET_VISIBLE."""
        if token:
            await self._waiter.wait(token, current_call().deadline, self._memory)

    async def of_views(self, token: bytes) -> None:
        """The same of the views."""
        if token:
            await self._waiter.wait(token, current_call().deadline, self._views)


class AllOf:
    """Shows what all of `parts` show."""

    def __init__(self, *parts: Visible) -> None:
        self._parts = parts

    async def reached(self, position: int) -> None:
        """See `Visible.reached`."""
        await asyncio.gather(*(part.reached(position) for part in self._parts))

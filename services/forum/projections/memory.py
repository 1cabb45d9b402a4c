"""Keeps the hot read model up with the log, and tells it what came before the place in the log where it began.

Clocks differ, so a post from before may be newer than all that are held: the model must know how new the newest of them
is before it may answer for a feed. The views know; until they have been asked, they answer themselves.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from services.chassis.log.codec import EventCodec
from services.chassis.log.consistency import Visible, promise
from services.chassis.log.eventstore import CommitLog, EventStoreError
from services.chassis.log.nudge import Nudge
from services.chassis.log.tailing import LogTail, Observer
from services.chassis.rpc_deadline import Deadline
from services.chassis.rpc_errors import RefusedError
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.forum.projections.feed import FeedIndex
from services.forum.projections.hot import LIMITS, Hot, Limits

ANCHOR_FAILED: Final = "hot_model_anchor_failed"

_BACKOFF = 1.0
_PATIENCE = 10.0
"""Seconds for which a start waits for the model, and it for views. Reading works without it, only more slowly."""

_log = log(__name__)


class Memory:
    """The hot read model of one process. `observers` hear the commits that it is told of."""

    def __init__(
        self,
        *,
        log: CommitLog,
        news: Nudge,
        codec: EventCodec,
        feed: FeedIndex,
        views: Visible,
        observers: Sequence[Observer] = (),
        limits: Limits = LIMITS,
    ) -> None:
        self.hot = Hot(codec, limits)
        self.tail = LogTail(log, news=news, models=[self.hot], observers=observers, window=limits.window)
        self._log = log
        self._feed = feed
        self._views = views
        self._anchored = asyncio.Event()

    async def follow(self) -> None:
        """Follow the log until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.tail.run())
            group.create_task(self._anchor())

    async def ready(self) -> None:
        """Return when what was in the log at the start is in memory, or when that takes too long to wait for."""
        await self.tail.ready()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._anchored.wait()

    async def _anchor(self) -> None:
        await self.tail.ready()
        while not self._anchored.is_set():
            try:
                await anchor(self.hot, self._feed, log=self._log, tail=self.tail, views=self._views)
                self._anchored.set()
            except (EventStoreError, RefusedError) as error:
                _log.warning(ANCHOR_FAILED, error_type=type(error).__name__, at=where(error))
                await asyncio.sleep(_BACKOFF)


async def anchor(hot: Hot, feed: FeedIndex, *, log: CommitLog, tail: Visible, views: Visible) -> None:
    """Tell `hot`, which `tail` keeps up with `log`, of the newest post before it; `feed` reads `views`.

    Raises EventStoreError, and RefusedError when the views do not show in time what they have shown to be complete.
    """
    if hot.anchored or not hot.first:
        return  # it began with the first commit, or will
    await views.reached(hot.first - 1)
    promise(hot.first - 1, Deadline.after(_PATIENCE))
    while True:
        newest = await feed.newest_not(hot.holds)
        await tail.reached(await log.head_position())
        # What the views had first, the model has by now.
        if newest is None or not hot.holds(newest.post_id):
            hot.anchor(newest.minute if newest else None)
            return

"""Drives one view under a lease of its own: keeps up what queries read, and builds it anew when that is wished.

A rebuild replays the log into a generation that nobody reads. When it and the one in use have come equally far, what
queries read is flipped by compare-and-swap, and then both stand still until every process must have heard, about a
second: whoever reads in one process and then in another, before or after either has heard, sees nothing go back. From
then on the new one alone is kept up, and after a while the old one is dropped. The first generation of a version is
built in the same way, but nobody has to hear. A build that was cut off goes on from its stored position under the next
lease.

A build that fails is tried again, ever more slowly, and does not hold up what is in use.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import CommitLog
from services.chassis.log.lease import LeaseLost
from services.chassis.log.nudge import Nudge
from services.chassis.log.worker import LogWorker
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import PROJECTION_LAG
from services.chassis.views.page_size import MOST
from services.chassis.views.projection import Projection
from services.chassis.views.projector import REPLAY_BYTES, Projector
from services.chassis.views.view_catalog import LOOK_SECONDS, ViewCatalog
from services.chassis.views.viewstore import GRACE_SECONDS, Generations, collection_name

BUILD_BEGUN: Final = "view_build_begun"
BUILD_FAILED: Final = "view_build_failed"
FLIPPED: Final = "view_flipped"

_LAG_SECONDS = 5.0
_QUIET_SECONDS = 0.05
_HEARD_SECONDS = LOOK_SECONDS * 1.1
"""After a flip, every read that begins in any process is of the new generation; a margin for clocks that differ."""
_FIRST_BACKOFF = 0.25
_LONGEST_BACKOFF = 15.0

_log = log(__name__)


class ProjectionDriver:
    """Drives a projection's view; a `worker.Follower`. `epoch` is that of the lease named by `lease_of`.

    `log` is read by what follows it, `history` by a replay, so that old pages need not push new ones out of a window.
    `news` rings when the log has grown. `most` and `replay_bytes`: see `Projector`.
    """

    def __init__(
        self,
        *,
        log: CommitLog,
        history: CommitLog | None = None,
        news: Nudge | None = None,
        codec: EventCodec,
        projection: Projection,
        catalog: ViewCatalog,
        epoch: int,
        grace_seconds: float = GRACE_SECONDS,
        most: int = MOST,
        replay_bytes: int = REPLAY_BYTES,
    ) -> None:
        self.view = collection_name(projection.name, projection.version)
        self._log = log
        self._history = history or log
        self._news = news or Nudge()
        self._codec = codec
        self._projection = projection
        self._catalog = catalog
        self._epoch = epoch
        self._grace_seconds = grace_seconds
        self._most = most
        self._replay_bytes = replay_bytes
        self._taken = False
        self._projectors: dict[int, Projector] = {}
        self._retiring_since: float | None = None
        self._failures = 0
        self._build_again_at = 0.0
        self._measured_at = 0.0
        self._looked_at = time.monotonic()

    async def step(self) -> bool:
        """Bring the view on by a page; whether there may be more to do at once.

        Raises what `Projector.step` raises; of a build, LeaseLost only.
        """
        generations = await self._generations()
        if not generations.building and generations.active < generations.wished:
            generations = await self._swapped(generations, generations.begun())
            _log.info(BUILD_BEGUN, projection=self.view, generation=generations.building)
        if generations.retiring:
            await self._heard()
        more = await self._keep_up(generations)
        if generations.building:
            more |= await self._build(generations)
        if generations.retiring:
            await self._retire(generations)
        return more

    async def _generations(self) -> Generations:
        """What there is now. Takes over under our epoch, and removes what is left of the past, the first time.

        So it does after a flip of unknown outcome: the revision that this changes decides it.
        """
        if self._taken:
            generations, _ = await self._catalog.look(self.view)
        else:
            self._projectors.clear()
            self._retiring_since = None
            generations, _ = await self._catalog.look(self.view, max_age=0)
            if generations.epoch <= self._epoch:
                generations = await self._clear(generations)
            self._taken = generations.epoch == self._epoch
        if generations.epoch > self._epoch:
            raise LeaseLost(f"{self.view} has been taken over under a later epoch")
        return generations

    async def _heard(self) -> None:
        """Return when every process must have heard of the flip."""
        if self._retiring_since is None:
            self._retiring_since = time.monotonic()
        await asyncio.sleep(max(0.0, self._retiring_since + _HEARD_SECONDS - time.monotonic()))

    async def _swapped(self, old: Generations, new: Generations) -> Generations:
        """The generations after the swap, or as someone else has left them."""
        await self._catalog.swap(self.view, old, new)
        generations, _ = await self._catalog.look(self.view, max_age=0)
        if generations.epoch > self._epoch:
            raise LeaseLost(f"{self.view} has been taken over under a later epoch")
        return generations

    async def _keep_up(self, generations: Generations) -> bool:
        """Follow the log with what is read; whether there may be more to do at once."""
        if not generations.active:
            return False
        rings, active = self._news.rings, self._projector(generations.active)
        more = await active.step()
        if not more:
            await self._find_lost(generations.active, active)
        self._catalog.passed(self.view, saved=active.saved, through=active.position)
        await self._measure(active, more=more)
        if not more and active.saved < active.position and await self._is_quiet(rings):
            # Other processes see only what is stored, so the position must be, but not for each of many pages.
            more = await active.step()
            self._catalog.passed(self.view, saved=active.saved, through=active.position)
        return more

    async def _find_lost(self, number: int, active: Projector) -> None:
        """Raise LeaseLost when the store has lost what was written last: no write finds that out while none is made."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        if await self._catalog.store.documents(self.view, number).position() < active.saved:
            raise LeaseLost("the position is not where it was left")

    async def _is_quiet(self, rings: int) -> bool:
        """Whether the log does not grow for a short while, beyond what it had rung for already."""
        if self._news.rings != rings:
            return False
        with self._news.listen() as listener:
            return not await listener.wait(_QUIET_SECONDS)

    async def _build(self, generations: Generations) -> bool:
        """Replay a page, and flip at the head of the log; whether there may be more to do at once."""
        if time.monotonic() < self._build_again_at:
            return False
        try:
            more = await self._replay(generations)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 -- what is in use goes on
            self._failures += 1
            pause = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** min(self._failures, 10))
            self._build_again_at = time.monotonic() + pause
            _log.error(
                BUILD_FAILED,
                projection=self.view,
                error_type=type(error).__name__,
                at=where(error),
                attempts=self._failures,
                backoff_ms=int(pause * 1000),
            )
            return False
        self._failures = 0
        return more

    async def _replay(self, generations: Generations) -> bool:
        builder = self._projector(generations.building, replay=True)
        if await builder.step():
            return True
        active = self._projectors.get(generations.active)
        if generations.retiring or (active is not None and builder.position < active.position):
            return False  # Its turn comes.
        if active is None or await _brought_to(builder.position, active):
            await self._flip(generations, builder)
        return True

    async def _flip(self, generations: Generations, builder: Projector) -> None:
        """Have queries read what was built, which must be as far as what they read now."""
        self._taken = False
        await builder.settle(self._log)
        now = await self._swapped(generations, generations.flipped())
        if now.active == generations.building:
            self._taken = True
            _log.info(FLIPPED, projection=self.view, generation=now.active)

    async def _retire(self, generations: Generations) -> None:
        """Drop the generation that was in use before, once no answer can come from it any more."""
        if self._retiring_since is None or time.monotonic() - self._retiring_since < self._grace_seconds:
            return
        now = await self._swapped(generations, replace(generations, retiring=0))
        if not now.retiring:
            self._retiring_since = None
            self._projectors.pop(generations.retiring, None)
            await self._clear(now)

    async def _clear(self, generations: Generations) -> Generations:
        """Drop what nobody reads any more."""
        garbage = generations.garbage()
        for number in garbage:
            await self._catalog.store.drop(self.view, number)
        dropped = max(generations.dropped, garbage.stop - 1)
        return await self._swapped(generations, replace(generations, dropped=dropped, epoch=self._epoch))

    async def _measure(self, active: Projector, *, more: bool) -> None:
        if not more:
            PROJECTION_LAG.set(0, {"projection": self.view})
        elif time.monotonic() - self._measured_at > _LAG_SECONDS:
            self._measured_at = time.monotonic()
            head = await self._log.head_position()
            PROJECTION_LAG.set(max(head - active.position, 0), {"projection": self.view})

    def _projector(self, number: int, *, replay: bool = False) -> Projector:
        if number not in self._projectors:
            self._projectors[number] = Projector(
                log=self._history if replay else self._log,
                codec=self._codec,
                projection=self._projection,
                documents=self._catalog.store.documents(self.view, number),
                epoch=self._epoch,
                replay=replay,
                most=self._most,
                replay_bytes=self._replay_bytes,
            )
        return self._projectors[number]


async def _brought_to(position: int, active: Projector) -> bool:
    """Have it come exactly so far, stored; whether it has, for the log that it reads may not tell of all yet."""
    while active.saved < position:
        before = active.position, active.saved
        await active.step(position)
        if before == (active.position, active.saved):
            return False
    return True


def drive_all(
    worker: LogWorker,
    projections: Sequence[Projection],
    *,
    history: CommitLog,
    codec: EventCodec,
    catalog: ViewCatalog,
) -> None:
    """Have `worker` drive these projections, each under the lease of its version; `history`: see `ProjectionDriver`.

    So an older process goes on with the version that it knows while a newer one builds the next.
    """

    def make(projection: Projection) -> Callable[[int], ProjectionDriver]:
        return lambda epoch: ProjectionDriver(
            log=worker.log,
            history=history,
            news=worker.sequenced,
            codec=codec,
            projection=projection,
            catalog=catalog,
            epoch=epoch,
        )

    for projection in projections:
        view = collection_name(projection.name, projection.version)
        worker.add(view, make(projection), lease=f"projection {view}")

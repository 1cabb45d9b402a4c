"""What one process knows of the generations of its service's views, and reading the one that is in use.

All that read or drive views in a process share one catalog, so that looking costs the store one small read in a while.
A flip is therefore heard of late, but no read that begins `LOOK_SECONDS` after it is given the generation that was in
use before, on which `projection_driver` relies. An answer that took so long that it may have come from one already
dropped is not given but asked for again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from services.chassis.log.consistency import in_time, promised
from services.chassis.log.eventstore import EventStoreError
from services.chassis.log.nudge import Listener, Nudge
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.views.projection import Projection
from services.chassis.views.viewstore import (
    STALE_SECONDS,
    Document,
    Documents,
    Generations,
    ViewNotBuilt,
    ViewStore,
    collection_name,
)

BUILD_AWAITED: Final = "views_build_awaited"

LOOK_SECONDS: Final = 1.0
"""What a read is told of the generations is no older than that when the read begins."""

_POLL_SECONDS = 0.05
_READY_POLL_SECONDS = 0.1
_RESTART_SECONDS = 0.2
"""No store comes back sooner than that after a sudden end, in which it may have lost what it had not journaled."""

_log = log(__name__)

T = TypeVar("T")


class _Passed(NamedTuple):
    """A driver in this process: all up to `through` is in what was stored when the stored position was `saved`."""

    saved: int
    through: int


class ViewCatalog:
    """The generations of all views of one service, as seen last."""

    def __init__(self, store: ViewStore) -> None:
        self.store = store
        self.moved = Nudge()
        """Rings when a driver in this process has brought a view on, or changed its generations."""
        self._seen: dict[str, Generations] = {}
        self._seen_at = float("-inf")
        self._looking = asyncio.Lock()
        self._passed: dict[str, _Passed] = {}

    async def look(self, view: str, *, max_age: float = LOOK_SECONDS) -> tuple[Generations, float]:
        """What generations the view has, not older than `max_age` seconds, and since when (monotonic) it is known."""
        asked_at = time.monotonic()
        if asked_at - self._seen_at > max_age:
            async with self._looking:
                if asked_at - self._seen_at > max_age:  # Not when another has looked meanwhile.
                    began = time.monotonic()
                    self._seen = await self.store.generations()
                    self._seen_at = began
        return self._seen.get(view, Generations()), self._seen_at

    async def swap(self, view: str, old: Generations, new: Generations) -> bool:
        """See `ViewStore.swap`; what was changed is known here at once."""
        try:
            return await self.store.swap(view, old, new)
        finally:
            self._seen_at = float("-inf")
            self.moved.ring()

    def passed(self, view: str, *, saved: int, through: int) -> None:
        """Note how far a driver in this process has brought a view: `through`, although only `saved` is stored."""
        if self._passed.get(view) != (saved, through):
            self._passed[view] = _Passed(saved, through)
            self.moved.ring()

    def through(self, view: str, stored: int) -> int:
        """Up to where the view is complete when its stored position is `stored`."""
        passed = self._passed.get(view)
        return max(stored, passed.through) if passed is not None and stored >= passed.saved else stored

    def is_behind(self, view: str, position: int) -> bool:
        """Whether a driver in this process has not come so far yet; False when there is none."""
        passed = self._passed.get(view)
        return passed is not None and passed.through < position

    def views(self, projection: Projection) -> "ActiveViews":
        """What queries read of a projection."""
        return ActiveViews(self, collection_name(projection.name, projection.version))

    async def built(self, projections: Sequence[Projection]) -> None:
        """Return when each projection has a generation to read; StoreUnavailable is waited for as well."""
        waiting = {collection_name(each.name, each.version) for each in projections}
        with self.moved.listen() as listener:
            while waiting:
                try:
                    found = {view: await self.look(view, max_age=_READY_POLL_SECONDS) for view in sorted(waiting)}
                    waiting -= {view for view, (generations, _) in found.items() if generations.active}
                except EventStoreError as error:
                    _log.warning(BUILD_AWAITED, error_type=type(error).__name__, at=where(error))
                if waiting:
                    await listener.wait(_READY_POLL_SECONDS)


class ActiveViews:
    """`Views` of whatever generation is in use; `ViewNotBuilt` before there is any.

    What a call was promised (`consistency.promised`), its reads show; they raise NOT_YET_VISIBLE in time otherwise.
    """

    def __init__(self, catalog: ViewCatalog, view: str) -> None:
        self.view = view
        self._catalog = catalog
        self._stored = 0
        self._stored_at = float("-inf")
        self._asking = asyncio.Lock()

    async def get(self, document_id: str) -> Document | None:
        """See `Views.get`."""
        return (await self.get_many([document_id])).get(document_id)

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """See `Views.get_many`."""
        promise = promised()
        if promise is None or not document_ids:
            return await self._read(lambda documents: documents.get_many(document_ids))
        async with in_time(promise.deadline):
            return await self._get_complete(document_ids, promise.position)

    async def position(self) -> int:
        """See `Views.position`."""
        return self._catalog.through(self.view, await self._read(lambda documents: documents.position()))

    async def reached(self, position: int) -> None:
        """Return when the views are complete up to `position`; StoreUnavailable."""
        await self._reached(position, time.monotonic() - _RESTART_SECONDS)

    async def _get_complete(self, document_ids: Sequence[str], position: int) -> dict[str, Document]:
        """Documents of views that are complete up to `position`, as told by the answer that they come with.

        That they were before says nothing: the store may have ended since and have lost their end, and the driver
        waits for it to come back and asks it then without a word.
        """
        while True:
            loaded = await self._read(lambda documents: documents.load(document_ids))
            if self._catalog.through(self.view, loaded.position) >= position:
                return {key: view.document for key, view in loaded.views.items() if view.document is not None}
            await self._reached(position, time.monotonic())

    async def _reached(self, position: int, not_before: float) -> None:
        with self._catalog.moved.listen() as listener:
            while await self._position(not_before) < position:
                await self._stirred(listener, position)
                not_before = time.monotonic()

    async def _position(self, not_before: float) -> int:
        """`position`, asked for no earlier than that; those who wait together ask together."""
        if self._stored_at < not_before:
            async with self._asking:
                if self._stored_at < not_before:
                    began = time.monotonic()
                    self._stored = await self._read(lambda documents: documents.position())
                    self._stored_at = began
        return self._catalog.through(self.view, self._stored)

    async def _stirred(self, listener: Listener, position: int) -> None:
        """Wait until it is worth asking again: a driver here has come so far, or one elsewhere may have."""
        ends = time.monotonic() + _POLL_SECONDS
        while (left := ends - time.monotonic()) > 0:
            if await listener.wait(left) and not self._catalog.is_behind(self.view, position):
                return

    async def _read(self, read: Callable[[Documents], Awaitable[T]]) -> T:
        while True:
            generations, known_since = await self._catalog.look(self.view)
            if not generations.active:
                generations, known_since = await self._catalog.look(self.view, max_age=_READY_POLL_SECONDS)
            if not generations.active:
                raise ViewNotBuilt(self.view)
            answer = await read(self._catalog.store.documents(self.view, generations.active))
            if time.monotonic() - known_since < STALE_SECONDS:
                return answer

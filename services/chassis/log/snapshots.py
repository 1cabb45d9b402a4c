"""Snapshots: the state of a long stream, kept so that a process which has not seen the stream need not fold all of it.

A snapshot saves work and is never believed: it belongs to one version of the fold, was cut where a commit ends, and is
used only if the stream still holds that very commit there. Whatever does not fit is left aside and the stream is folded
whole. What is in it comes from the stream's events, so it may hold nothing that the stream must not.
Adapters: `snapshots_memory`, `snapshots_mongo`.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from services.chassis.log.eventstore import EventStoreError
from services.chassis.log.folded import Folded
from services.chassis.log.state_coder import StateCoder, StateUnfit
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log

SNAPSHOT_FAILED: Final = "snapshot_failed"
MAX_SNAPSHOT_BYTES: Final = 8 * 1024 * 1024
"""Larger states are not kept (MongoDB's own limit for a document is 16 MiB)."""

_EVERY = 100

S = TypeVar("S")
_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's state as bytes, right after the commit `commit_id`, at that commit's last version.

    `fold`: the version of the fold that made it; `size`: bytes of the stored events behind it.
    """

    stream: str
    fold: int
    version: int
    commit_id: str
    size: int
    data: bytes


class Snapshots(Protocol):
    """Keeps one snapshot for each stream and fold. Every method may raise `StoreUnavailable`."""

    async def load(self, stream: str, fold: int) -> Snapshot | None:
        """The snapshot last saved, None when there is none."""
        ...

    async def save(self, snapshot: Snapshot) -> None:
        """Keep the snapshot in place of the one before."""
        ...


class Snapshotting(Generic[S]):
    """Takes and gives the snapshots of one decider.

    `fold` is the version of its `evolve`: whoever changes what a stream folds to raises it. `every`: how many commits a
    process has to have read at once for a snapshot to be worth its while.
    """

    def __init__(self, snapshots: Snapshots, coder: StateCoder[S], *, fold: int, every: int = _EVERY) -> None:
        self._snapshots = snapshots
        self._coder = coder
        self._fold = fold
        self._every = every
        self._saving: dict[str, asyncio.Task[None]] = {}

    async def load(self, stream: str) -> tuple[Folded[S], str] | None:
        """The stream's state as it was kept, and the commit that it was cut after; None if nothing can be used."""
        try:
            kept = await self._snapshots.load(stream, self._fold)
            if kept is None or kept.fold != self._fold:
                return None
            return Folded(self._coder.from_bytes(kept.data), kept.version, kept.size), kept.commit_id
        except (EventStoreError, StateUnfit) as error:
            _failed(error)
            return None

    def folded(self, stream: str, folded: Folded[S], commit_id: str, commits: int) -> None:
        """Note that `commits` commits, of which `commit_id` is the last, were read at once to come to this state.

        If they were many, a snapshot is taken in the background: whoever calls does not wait, nor fail with it.
        """
        if commits > self._every and stream not in self._saving:
            task = asyncio.get_running_loop().create_task(self._save(stream, folded, commit_id))
            self._saving[stream] = task
            task.add_done_callback(lambda _task: self._saving.pop(stream))

    async def settle(self) -> None:
        """Wait until all that is being saved is saved."""
        await asyncio.gather(*self._saving.values())

    async def _save(self, stream: str, folded: Folded[S], commit_id: str) -> None:
        try:
            # In a thread: a long stream's state takes a while to write, and calls are waiting for this one.
            data = await asyncio.to_thread(self._coder.to_bytes, folded.state)
            if len(data) <= MAX_SNAPSHOT_BYTES:
                await self._snapshots.save(Snapshot(stream, self._fold, folded.version, commit_id, folded.size, data))
        except Exception as error:  # noqa: BLE001 -- nobody waits for it, and the stream can do without
            _failed(error)


def _failed(error: Exception) -> None:
    _log.warning(SNAPSHOT_FAILED, error_type=type(error).__name__, at=where(error))

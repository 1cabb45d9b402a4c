"""A snapshot saves reading a long stream, is never believed against the stream, and nobody waits for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from services.chassis.log.eventstore import Commit, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler, Handled, RequestIdReused
from services.chassis.log.snapshots import Snapshot, Snapshotting
from services.chassis.log.snapshots_memory import MemorySnapshots
from services.chassis.log.state_coder import StateCoder
from tests.support.events import CODEC, COUNTER, Raise, Raised, TooHighError, Total

STREAM = "counter-1"
CODER: StateCoder[Total] = StateCoder(Total)


class NotedStore(MemoryEventStore):
    """Notes how many commits each read brought."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        commits = await super().read_stream(stream, after_version)
        self.read.append(len(commits))
        return commits


class Process:
    """A process that has not seen anything yet; a snapshot is worth its while after ten commits."""

    def __init__(
        self,
        store: MemoryEventStore,
        snapshots: MemorySnapshots,
        *,
        fold: int = 1,
        decider: SimpleNamespace = COUNTER,
    ) -> None:
        self.snapshotting = Snapshotting(snapshots, CODER, fold=fold, every=10)
        self.handler: CommandHandler[Raise, Total, Raised] = CommandHandler(
            store, CODEC, decider, snapshots=self.snapshotting
        )

    async def give(self, by: int, commit_id: str, fingerprint: str = "f") -> Handled[Total, Raised]:
        return await self.handler.handle(STREAM, Raise(by), commit_id=commit_id, fingerprint=fingerprint, caller="c")

    async def state(self) -> tuple[Total, int]:
        found = await self.handler.state(STREAM)
        await self.snapshotting.settle()
        return found


@pytest.fixture
def store() -> NotedStore:
    return NotedStore()


@pytest.fixture
def snapshots() -> MemorySnapshots:
    return MemorySnapshots()


async def grow(store: MemoryEventStore, ids: Sequence[str]) -> None:
    """Appended by a process that knows no snapshots."""
    writer: CommandHandler[Raise, Total, Raised] = CommandHandler(store, CODEC, COUNTER)
    for commit_id in ids:
        await writer.handle(STREAM, Raise(1), commit_id=commit_id, fingerprint="f", caller="c")


def ids(first: int, last: int) -> list[str]:
    return [f"id-{number}" for number in range(first, last + 1)]


async def test_a_long_stream_is_read_whole_by_one_process_only(store: NotedStore, snapshots: MemorySnapshots) -> None:
    await grow(store, ids(1, 20))
    store.read.clear()
    assert await Process(store, snapshots).state() == (Total(20), 20)
    await grow(store, ids(21, 23))
    store.read.clear()
    assert await Process(store, snapshots).state() == (Total(23), 23)
    assert store.read == [4]  # The commit that it was cut after, and what came since.


async def test_a_short_stream_has_none(store: NotedStore, snapshots: MemorySnapshots) -> None:
    await grow(store, ids(1, 10))
    await Process(store, snapshots).state()
    assert await snapshots.load(STREAM, 1) is None


async def test_it_is_renewed_when_much_has_come_since(store: NotedStore, snapshots: MemorySnapshots) -> None:
    for last in (11, 15, 26):
        await grow(store, ids(1, last))
        await Process(store, snapshots).state()
        kept = await snapshots.load(STREAM, 1)
        assert kept is not None
        assert kept.version == {11: 11, 15: 11, 26: 26}[last]


async def test_commands_on_a_snapshot_are_decided_repeated_and_refused_as_ever(
    store: NotedStore, snapshots: MemorySnapshots
) -> None:
    await grow(store, ids(1, 20))
    await Process(store, snapshots).state()
    assert (await Process(store, snapshots).give(5, "new")).state == Total(25)
    again = await Process(store, snapshots).give(1, "id-3")
    assert (again.repeated, again.version, again.state) == (True, 3, Total(3))
    with pytest.raises(TooHighError):
        await Process(store, snapshots).give(990, "high")
    with pytest.raises(RequestIdReused):
        await Process(store, snapshots).give(990, "id-3", "other")
    assert (await Process(store, snapshots).give(990, "id-4")).version == 4


async def test_another_version_of_the_fold_leaves_it_aside(store: NotedStore, snapshots: MemorySnapshots) -> None:
    await grow(store, ids(1, 20))
    await Process(store, snapshots).state()
    double = SimpleNamespace(**{**vars(COUNTER), "evolve": lambda state, event: Total(state.total + 2 * event.by)})
    store.read.clear()
    assert await Process(store, snapshots, fold=2, decider=double).state() == (Total(40), 20)
    assert store.read == [20]
    assert await Process(store, snapshots, fold=1).state() == (Total(20), 20)
    assert store.read == [20, 1]


@pytest.mark.parametrize(
    "altered",
    [
        {"data": b"broken"},
        {"data": StateCoder[SimpleNamespace](str).to_bytes("another shape")},  # type: ignore[arg-type]
        {"commit_id": "of another history"},
        {"version": 19},
        {"version": 999},
        {"fold": 7},
    ],
    ids=str,
)
async def test_what_does_not_fit_the_stream_or_the_fold_is_not_used(
    store: NotedStore, snapshots: MemorySnapshots, altered: dict[str, object]
) -> None:
    await grow(store, ids(1, 20))
    await Process(store, snapshots).state()
    kept = await snapshots.load(STREAM, 1)
    assert kept is not None
    wrong = CODER.to_bytes(Total(666))
    snapshots._kept[STREAM, 1] = replace(kept, **{"data": wrong, **altered})  # type: ignore[arg-type]
    assert await Process(store, snapshots).state() == (Total(20), 20)


async def test_one_that_is_ahead_of_a_store_that_was_restored_is_not_used(snapshots: MemorySnapshots) -> None:
    later = NotedStore()
    await grow(later, ids(1, 20))
    await Process(later, snapshots).state()
    restored = NotedStore()
    await grow(restored, ids(1, 15))
    assert await Process(restored, snapshots).state() == (Total(15), 15)
    await grow(restored, ids(101, 120))
    assert await Process(restored, snapshots).state() == (Total(35), 35)


class StuckSnapshots(MemorySnapshots):
    """Saving waits for ever, or fails; loading fails."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.saves = 0

    async def load(self, stream: str, fold: int) -> Snapshot | None:
        if self.error:
            raise self.error
        return await super().load(stream, fold)

    async def save(self, snapshot: Snapshot) -> None:
        self.saves += 1
        if self.error:
            raise self.error
        await asyncio.Event().wait()


async def test_no_command_waits_for_a_snapshot_and_one_is_taken_at_a_time(store: NotedStore) -> None:
    await grow(store, ids(1, 20))
    stuck = StuckSnapshots()
    process = Process(store, stuck)
    assert (await process.give(1, "new")).version == 21
    for _ in range(200):
        if stuck.saves:
            break
        await asyncio.sleep(0.01)
    await grow(store, ids(21, 40))
    assert await process.handler.state(STREAM) == (Total(41), 41)
    assert stuck.saves == 1
    for task in process.snapshotting._saving.values():
        task.cancel()


async def test_a_failing_store_of_snapshots_fails_nobody(store: NotedStore) -> None:
    await grow(store, ids(1, 20))
    process = Process(store, StuckSnapshots(StoreUnavailable("away")))
    assert (await process.give(1, "new")).version == 21
    assert await process.state() == (Total(21), 21)

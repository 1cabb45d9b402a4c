"""A store that is killed while it gives positions: whatever it has lost of them, no hole is left."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from services.chassis.log.eventstore import PositionsLost, StoreUnavailable
from services.chassis.log.eventstore_mongo import MongoEventStore
from tests.support.commits import append, sequence_all
from tests.support.store import StoreProcess, fresh_database


@pytest.fixture
def process(tmp_path: Path) -> Iterator[StoreProcess]:
    process = StoreProcess(tmp_path)
    process.start()
    yield process
    process.stop(signal.SIGKILL)


class KilledBefore:
    """A collection whose server is killed, and started again, just before one kind of write."""

    def __init__(self, collection: Any, write: str, process: StoreProcess) -> None:
        self._collection, self._write, self._process = collection, write, process

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._collection, name)

        async def late(*arguments: Any, **options: Any) -> Any:
            await asyncio.to_thread(self._process.stop, signal.SIGKILL)
            await asyncio.to_thread(self._process.start)
            return await method(*arguments, **options)

        return late if name == self._write else method


async def test_a_server_killed_between_the_positions_and_the_note_of_them_leaves_no_hole(process: StoreProcess) -> None:
    with fresh_database(process.uri) as database:
        store = MongoEventStore(database)
        await store.ensure_indexes()
        commits = [await append(store, f"thing-{number}", 0) for number in range(5)]
        await store.assign_positions(0, [commit.commit_id for commit in commits[:2]])
        marks = store._marks
        store._marks = KilledBefore(marks, "update_one", process)
        with suppress(PositionsLost, StoreUnavailable):
            await store.assign_positions(2, [commit.commit_id for commit in commits[2:]])
        store._marks = marks
        if await store.unsequenced(10):
            await sequence_all(store)
        assert [commit.position for commit in await store.read_log(0, 10)] == [1, 2, 3, 4, 5]
        assert await store.head_position() == 5

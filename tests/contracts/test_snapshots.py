"""What every keeper of snapshots does, whatever it stands on."""

import asyncio
from dataclasses import replace

import pytest

from services.chassis.log.eventstore_mongo import MongoDatabase
from services.chassis.log.snapshots import Snapshot, Snapshots
from services.chassis.log.snapshots_memory import MemorySnapshots
from services.chassis.log.snapshots_mongo import MongoSnapshots

SNAPSHOT = Snapshot("thread-1", 3, 20, "commit-20", 4000, b'["shape",\x00\xff]')


@pytest.fixture(params=["memory", "mongo"])
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    if request.param == "memory":
        return MemorySnapshots()
    database: MongoDatabase = request.getfixturevalue("database")
    return MongoSnapshots(database)


async def test_what_was_saved_is_loaded(snapshots: Snapshots) -> None:
    assert await snapshots.load("thread-1", 3) is None
    await snapshots.save(SNAPSHOT)
    assert await snapshots.load("thread-1", 3) == SNAPSHOT


async def test_one_is_kept_for_each_stream_and_fold(snapshots: Snapshots) -> None:
    others = (replace(SNAPSHOT, fold=4), replace(SNAPSHOT, stream="thread-2"))
    for each in (SNAPSHOT, *others):
        await snapshots.save(each)
    later = replace(SNAPSHOT, version=30, commit_id="commit-30", data=b"later")
    await snapshots.save(later)
    assert [await snapshots.load(each.stream, each.fold) for each in (later, *others)] == [later, *others]
    assert await snapshots.load("thread-2", 4) is None


async def test_saving_at_once_keeps_one_of_them(snapshots: Snapshots) -> None:
    await snapshots.save(SNAPSHOT)
    several = [replace(SNAPSHOT, version=number, commit_id=f"commit-{number}") for number in range(21, 26)]
    await asyncio.gather(*map(snapshots.save, several))
    assert await snapshots.load("thread-1", 3) in several

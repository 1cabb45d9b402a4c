"""Group commit on the real store: what a round trip is worth, and what becomes of appends when one goes wrong."""

import asyncio
import gc
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.chassis.log.eventstore import (
    Commit,
    EventStoreError,
    OutcomeUnknown,
    Overloaded,
    StoreUnavailable,
    VersionConflict,
)
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.groupcommit import Limits
from tests.support.commits import append, new_id
from tests.support.store import StoreProcess


class RoundTrips(CommandListener):
    """Counts the commands sent to the database, by name."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        self.sent[event.command_name] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@pytest.fixture
def trips() -> RoundTrips:
    return RoundTrips()


@pytest_asyncio.fixture
async def counted(database: MongoDatabase, store_address: str, trips: RoundTrips) -> AsyncIterator[MongoEventStore]:
    """A store whose round trips are counted, on a new database."""
    name = database.collection("commits").database.name
    listening = MongoDatabase(urlsplit(store_address)._replace(path=f"/{name}").geturl(), [trips])
    store = MongoEventStore(listening)
    await store.ensure_indexes()
    trips.sent.clear()
    yield store
    listening.close()


async def test_warm_appends_cost_one_round_trip_for_all_who_ask_at_once(
    counted: MongoEventStore, trips: RoundTrips
) -> None:
    async def write(stream: str) -> None:
        for version in range(5):
            await append(counted, stream, version)

    await asyncio.gather(*(write(f"thread-{number}") for number in range(64)))
    assert set(trips.sent) == {"insert"}
    assert trips.sent["insert"] <= 6


async def test_what_a_process_does_not_know_it_asks_for_in_one_query(
    counted: MongoEventStore, trips: RoundTrips, store: MongoEventStore
) -> None:
    streams = [f"thread-{number}" for number in range(20)]
    await asyncio.gather(*(append(store, stream, 0, 1 + number % 3) for number, stream in enumerate(streams)))
    outcomes = await asyncio.gather(
        *(append(counted, stream, 1 + number % 3) for number, stream in enumerate(streams)),
        append(counted, "thread-none", 3),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Commit] * 20 + [VersionConflict]
    # One for the versions before, and one for the id of the append that was refused.
    assert trips.sent == {"find": 2, "insert": 1}


async def test_what_was_read_is_known(counted: MongoEventStore, trips: RoundTrips, store: MongoEventStore) -> None:
    await append(store, "thread-1", 0, 3)
    await counted.read_stream("thread-1", 2)
    trips.sent.clear()
    await append(counted, "thread-1", 3)
    await append(counted, "thread-1", 4)
    assert trips.sent == {"insert": 2}


async def test_one_that_is_refused_does_not_harm_the_others_of_its_bulk(store: MongoEventStore) -> None:
    await append(store, "thread-1", 0, commit_id="id-1")
    outcomes = await asyncio.gather(
        append(store, "thread-1", 0),
        append(store, "thread-2", 0, commit_id="id-1"),
        append(store, "thread-1", 0, commit_id="id-1"),
        append(store, "thread-3", 0),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["VersionConflict", "CommitIdTaken", "Commit", "Commit"]


async def test_a_closed_store_takes_no_more(store: MongoEventStore) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await append(store, "thread-1", 0)


# --- A store that stands still, dies and comes back -------------------------------------------------------------------


class Standing:
    """A store process of a test's own, and an event store on it whose operations end within 2 s."""

    def __init__(self, directory: Path) -> None:
        self.process = StoreProcess(directory)
        self.process.start()
        self.database = MongoDatabase(self.process.uri.replace("/?", "/standing?") + "&timeoutMS=2000")
        self.store = MongoEventStore(self.database, limits=Limits(waiting_commits=10))

    async def under_way(self, *appends: tuple[str, int, str]) -> list[asyncio.Task[Commit]]:
        """Appends of (stream, version, commit id) that have been asked for while the process stands still."""
        self.process.stop_answering()
        tasks = [asyncio.create_task(append(self.store, stream, v, commit_id=each)) for stream, v, each in appends]
        await asyncio.sleep(0.2)
        return tasks


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    standing = Standing(tmp_path)
    yield standing
    standing.database.close()
    standing.process.stop(signal.SIGKILL)


async def test_a_cancelled_caller_takes_back_only_what_was_not_sent(standing: Standing) -> None:
    await standing.store.ensure_indexes()
    sent, queued, other = await standing.under_way(("a-1", 0, "sent"), ("a-1", 1, "queued"), ("a-2", 0, "other"))
    sent.cancel()
    queued.cancel()
    standing.process.answer_again()
    assert (await other).commit_id == "other"
    await asyncio.wait([sent, queued])
    assert sent.cancelled()
    assert queued.cancelled()
    await standing.store.close()
    assert [commit.commit_id for commit in await standing.store.read_stream("a-1")] == ["sent"]


async def test_a_store_that_dies_under_a_bulk_leaves_nothing_undecided(standing: Standing) -> None:
    await standing.store.ensure_indexes()
    asked = [(f"a-{number}", 0, new_id()) for number in range(8)]
    tasks = await standing.under_way(*asked)
    await asyncio.to_thread(standing.process.stop, signal.SIGKILL)
    await asyncio.to_thread(standing.process.start)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(outcome, Commit | StoreUnavailable) for outcome in outcomes)
    settled = await asyncio.gather(*(append(standing.store, s, v, commit_id=each) for s, v, each in asked))
    assert [commit.commit_id for commit in settled] == [each for _, _, each in asked]
    assert await standing.store.unsequenced_count() == 8


async def test_a_store_that_stands_still_is_not_heaped_upon(standing: Standing) -> None:
    await standing.store.ensure_indexes()
    tasks = await standing.under_way(*((f"a-{number}", 0, new_id()) for number in range(3)))
    tasks += await standing.under_way(*((f"b-{number}", 0, new_id()) for number in range(10)))
    with pytest.raises(Overloaded):
        await append(standing.store, "c-1", 0)
    standing.process.answer_again()
    assert len(await asyncio.gather(*tasks)) == 13
    assert (await append(standing.store, "c-1", 0)).last == 1


def _tasks_of_the_log() -> set[asyncio.Task[Any]]:
    """Those that run the code of the log; tasks of drivers, for any connection of this process, come and go."""
    tasks = asyncio.all_tasks()
    return {task for task in tasks if "services/chassis/log/" in cast("Any", task.get_coro()).cr_code.co_filename}


async def test_what_never_answers_ends_as_unknown_and_quietly(standing: Standing) -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    try:
        await standing.store.ensure_indexes()
        before = _tasks_of_the_log()
        tasks = await standing.under_way(("a-1", 0, "one"), ("a-2", 0, "two"))
        tasks[1].cancel()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await standing.store.close()
        await asyncio.to_thread(standing.database.close)
        with pytest.raises(OutcomeUnknown):
            await tasks[0]
        await standing.store.close()
        with pytest.raises(EventStoreError):
            await append(standing.store, "a-1", 0)
        await asyncio.sleep(0)
        assert _tasks_of_the_log() - before == set()
        gc.collect()
        assert complaints == []
    finally:
        loop.set_exception_handler(None)
        standing.process.answer_again()

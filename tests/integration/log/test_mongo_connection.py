"""What every connection to the store is like, whatever its URI says: bounded in time, and on the primary."""

import asyncio
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import ReadPreference
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from tests.support.commits import append
from tests.support.store import StoreProcess, fresh_database

URI = "mongodb://127.0.0.1:1/db"


async def test_a_store_that_stands_still_is_told_as_unavailable(tmp_path: Path) -> None:
    process = StoreProcess(tmp_path)
    process.start()
    try:
        with fresh_database(process.uri) as database:
            store = MongoEventStore(database)
            assert await store.acquire_lease("lease", "me", 5.0) == 1
            process.stop_answering()
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(60):
                    await store.renew_lease("lease", "me", 1, 5.0)
            process.answer_again()
            assert await store.acquire_lease("lease", "me", 5.0) == 2
    finally:
        process.stop(signal.SIGKILL)


@pytest.mark.parametrize(("query", "seconds"), [("", 5.0), ("?timeoutMS=1500", 1.5)])
async def test_operations_end_in_time_unless_the_uri_says_otherwise(query: str, seconds: float) -> None:
    database = MongoDatabase(URI + query)
    assert database._client.options.timeout == seconds
    database.close()


async def test_reads_go_to_the_primary_although_the_uri_asks_for_another() -> None:
    database = MongoDatabase(f"{URI}?readPreference=secondaryPreferred")
    assert database.collection("commits").read_preference == ReadPreference.PRIMARY
    database.close()


class Heard(CommandListener):
    """Keeps the write concern of each command sent."""

    def __init__(self) -> None:
        self.concerns: list[tuple[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.concerns.append((event.command_name, event.command.get("writeConcern")))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


async def test_appends_and_positions_are_journaled(database: MongoDatabase, store_address: str) -> None:
    heard = Heard()
    name = database.collection("commits").database.name
    listening = MongoDatabase(urlsplit(store_address)._replace(path=f"/{name}").geturl(), [heard])
    store = MongoEventStore(listening)
    await store.assign_positions(0, [(await append(store, "thread-1", 0)).commit_id])
    assert heard.concerns == [("insert", {"w": "majority", "j": True}), ("update", {"w": "majority", "j": True})]
    listening.close()

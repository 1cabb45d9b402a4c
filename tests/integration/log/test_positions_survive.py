"""What a reader was told of the log stays: a position that was seen is there after the store was killed."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from tests.support.commits import append
from tests.support.store import StoreProcess


async def test_a_position_that_was_seen_outlives_the_store(tmp_path: Path) -> None:
    process = StoreProcess(tmp_path)
    process.start()
    uri = urlsplit(process.uri)._replace(path="/positions").geturl()
    giving, reading = MongoDatabase(uri), MongoDatabase(uri)
    store, reader = MongoEventStore(giving), MongoEventStore(reading)
    try:
        await store.ensure_indexes()
        await asyncio.gather(*(append(store, f"thread-{number}", 0) for number in range(200)))
        ids = [waiting.commit_id for waiting in await store.unsequenced(500)]
        placing = asyncio.create_task(store.assign_positions(0, ids))
        while not (seen := await reader.read_log(0, 500)):
            pass
        process.stop(signal.SIGKILL)
        placing.cancel()
        with suppress(StoreUnavailable, asyncio.CancelledError):
            await placing
        process.start()
        found = await reader.read_log(0, 500)
        assert 0 < len(seen) <= len(found) < 200
        assert found[: len(seen)] == seen
        assert await store.head_position() == len(found)
    finally:
        giving.close()
        reading.close()
        process.stop(signal.SIGKILL)

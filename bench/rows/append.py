"""Appending, 64 at once, beside raw unordered bulk writes of 64 of the same documents to the same store.

The raw side writes, through the plain driver and under the same indexes and write concern, exactly the documents that
an append would: bulks of 64 from one connection, as fast as they are answered. Ours are 64 appenders with a stream
each, who append one commit after another.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from pymongo import InsertOne, MongoClient, WriteConcern

from bench import sample
from bench.figures import Aim, Comparison, Target
from bench.machine import Store, running_store
from bench.rounds import CONCURRENT, Meter, interleaved, rate
from bench.settings import Settings
from services.chassis.log.commit_documents import to_document
from services.chassis.log.eventstore import Write, new_commit
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore

_Streams = dict[str, list[Write]]


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    commits = settings.sized(32, 4)
    with running_store(settings.directory) as store:

        async def raw(meter: Meter) -> float:
            return await _raw(store, _streams(commits), meter)

        async def ours(meter: Meter) -> float:
            return await _ours(store, _streams(commits), meter)

        sides = await interleaved(
            settings.rounds,
            raw=raw,
            ours=ours,
            raw_is="bulk_write(64, ordered=False) of the same documents, same indexes and write concern",
            ours_is=f"{CONCURRENT} appenders through MongoEventStore",
            store_pid=store.pid,
        )
    return [
        Comparison(
            name="append",
            what="event-store append, 64 concurrent",
            unit="commits/s",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_LEAST, value=0.70),
            notes={"commits in a round": CONCURRENT * commits},
        )
    ]


def _streams(commits: int) -> _Streams:
    threads = [sample.new_id() for _ in range(CONCURRENT)]
    return {f"thread-{thread}": [sample.write(sample.post(thread, n)) for n in range(commits)] for thread in threads}


async def _ours(store: Store, streams: _Streams, meter: Meter) -> float:
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        log = MongoEventStore(database)
        await log.ensure_indexes()

        async def append_all(stream: str) -> None:
            for version, write in enumerate(streams[stream]):
                await log.append(stream, version, [write])

        async with meter.watching():
            streams_a_second = await rate(list(streams), append_all)
        await log.close()
        await asyncio.to_thread(database.close)
    return streams_a_second * len(next(iter(streams.values())))


async def _raw(store: Store, streams: _Streams, meter: Meter) -> float:
    bulks = [
        [to_document(new_commit(stream, version, [writes[version]])) for stream, writes in streams.items()]
        for version in range(len(next(iter(streams.values()))))
    ]
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        await MongoEventStore(database).ensure_indexes()
        async with meter.watching():
            seconds = await asyncio.to_thread(_write, uri, bulks)
        await asyncio.to_thread(database.close)
    return CONCURRENT * len(bulks) / seconds


def _write(uri: str, bulks: Sequence[Sequence[dict[str, Any]]]) -> float:
    with MongoClient[dict[str, Any]](uri) as client:
        durable = WriteConcern("majority", j=True)
        commits = client.get_default_database().get_collection("commits", write_concern=durable)
        commits.find_one({})  # connects
        started = time.perf_counter()
        for bulk in bulks:
            commits.bulk_write([InsertOne(document) for document in bulk], ordered=False)
        return time.perf_counter() - started

"""Appending leaves to the transparency log, beside raw bulk writes of the same documents to the same store.

Ours are 256 callers who append one leaf after another: each is told its index when its leaf is durable and part of the
tree in memory. The raw side writes, through the plain driver and under the same indexes and write concern, the very
documents that this left in the store, 128 leaves each, one after another: a log's commits wait for the one before.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from pymongo import MongoClient, WriteConcern

from bench import sample
from bench.figures import Aim, Comparison, Target
from bench.machine import Store, running_store
from bench.rounds import Meter, interleaved, rate
from bench.settings import Settings
from services.chassis.clock import SystemClock
from services.chassis.log.commit_documents import to_document
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.seal.canonical import sha256
from services.seal.leaves import OwnershipLeaf
from services.tlog.log import STREAM, TransparencyLog

_CALLERS = 256


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    leaves = settings.sized(4096, 1024)
    with running_store(settings.directory) as store:
        documents: list[dict[str, Any]] = []

        async def raw(meter: Meter) -> float:
            if not documents:
                documents.extend((await _appended(store, leaves, Meter(None)))[1])
            return leaves / await _written(store, documents, meter)

        async def ours(meter: Meter) -> float:
            return (await _appended(store, leaves, meter))[0]

        sides = await interleaved(
            settings.rounds,
            raw=raw,
            ours=ours,
            raw_is="insert_one of the same documents, same indexes and write concern",
            ours_is=f"{_CALLERS} callers, one leaf after another each",
            store_pid=store.pid,
        )
    return [
        Comparison(
            name="leaves",
            what=f"leaves appended to the log, {_CALLERS} at once",
            unit="leaves/s",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_LEAST, value=0.70),
            notes={"leaves in a round": leaves, "leaves in a commit": leaves / len(documents)},
        )
    ]


async def _appended(store: Store, leaves: int, meter: Meter) -> tuple[float, list[dict[str, Any]]]:
    """How many leaves a second, and the documents that they became."""
    numbers = [OwnershipLeaf(sha256(number.to_bytes(8, "big"))) for number in range(leaves)]
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        events = MongoEventStore(database)
        await events.ensure_indexes()
        log = TransparencyLog(events, event_codec(), SystemClock())

        async def append(leaf: OwnershipLeaf) -> None:
            await log.append(leaf, commit_id=sample.new_id())

        async with meter.watching():
            rate_of_leaves = await rate(numbers, append, workers=_CALLERS)
        documents = [to_document(commit) for commit in await events.read_stream(STREAM)]
        await events.close()
        await asyncio.to_thread(database.close)
    return rate_of_leaves, documents


async def _written(store: Store, documents: Sequence[dict[str, Any]], meter: Meter) -> float:
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        await MongoEventStore(database).ensure_indexes()
        async with meter.watching():
            seconds = await asyncio.to_thread(_write, uri, documents)
        await asyncio.to_thread(database.close)
    return seconds


def _write(uri: str, documents: Sequence[dict[str, Any]]) -> float:
    with MongoClient[dict[str, Any]](uri) as client:
        durable = WriteConcern("majority", j=True)
        commits = client.get_default_database().get_collection("commits", write_concern=durable)
        commits.find_one({})  # connects
        started = time.perf_counter()
        for document in documents:
            commits.insert_one(document)
        return time.perf_counter() - started

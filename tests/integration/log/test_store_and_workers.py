"""Several processes' worth of writers and workers on one real store, and a store that is killed."""
# ruff: noqa: ASYNC110

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from nats.aio.client import Client

from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_jetstream import JetStreamInbox, JetStreamOutbox
from services.chassis.integration.consumer import Consumer, ForeignEvent
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.integration.relay import Relay
from services.chassis.log.eventstore import Commit, EventData, EventStoreError
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.lease import LeaseLost
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from services.chassis.log.worker import LogWorker
from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.projection_driver import drive_all
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import Document
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.support.commits import append, new_id
from tests.support.events import CODEC, COUNTER, PACKAGE, Raise, Raised
from tests.support.nats_server import CONSUMER, PRODUCER
from tests.support.store import StoreProcess


def _evolve(document: Document | None, event: Raised, context: EventContext) -> Document:
    seen = [*(document or {"seen": []})["seen"], context.position]
    return {"total": (document or {"total": 0})["total"] + event.by, "seen": seen}


TOTALS = Projection(name="totals", version=1, handles=(Raised,), route=lambda event: [event.counter], evolve=_evolve)
CURATION = Curation(PRODUCER, {f"{PACKAGE}.Raised": "Raised.v1"})


@asynccontextmanager
async def running(*workers: LogWorker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def whole_log(store: MongoEventStore) -> list[Commit]:
    log: list[Commit] = []
    while page := await store.read_log(len(log), 50):
        log += page
    return log


async def test_the_log_is_dense_and_ordered_under_rival_sequencers_and_writers(database: MongoDatabase) -> None:
    """Three processes' stores on one database, whose sequencers all believe that they lead."""
    stores = [MongoEventStore(database) for _ in range(3)]
    await stores[0].ensure_indexes()
    overtaken = 0

    async def write(store: MongoEventStore, stream: str) -> None:
        for version in range(8):
            await append(store, stream, version)

    async def sequence(store: MongoEventStore) -> None:
        nonlocal overtaken
        sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=7)
        while await store.head_position() < 72:
            try:
                await sequencer.step()
            except LeaseLost:
                overtaken += 1

    await asyncio.gather(
        *(write(stores[number % 3], f"thread-{number}") for number in range(9)), *(sequence(store) for store in stores)
    )
    log = await whole_log(stores[0])
    assert [commit.position for commit in log] == list(range(1, 73))
    for number in range(9):
        assert [commit.first for commit in log if commit.stream == f"thread-{number}"] == list(range(1, 9))
    assert overtaken > 0


async def test_a_worker_takes_over_from_one_that_vanished(database: MongoDatabase) -> None:
    store = MongoEventStore(database)
    await store.ensure_indexes()
    assert await store.acquire_lease("log worker", "vanished", 0.5) == 1
    await append(store, "thread-1", 0)
    worker = LogWorker(store, lease_seconds=2, poll_seconds=0.05)
    async with running(worker), asyncio.timeout(30):
        while not await store.head_position():
            await asyncio.sleep(0.05)
        assert worker.epoch == 2


async def test_a_command_travels_to_the_view_and_over_the_bus(
    database: MongoDatabase, producer_bus: Client, consumer_bus: Client
) -> None:
    """Two processes of one service, and one of another, from command to reaction."""
    stores = [MongoEventStore(database), MongoEventStore(database)]
    await stores[0].ensure_indexes()
    catalog = ViewCatalog(MongoViewStore(database))
    views = catalog.views(TOTALS)
    taken: list[str] = []

    async def react(event: ForeignEvent) -> None:
        taken.append(event.commit_id)

    workers = [LogWorker(store, lease_seconds=2, poll_seconds=0.05) for store in stores]
    for store, worker in zip(stores, workers, strict=True):
        outbox = JetStreamOutbox(producer_bus, PRODUCER)
        worker.add(
            "relay",
            lambda epoch, store=store, outbox=outbox: Relay(  # type: ignore[misc]
                store, outbox, CURATION, checkpoints=store, epoch=epoch
            ),
        )
        drive_all(worker, [TOTALS], history=store, codec=CODEC, catalog=catalog)
    workers[0].add(
        "events of producer",
        lambda epoch: Consumer(
            producer=PRODUCER,
            inbox=JetStreamInbox(consumer_bus, producer=PRODUCER, service=CONSUMER),
            reader=CuratedLog(stores[0], CURATION),
            checkpoints=stores[0],
            epoch=epoch,
            reactions={f"{PACKAGE}.Raised": react},
        ),
    )

    async def command(number: int) -> None:
        handler = CommandHandler(stores[number % 2], CODEC, COUNTER)
        for _ in range(2):  # Each is given twice.
            await handler.handle(
                f"counter-{number % 3}", Raise(1), commit_id=f"id-{number}", fingerprint="f", caller="c"
            )

    async with running(workers[0]):
        await catalog.built([TOTALS])
        await asyncio.gather(*(command(number) for number in range(12)))
        async with asyncio.timeout(60):
            while await views.position() < 12 or len(taken) < 12:
                await asyncio.sleep(0.05)
    async with running(workers[1]):
        await command(12)
        async with asyncio.timeout(60):
            while await views.position() < 13:
                await asyncio.sleep(0.05)
            while (await producer_bus.jetstream().stream_info("PRODUCER_PUBLIC")).state.messages < 13:
                await asyncio.sleep(0.05)
    assert await views.get("c") == {"total": 13, "seen": list(range(1, 14))}
    assert len(set(taken)) == len(taken) == 12


async def test_acknowledged_commits_survive_a_killed_store(tmp_path: Path) -> None:
    process = StoreProcess(tmp_path)
    process.start()
    database = MongoDatabase(process.uri.replace("/?", "/crash?"))
    store = MongoEventStore(database)
    await store.ensure_indexes()
    acknowledged: list[str] = []
    uncertain: dict[str, tuple[str, int]] = {}
    restarted = asyncio.Event()

    async def write(stream: str) -> None:
        with suppress(EventStoreError):
            for version in itertools.takewhile(lambda _: not restarted.is_set(), itertools.count()):
                commit_id = new_id()
                uncertain[stream] = (commit_id, version)
                await append(store, stream, version, commit_id=commit_id)
                acknowledged.append(commit_id)

    try:
        writers = [asyncio.create_task(write(f"thread-{number}")) for number in range(4)]
        async with asyncio.timeout(60):
            while len(acknowledged) < 60:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(process.stop, signal.SIGKILL)
        await asyncio.to_thread(process.start)
        restarted.set()
        await asyncio.gather(*writers)
        for commit_id in acknowledged:
            assert await store.find_commit(commit_id) is not None
        # Whatever became of those in flight, the same append again settles it.
        for stream, (commit_id, version) in uncertain.items():
            await append(store, stream, version, commit_id=commit_id)
            assert [commit.first for commit in await store.read_stream(stream)] == list(range(1, version + 2))
    finally:
        database.close()
        process.stop(signal.SIGKILL)


@pytest.mark.parametrize("data", [b"", b"\x00" * 1000])
async def test_payloads_come_back_bit_by_bit(store: MongoEventStore, data: bytes) -> None:
    commit = await append(store, "thread-1", 0, event=EventData("t", data))
    assert (await store.find_commit(commit.commit_id) or commit).events[0].data == data

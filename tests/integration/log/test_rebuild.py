"""Rebuilding a view on the real store, under load and with readers, and with its driver killed midway."""

# ruff: noqa: ASYNC110

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from services.chassis.log.eventstore import Write
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.worker import LogWorker
from services.chassis.views import projector
from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.projection_driver import ProjectionDriver, drive_all
from services.chassis.views.projector import Projector
from services.chassis.views.rebuild import rebuild_progress, request_rebuild
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import Document
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.support.commits import META, sequence_all
from tests.support.events import CODEC, COUNTER, Closed, CounterEvent, Raise, Raised

STREAMS = 3


def evolve(document: Document | None, event: Raised, context: EventContext) -> Document:
    document = document or {"versions": {}}
    document["versions"].setdefault(context.stream, []).append(context.version)
    return document


TOTALS = Projection(name="totals", version=1, handles=(Raised,), route=lambda event: [event.counter], evolve=evolve)


@asynccontextmanager
async def background(*coroutines: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in coroutines]  # type: ignore[call-overload]
    try:
        yield
        assert not [task for task in tasks if task.done() and task.exception()]
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


class Load:
    """Commands without an end, and readers who insist that nothing they have seen goes away again."""

    def __init__(self, database: MongoDatabase) -> None:
        self.store = MongoEventStore(database)
        self.rows = MongoViewStore(database)
        self.written = 0
        self.reading: dict[int, int] = {}
        """The generation that each reader reads."""
        self._handler = CommandHandler(self.store, CODEC, COUNTER)

    async def write(self) -> None:
        while True:
            number = self.written
            await self._handler.handle(
                f"counter-{number % STREAMS}", Raise(1), commit_id=f"id-{number}", fingerprint="f", caller="c"
            )
            self.written += 1

    async def watch(self, reader: int) -> None:
        """Read as a process of its own would."""
        catalog = ViewCatalog(self.rows)
        views = catalog.views(TOTALS)
        seen: dict[str, int] = {}
        while True:
            document = await views.get("c")
            versions = document["versions"] if document is not None else {}
            for numbers in versions.values():
                assert numbers == list(range(1, len(numbers) + 1))
            assert all(len(versions.get(stream, [])) >= count for stream, count in seen.items())
            seen = {stream: len(numbers) for stream, numbers in versions.items()}
            self.reading[reader] = (await catalog.look(views.view))[0].active
            await asyncio.sleep(0.002)

    def worker(self, catalog: ViewCatalog) -> LogWorker:
        worker = LogWorker(self.store, lease_seconds=2, poll_seconds=0.05)
        drive_all(worker, [TOTALS], history=self.store, codec=CODEC, catalog=catalog)
        return worker

    async def folded(self) -> dict[str, list[int]]:
        """What the log says."""
        versions: dict[str, list[int]] = {}
        for commit in await self.store.read_log(0, 10_000):
            versions.setdefault(commit.stream, []).extend(event.version for event in commit.events)
        return versions


async def test_a_rebuild_under_load_is_noticed_by_no_reader(database: MongoDatabase) -> None:
    load = Load(database)
    await load.store.ensure_indexes()
    catalog = ViewCatalog(load.rows)
    async with background(load.worker(catalog).run()), asyncio.timeout(60):
        await catalog.built([TOTALS])
        async with background(load.write(), load.watch(1), load.watch(2)):
            while load.written < 20:
                await asyncio.sleep(0.02)
            wished = await request_rebuild(load.rows, "totals", 1)
            while not (progress := await rebuild_progress(load.rows, load.store, "totals", 1, wished)).done:
                assert progress.position <= progress.head
                await asyncio.sleep(0.02)
            assert set(load.reading.values()) <= {1, 2}
            while set(load.reading.values()) != {2}:
                await asyncio.sleep(0.02)
            flipped_at = load.written
            while load.written < flipped_at + 10:
                await asyncio.sleep(0.02)
        while await load.store.unsequenced(1):
            await asyncio.sleep(0.02)
        head = await load.store.head_position()
        documents = load.rows.documents("totals_v1", 2)
        while await documents.position() < head:
            await asyncio.sleep(0.02)
        assert (await documents.get("c") or {})["versions"] == await load.folded()


BY_ID = Projection(
    name="by_id",
    version=1,
    handles=(Raised, Closed),
    route=lambda event: [event.counter],
    evolve=lambda document, event, context: None if isinstance(event, Closed) else evolve(document, event, context),
)


async def test_a_rebuild_goes_on_from_documents_that_are_further_than_its_position(
    database: MongoDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it reads on and inserts what seems finished: some is removed later, some comes again."""
    monkeypatch.setattr(projector, "_BULK", 10)
    monkeypatch.setattr(projector, "_COLD", 20)
    store, rows = MongoEventStore(database), MongoViewStore(database)
    await store.ensure_indexes()
    events: list[list[CounterEvent]] = [[Raised(f"c{number}", 1)] for number in range(60)]
    events[40:40] = [[Closed(f"c{number}"), Raised(f"c{number + 1}", 2)] for number in range(0, 20, 2)]
    events[70:] = [[Raised(f"c{number}", 3)] for number in range(0, 60, 3)]
    for number, each in enumerate(events):
        await store.append(f"s-{number}", 0, [Write(f"id-{number}", [CODEC.encode(one) for one in each], META)])
    await sequence_all(store)
    for epoch, steps in enumerate((6, 8, 10, 12), start=1):
        documents, whole = rows.documents("by_id_v1", epoch), rows.documents("by_id_v1", 99)
        killed = Projector(
            log=store, codec=CODEC, projection=BY_ID, documents=documents, epoch=epoch, replay=True, most=7
        )
        for _ in range(steps):
            await killed.step()
        step = asyncio.create_task(killed.step())
        await asyncio.sleep(0.002 * epoch)
        step.cancel()
        with suppress(asyncio.CancelledError):
            await step
        assert await documents.position() == 0
        assert not await documents.empty()
        for projecting in (
            Projector(log=store, codec=CODEC, projection=BY_ID, documents=documents, epoch=epoch + 9, replay=True),
            Projector(log=store, codec=CODEC, projection=BY_ID, documents=whole, epoch=epoch),
        ):
            while await projecting.step():
                pass
            await projecting.settle(store)
        ids = [f"c{number}" for number in range(60)]
        assert await documents.load(ids) == ((await whole.load(ids)).views, len(events), epoch + 9)


async def test_a_rebuild_that_was_killed_midway_comes_to_its_end_elsewhere(database: MongoDatabase) -> None:
    load = Load(database)
    await load.store.ensure_indexes()
    catalog = ViewCatalog(load.rows)
    async with background(load.worker(catalog).run()), asyncio.timeout(60):
        await catalog.built([TOTALS])
        async with background(load.write()):
            while load.written < 45:
                await asyncio.sleep(0.02)
        while await load.store.unsequenced(1):
            await asyncio.sleep(0.02)
    await request_rebuild(load.rows, "totals", 1)
    killed = ProjectionDriver(
        log=load.store, codec=CODEC, projection=TOTALS, catalog=ViewCatalog(load.rows), epoch=50, most=7, replay_bytes=1
    )
    for _ in range(6):
        step = asyncio.create_task(killed.step())
        await asyncio.wait({step}, timeout=5)
    step = asyncio.create_task(killed.step())
    await asyncio.sleep(0.001)
    step.cancel()
    with suppress(asyncio.CancelledError):
        await step
    assert (await load.rows.generations())["totals_v1"].active == 1
    assert 0 < await load.rows.documents("totals_v1", 2).position() < await load.store.head_position()
    last = ProjectionDriver(log=load.store, codec=CODEC, projection=TOTALS, catalog=ViewCatalog(load.rows), epoch=51)
    async with asyncio.timeout(60):
        while (await load.rows.generations())["totals_v1"].active == 1:
            await last.step()
    assert (await ViewCatalog(load.rows).views(TOTALS).get("c") or {})["versions"] == await load.folded()

"""What operators wish is carried out by the service's own worker: dead letters and rebuilds, on a real store."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.worker import LogWorker
from services.chassis.views.projection import Projection
from services.chassis.views.projection_driver import drive_all
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.integration.admin.conftest import Service
from tests.support.commits import append
from tests.support.events import CODEC, Raised
from tests.support.foreign import KEYED, Producer, Taker, parked

PRODUCER = "producer"


class Process:
    """The service's worker with its consumer, which fails on what `taker` says."""

    def __init__(self, service: Service) -> None:
        self.letters = MongoDeadLetters(service.database)
        self.producer = Producer(curation=KEYED)
        self.taker = Taker(self.producer, self.producer.bus.inbox(), service.store)
        self._worker = LogWorker(service.store, poll_seconds=0.05)
        self._worker.add("consumer", lambda epoch: self.taker.consumer(epoch, self.letters))
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._running = asyncio.create_task(self._worker.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def parked(self, *words: str) -> None:
        """Wait until exactly these are parked."""
        async with asyncio.timeout(60):
            while await parked(self.letters) != list(words):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def process(service: Service) -> AsyncIterator[Process]:
    process = Process(service)
    process.taker.failing = {"a1"}
    await process.producer.tell("a1", "b1", "a2")
    await process.start()
    await process.parked("a1", "a2")
    yield process
    await process.stop()


async def test_letters_are_listed_and_redriven(service: Service, process: Process) -> None:
    listed = (await service.must("--json", "dead-letters", "list")).json
    assert [(each["producer"], each["error"], each["attempts"]) for each in listed] == [
        (PRODUCER, "ValueError", 1),
        (PRODUCER, None, 0),
    ]
    shown = await service.must("dead-letters", "show", PRODUCER, listed[0]["mark"])
    assert "payload" not in shown.output
    assert "bytes: 2" in shown.output

    failed = await service.admin("--json", "dead-letters", "redrive", PRODUCER, "--key", listed[0]["key"])
    assert (failed.code, failed.json["parked still"]) == (1, 2)
    assert failed.error.startswith("error: STILL_PARKED: ")

    process.taker.failing = set()
    done = await service.must("--json", "dead-letters", "redrive", PRODUCER, "--all")
    assert done.json == {"letters": 2, "taken in": 2, "parked still": 0, "not tried yet": 0}
    assert process.taker.taken == ["b1", "a1", "a2"]
    nothing = await service.admin("dead-letters", "redrive", PRODUCER, "--all")
    assert nothing.error.startswith("error: NO_SUCH_LETTER: ")


async def test_a_letter_is_discarded_for_a_reason(service: Service, process: Process) -> None:
    mark = (await service.must("--json", "dead-letters", "list")).json[0]["mark"]
    wish = ("dead-letters", "discard", PRODUCER, mark, "--by", "olga", "--reason", "sent by mistake")
    assert (await service.admin(*wish)).error.startswith("error: NOT_CONFIRMED: ")
    assert (await service.must("--json", *wish, "--yes")).json == {"mark": mark, "discarded": True}
    await process.parked("a2")
    [record] = (await service.must("--json", "dead-letters", "list", "--discarded")).json
    assert (record["mark"], record["by"], record["reason"]) == (mark, "olga", "sent by mistake")
    assert (await service.admin(*wish, "--yes")).error.startswith("error: NO_SUCH_LETTER: ")


async def test_a_wish_waits_for_a_process_that_is_down(service: Service, process: Process) -> None:
    await process.stop()
    answer = await service.admin("--json", "dead-letters", "redrive", PRODUCER, "--all", "--patience", "0")
    assert answer.json["not tried yet"] == 2
    process.taker.failing = set()
    await process.start()
    await process.parked()
    assert process.taker.taken == ["b1", "a1", "a2"]


TOTALS = Projection(
    name="totals",
    version=2,
    handles={Raised},
    route=lambda event: [event.counter],
    evolve=lambda document, event, _: {"total": (document or {"total": 0})["total"] + event.by},
)


async def test_a_projection_is_built_anew_beside_the_one_in_use(service: Service) -> None:
    nobody = await service.admin("rebuild", "totals")
    assert nobody.error.startswith("error: NO_SUCH_PROJECTION: ")
    worker, catalog = LogWorker(service.store, poll_seconds=0.05), ViewCatalog(MongoViewStore(service.database))
    drive_all(worker, [TOTALS], history=service.store, codec=CODEC, catalog=catalog)
    for version in range(20):
        await append(service.store, "counter-c", version, event=CODEC.encode(Raised("c", 1)))
    running = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(30):
            await catalog.built([TOTALS])
            await catalog.views(TOTALS).reached(20)
        [before] = (await service.must("--json", "projections")).json
        assert (before["projection"], before["version"], before["generation"]) == ("totals", 2, 1)
        done = await service.must("--json", "rebuild", "totals")
        assert done.json == {"generation": 2, "position": 20, "head": 20, "done": True}
        assert (await service.must("--json", "projections")).json[0]["generation"] == 2
        assert await catalog.views(TOTALS).get("c") == {"total": 20}
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    stuck = await service.admin("rebuild", "totals_v2", "--patience", "1")
    assert stuck.error.startswith("error: NO_PROGRESS: ")

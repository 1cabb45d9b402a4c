"""What operators wish is carried out by the service's own worker: dead letters and rebuilds, on a real store."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from services.chassis.dead_letters_mongo import MongoDeadLetters
from services.chassis.worker import LogWorker
from tests.integration.admin.conftest import Service
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
        async with asyncio.timeout(20):
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

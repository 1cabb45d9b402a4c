"""A leader that stood still while another took over: whatever it then does, log, marks and bus stay as they are.

Standing still is played by a store and a bus that hold a worker's calls back, so that it goes on, long after its lease
and the broker's memory of message ids have ended, exactly where it was: just before a write.
"""
# ruff: noqa: ASYNC110

import asyncio
import inspect
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from nats.aio.client import Client

from services.chassis.integration import bus_provision
from services.chassis.integration.bus import Curation, Fenced, Message, Tail
from services.chassis.integration.bus_jetstream import JetStreamOutbox
from services.chassis.integration.bus_provision import provision
from services.chassis.integration.relay import Relay
from services.chassis.log.eventstore import EventData, Mark
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.worker import LogWorker
from tests.integration.log.conftest import STREAM
from tests.support.commits import append, new_id, sequence_all
from tests.support.nats_server import PRODUCER

CURATION = Curation(PRODUCER, {"test.v1.Public": "Public.v1"})
PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")
LEASE_SECONDS = 0.5
WINDOW_SECONDS = 0.2
HELD = ["assign_positions", "save_mark", "publish"]


class Gate:
    """Once it is shut, holds back the first call of one kind and then every call; `held` tells that it does."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.held = asyncio.Event()

    def shut(self) -> None:
        self.open.clear()

    async def pass_through(self, *, decisive: bool) -> None:
        if not self.open.is_set() and (decisive or self.held.is_set()):
            self.held.set()
            # The worker would give the call up when its lease ends; a process that stands still does not.
            while not self.open.is_set():
                with suppress(asyncio.CancelledError):
                    await self.open.wait()


class Standing:
    """A worker's store or outbox as it is to a process that stands still before the call named `kind`."""

    def __init__(self, inner: Any, kind: str, gate: Gate) -> None:
        self._inner, self._kind, self._gate = inner, kind, gate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def held(*arguments: Any) -> Any:
            await self._gate.pass_through(decisive=name == self._kind)
            return await found(*arguments)

        return held


@asynccontextmanager
async def working(store: Any, outbox: Any, gate: Gate | None = None) -> AsyncIterator[LogWorker]:
    worker = LogWorker(store, lease_seconds=LEASE_SECONDS, poll_seconds=0.02)
    worker.add("relay", lambda epoch: Relay(worker.log, outbox, CURATION, checkpoints=store, epoch=epoch))
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        if gate is not None:
            gate.open.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def marks_on(bus: Client) -> list[str]:
    jetstream = bus.jetstream()
    last = (await jetstream.stream_info(STREAM.name)).state.last_seq
    stored = [await jetstream.get_msg(STREAM.name, seq=sequence) for sequence in range(1, last + 1)]
    return [(message.headers or {})["Vs-Pos"] for message in stored]


async def write(store: MongoEventStore, *events: EventData) -> None:
    for event in events:
        await append(store, f"thing-{new_id()}", 0, event=event)


@pytest.mark.parametrize("kind", HELD)
async def test_a_leader_that_wakes_up_changes_nothing(
    database: MongoDatabase, producer_bus: Client, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bus_provision, "_DUPLICATE_WINDOW_SECONDS", WINDOW_SECONDS)
    monkeypatch.setattr("services.chassis.integration.relay._QUIET_COMMITS", 1)
    await provision(producer_bus.jetstream(), [STREAM])
    stores = [MongoEventStore(database), MongoEventStore(database)]
    await stores[0].ensure_indexes()
    outbox, gate = JetStreamOutbox(producer_bus, PRODUCER), Gate()

    async def reached(position: int) -> bool:
        return await stores[1].head_position() == position and (await outbox.tail()).mark.position == position

    async with working(Standing(stores[0], kind, gate), Standing(outbox, kind, gate), gate) as first:
        await until(lambda: _leads(first))
        await write(stores[0], PUBLIC, PUBLIC)
        await until(lambda: reached(2))
        gate.shut()
        # A mark is saved after a page that ends with nothing public.
        last = [] if kind == "save_mark" else [PUBLIC]
        await write(stores[0], PRIVATE, PRIVATE, *last)
        async with asyncio.timeout(60):
            await gate.held.wait()
        await write(stores[0], *([] if last else [PUBLIC]))
        async with working(stores[1], outbox) as second:
            await until(lambda: _leads(second))
            await write(stores[1], PUBLIC, PUBLIC)
            await until(lambda: reached(7))
            quiet = await stores[1].load_mark(f"relay without news {CURATION.digest}")
            await asyncio.sleep(2 * WINDOW_SECONDS)
            before = await marks_on(producer_bus)
            gate.open.set()  # It wakes up, in the middle of the write that it was about to make.
            await asyncio.sleep(2 * LEASE_SECONDS)
            assert await marks_on(producer_bus) == before == ["1.0", "2.0", "5.0", "6.0", "7.0"]
            assert await stores[1].head_position() == 7
            # Where the second has saved none, the sleeper's lands: what it says is true, whoever says it and when.
            told = await stores[1].load_mark(f"relay without news {CURATION.digest}")
            assert told in (quiet, Mark(2, 2))
            await write(stores[1], PUBLIC)
            await until(lambda: reached(8))
    await _whole(stores[1], producer_bus, outbox)


async def _leads(worker: LogWorker) -> bool:
    return worker.epoch is not None


async def _whole(store: MongoEventStore, bus: Client, outbox: JetStreamOutbox) -> None:
    log = await store.read_log(0, 100)
    assert [commit.position for commit in log] == list(range(1, 9))
    assert await marks_on(bus) == ["1.0", "2.0", "5.0", "6.0", "7.0", "8.0"]
    assert await outbox.tail() == Tail(Mark(8), 6)


async def test_a_message_that_was_held_back_for_long_is_refused_by_the_bus_alone(
    producer_bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without leases, and with the broker's memory of message ids gone."""
    monkeypatch.setattr(bus_provision, "_DUPLICATE_WINDOW_SECONDS", WINDOW_SECONDS)
    await provision(producer_bus.jetstream(), [STREAM])
    outbox = JetStreamOutbox(producer_bus, PRODUCER)
    messages: Sequence[Message] = CURATION.messages(await _log_of(5), Tail().mark)
    await outbox.publish(messages[:2], 0)
    await outbox.publish(messages[2:], 2)
    await asyncio.sleep(3 * WINDOW_SECONDS)
    for stale in (messages[2:], messages[2:3], messages[2:4]):
        with pytest.raises(Fenced, match="sequence"):
            await outbox.publish(stale, 2)
    assert await marks_on(producer_bus) == [f"{position}.0" for position in range(1, 6)]


async def _log_of(count: int) -> Any:
    store = MemoryEventStore()
    for number in range(count):
        await append(store, f"thing-{number}", 0, event=PUBLIC)
    await sequence_all(store)
    return await store.read_log(0, count)

"""What the event log measures of itself is true: each instrument is read as an exporter would read it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from services.chassis import telemetry_metrics
from services.chassis.integration import relay as relaying
from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.relay import Relay
from services.chassis.log.bulkappend import Answer
from services.chassis.log.eventstore import Commit, VersionConflict
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from services.chassis.telemetry_metrics_export import allow_list_view
from tests.support.commits import EVENT, append, new_id, sequence_all
from tests.support.events import CODEC, COUNTER, Raise
from tests.support.store import fresh_database, store_uri

INSERT_SECONDS = 0.05

Handler = CommandHandler[Any, Any, Any]
Attributes = tuple[tuple[str, object], ...]


class Measured:
    """What has been measured so far, by name and attributes; of those only what may leave the process."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    def points(self, name: str) -> dict[Attributes, Any]:
        """The metric's points."""
        data = self._reader.get_metrics_data()
        scopes = [scope for each in data.resource_metrics for scope in each.scope_metrics] if data else []
        metrics = [metric for scope in scopes for metric in scope.metrics if metric.name == name]
        points = [point for metric in metrics for point in metric.data.data_points]
        return {tuple(sorted((point.attributes or {}).items())): point for point in points}

    def values(self, name: str) -> dict[Attributes, int]:
        """The values of a counter or a gauge."""
        return {attributes: point.value for attributes, point in self.points(name).items()}


@pytest.fixture
def measured() -> Iterator[Measured]:
    """From nothing, but for what is counted by ourselves: that has gone on since the process began."""
    reader = InMemoryMetricReader()
    # Not the process's own provider: it takes but one for good.
    telemetry_metrics._meter.on_set_meter_provider(MeterProvider([reader], views=[allow_list_view()]))  # type: ignore[attr-defined]
    yield Measured(reader)
    telemetry_metrics._meter.on_set_meter_provider(NoOpMeterProvider())  # type: ignore[attr-defined]


class SlowStore(MongoEventStore):
    """Takes its time for each insert."""

    async def insert(self, commits: Sequence[Commit]) -> Sequence[Answer]:
        await asyncio.sleep(INSERT_SECONDS)
        return await super().insert(commits)


@pytest_asyncio.fixture
async def slow_store(tmp_path: Path) -> AsyncIterator[SlowStore]:
    with store_uri(tmp_path) as uri, fresh_database(uri) as database:
        store = SlowStore(database)
        await store.ensure_indexes()
        yield store
        await store.close()


async def test_each_append_is_timed_and_each_conflict_counted(measured: Measured, slow_store: SlowStore) -> None:
    began = time.perf_counter()
    await append(slow_store, "thread-1", 0)
    await append(slow_store, "alias-1", 0)
    with pytest.raises(VersionConflict):
        await append(slow_store, "thread-1", 0)
    elapsed = time.perf_counter() - began

    seconds = measured.points("vouchsafe.append.duration")
    assert {attributes: point.count for attributes, point in seconds.items()} == {
        (("category", "alias"),): 1,
        (("category", "thread"),): 2,
    }
    assert seconds[("category", "alias"),].sum >= INSERT_SECONDS
    assert seconds[("category", "thread"),].max >= INSERT_SECONDS
    assert sum(point.sum for point in seconds.values()) <= elapsed
    assert measured.values("vouchsafe.append.conflicts") == {(("category", "thread"),): 1}


def handler_on(store: MemoryEventStore) -> Handler:
    return CommandHandler(store, CODEC, COUNTER)


async def raise_by_one(handler: Handler, stream: str) -> None:
    await handler.handle(stream, Raise(1), commit_id=new_id(), fingerprint="f", caller="c")


async def test_each_command_that_is_decided_again_is_counted(measured: Measured) -> None:
    store = MemoryEventStore()
    here, elsewhere = handler_on(store), handler_on(store)
    for handler in (here, here, elsewhere):  # The last has nothing remembered: it reads.
        await raise_by_one(handler, "counter-1")
    assert measured.values("vouchsafe.append.retries") == {}
    await raise_by_one(here, "counter-1")
    assert measured.values("vouchsafe.append.retries") == {(("category", "counter"),): 1}
    await asyncio.gather(*(raise_by_one(elsewhere, "counter-1") for _ in range(3)))
    assert measured.values("vouchsafe.append.retries") == {(("category", "counter"),): 4}


async def test_each_lookup_of_a_stream_is_counted_and_whether_it_was_remembered(measured: Measured) -> None:
    def found() -> dict[bool, int]:
        lookups = measured.values("vouchsafe.states.lookups")
        return {hit: lookups.get((("category", "lookup"), ("hit", hit)), 0) for hit in (True, False)}

    before, handler = found(), handler_on(MemoryEventStore())
    for stream in ("lookup-1", "lookup-1", "lookup-2", "lookup-1", "lookup-2"):
        await raise_by_one(handler, stream)
    assert {hit: count - before[hit] for hit, count in found().items()} == {True: 3, False: 2}


async def test_the_sequencer_is_as_far_behind_as_there_are_commits_without_a_place(measured: Measured) -> None:
    store = MemoryEventStore()
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=2)
    for number in range(5):
        await append(store, f"thread-{number}", 0)
    behind = []
    for _ in range(4):
        await sequencer.step()
        behind.append(measured.values("vouchsafe.sequencer.lag"))
    assert behind == [{(): 5}, {(): 3}, {(): 1}, {(): 0}]


async def test_the_relay_is_as_far_behind_as_there_are_positions_that_it_has_not_read(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "_COMMITS", 2)
    monkeypatch.setattr(relaying, "_GROWTH", 2)
    monkeypatch.setattr(relaying, "_QUICK_SECONDS", 60)
    monkeypatch.setattr(relaying, "_LAG_SECONDS", 0)
    store = MemoryEventStore()
    for number in range(7):
        await append(store, f"thread-{number}", 0)
    await sequence_all(store)
    relay = Relay(store, MemoryBus(), Curation("forum", {EVENT.type: "Happened.v1"}), checkpoints=store, epoch=1)
    behind = []
    for _ in range(4):  # Pages of two, four and one, and then none.
        await relay.step()
        behind.append(measured.values("vouchsafe.relay.lag"))
    assert behind == [{(): 7}, {(): 5}, {(): 1}, {(): 0}]

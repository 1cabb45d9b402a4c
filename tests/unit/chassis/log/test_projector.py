"""Views equal the fold of the log, however often the work was interrupted or done twice."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from services.chassis.log.eventstore import EventStoreError, StoreUnavailable, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.views import projector as projecting
from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.projector import Projector
from services.chassis.views.viewstore import Advance, Document, Loaded, StoredView
from services.chassis.views.viewstore_memory import MemoryDocuments
from tests.support.commits import META, new_id, sequence_all
from tests.support.events import CODEC, Closed, CounterEvent, Raised, Renamed
from tests.support.losing_views import LosingDocuments


def evolve(document: Document | None, event: CounterEvent, context: EventContext) -> Document | None:
    if isinstance(event, Closed):
        return None
    document = document or {"total": 0, "seen": []}
    document["seen"].append([context.position, context.version])
    if isinstance(event, Raised):
        document["total"] += event.by
    return document


def projection(route: Any = lambda event: [event.counter]) -> Projection:
    return Projection(name="totals", version=1, handles=(Raised, Closed), route=route, evolve=evolve)


def projector(store: MemoryEventStore, views: MemoryDocuments, epoch: int = 1, **options: Any) -> Projector:
    options.setdefault("projection", projection())
    return Projector(log=store, codec=CODEC, documents=views, epoch=epoch, **options)


async def write(store: MemoryEventStore, *events: CounterEvent) -> None:
    """One commit in a stream of its own."""
    await store.append(f"counter-{new_id()}", 0, [Write(new_id(), [CODEC.encode(each) for each in events], META)])
    await sequence_all(store)


async def catch_up(projector: Projector) -> None:
    while await projector.step():
        pass


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_documents_are_folded_in_the_order_of_the_log(batch: int) -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1), Raised("a", 2), Raised("b", 5))
    await write(store, Renamed("a", "ignored"))
    await write(store, Raised("a", 4))
    await catch_up(projector(store, views, most=batch))
    assert await views.get("a") == {"total": 7, "seen": [[1, 1], [1, 2], [3, 1]]}
    assert await views.get("b") == {"total": 5, "seen": [[1, 3]]}
    assert await views.position() == 3


async def test_a_removed_document_begins_anew() -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))
    await write(store, Closed("a"))
    await catch_up(projector(store, views))
    assert await views.get("a") is None
    await write(store, Raised("a", 3))
    await catch_up(projector(store, views))
    assert await views.get("a") == {"total": 3, "seen": [[3, 1]]}


class ForgetfulViews(MemoryDocuments):
    """Loses power between the documents and the position."""

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        await super().write(views, None)
        raise EventStoreError


@pytest.mark.parametrize("batch", [1, 2, 3])
async def test_a_batch_that_was_interrupted_is_folded_once(batch: int) -> None:
    store, views = MemoryEventStore(), ForgetfulViews()
    await write(store, Raised("a", 1), Raised("a", 2))
    await write(store, Raised("b", 1))
    await write(store, Closed("b"))
    with pytest.raises(EventStoreError):
        await projector(store, views, most=2).step()
    whole = MemoryDocuments()
    whole._views = views._views
    await catch_up(projector(store, whole, most=batch))
    assert await whole.get("a") == {"total": 3, "seen": [[1, 1], [1, 2]]}
    assert await whole.get("b") is None


async def test_an_overtaken_projector_is_refused_by_the_documents() -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))
    zombie_views = MemoryDocuments()
    zombie = projector(store, zombie_views)
    await catch_up(projector(store, views, epoch=2))
    zombie_views.write = views.write  # type: ignore[method-assign]  # It read before, and writes after.
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert await views.get("a") == {"total": 1, "seen": [[1, 1]]}


async def test_an_overtaken_projector_cannot_advance() -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))
    late = projector(store, views, epoch=8)
    await catch_up(late)
    await views.open(9)
    await write(store, Renamed("a", "touches nothing"))
    await late.step()
    with pytest.raises(LeaseLost):
        await late.step()
    with pytest.raises(LeaseLost):
        await projector(store, views, epoch=8).step()


async def test_what_the_store_has_lost_is_folded_again() -> None:
    """A store that ended suddenly has lost the last documents, together with the position that followed them."""
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))
    running = projector(store, views)
    await catch_up(running)
    kept = dict(views._views), views._position
    await write(store, Raised("b", 2))
    await catch_up(running)
    views._views, views._position = kept
    await write(store, Raised("b", 3))
    with pytest.raises(LeaseLost):
        await running.step()
    await catch_up(projector(store, views, epoch=2))
    assert await views.get("b") == {"total": 5, "seen": [[2, 1], [3, 1]]}


class ShortLived(LosingDocuments):
    """Its store has come back from a sudden end before each write, and says nothing of it."""

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        self.lose()
        await super().write(views, advance, durable=durable)

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        self.lose()
        await super().insert(views)


@pytest.mark.parametrize("replay", [True, False])
@pytest.mark.parametrize("many_new", [2, 99])
async def test_what_the_store_loses_between_the_writes_of_a_page_is_no_hole(
    monkeypatch: pytest.MonkeyPatch, replay: bool, many_new: int
) -> None:
    monkeypatch.setattr(projecting, "_BULK", 4)
    monkeypatch.setattr(projecting, "_MANY_NEW", many_new)
    store, views, whole = MemoryEventStore(), ShortLived(), MemoryDocuments()
    for number in range(2):
        await write(store, *(Raised(f"c{each}", number) for each in range(10 + number)))
    await views.open(1)
    views._keep()
    running = projector(store, views, replay=replay, most=1)
    await running.step()
    with suppress(LeaseLost):
        await catch_up(running)
        await running.settle(store)
    views.lose()
    last = projector(store, views, epoch=2)
    views.lose = lambda: None  # type: ignore[method-assign]
    await catch_up(last)
    await catch_up(projector(store, whole))
    assert (views._views, views._position) == (whole._views, whole._position)


async def test_what_was_replayed_is_durable() -> None:
    store, views = MemoryEventStore(), LosingDocuments()
    for name in ("a", "b", "a"):
        await write(store, Raised(name, 1))
    replay = projector(store, views, replay=True)
    await catch_up(replay)
    await replay.settle(store)
    views.lose()
    assert await views.position() == 3
    assert set(await views.get_many(["a", "b"])) == {"a", "b"}


class CountedViews(MemoryDocuments):
    loads = writes = 0

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        self.loads += 1
        return await super().load(document_ids)

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        self.writes += 1
        await super().write(views, advance)


async def test_a_page_costs_one_read_and_one_write_and_none_for_what_is_in_memory() -> None:
    store, views = MemoryEventStore(), CountedViews()
    views._views["a"] = StoredView({"total": 0, "seen": []}, 0)  # So that not all there is is in memory.
    running = projector(store, views)
    for name in ("a", "b", "a", "b"):
        await write(store, Raised(name, 1), Raised(name, 1))
    await catch_up(running)
    assert (views.loads, views.writes) == (1, 1)
    await write(store, Raised("a", 1))
    await catch_up(running)
    assert (views.loads, views.writes) == (1, 2)
    assert (await views.get_many(["a", "b"]))["a"]["total"] == 5


async def test_the_position_is_stored_when_it_gets_quiet_after_pages_that_touch_nothing() -> None:
    store, views = MemoryEventStore(), CountedViews()
    running = projector(store, views)
    for _ in range(3):
        await write(store, Renamed("a", "touches nothing"))
    await catch_up(running)
    assert (running.position, await views.position(), views.writes) == (3, 0, 0)
    await catch_up(running)
    assert (running.position, await views.position()) == (3, 3)
    assert (views.loads, views.writes) == (0, 1)


@pytest.mark.parametrize("replay_bytes", [1, 500, 10**6])
async def test_a_replay_writes_rarely_and_comes_to_the_same(replay_bytes: int) -> None:
    store, replayed, live = MemoryEventStore(), CountedViews(), MemoryDocuments()
    for number in range(30):
        await write(store, Raised(f"c{number % 3}", number), Raised("all", 1))
    await write(store, Closed("c2"))
    replay = projector(store, replayed, replay=True, replay_bytes=replay_bytes, most=4)
    await catch_up(replay)
    await replay.settle(store)
    await catch_up(projector(store, live))
    assert (replayed._views, replayed._position) == (live._views, live._position)
    if replay_bytes == 10**6:
        assert (replayed.loads, replayed.writes) == (0, 1)
    await write(store, Raised("c0", 5))
    await catch_up(replay)
    assert await replayed.position() == 32


# --- What a replay inserts while it reads on --------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulks of two documents, which are taken for finished when four commits have left them alone."""
    monkeypatch.setattr(projecting, "_BULK", 2)
    monkeypatch.setattr(projecting, "_MANY_NEW", 2)
    monkeypatch.setattr(projecting, "_COLD", 4)


class GatedViews(LosingDocuments):
    """Inserts when it is let, what the documents are by then; keeps count."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.inserts: list[list[str]] = []
        self.replaced: list[str] = []

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        self.replaced += views
        await super().write(views, advance, durable=durable)

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        self.inserts.append(list(views))
        await self.gate.wait()
        await super().insert(views)


async def replayed(store: MemoryEventStore, views: MemoryDocuments, **options: Any) -> None:
    replay = projector(store, views, replay=True, **options)
    await catch_up(replay)
    await replay.settle(store)


async def folded(store: MemoryEventStore) -> dict[str, StoredView]:
    whole = MemoryDocuments()
    await catch_up(projector(store, whole))
    return whole._views


@pytest.mark.usefixtures("small")
async def test_a_replay_inserts_what_seems_finished_before_it_has_read_all() -> None:
    store, views = MemoryEventStore(), GatedViews()
    for number in range(20):
        await write(store, Raised(f"c{number}", 1))
    replay = projector(store, views, replay=True, most=4)
    for _ in range(4):
        await replay.step()
    await asyncio.sleep(0)
    assert views.inserts == [["c0", "c1"], ["c2", "c3"], ["c4", "c5"]]
    assert (replay.position, replay.saved, await views.position()) == (16, 0, 0)
    await replay.settle(store)
    assert replay.saved == await views.position() == 16
    await catch_up(replay)
    assert views._views == await folded(store)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("lively", [3, 4])
async def test_what_is_still_being_changed_is_written_once(lively: int) -> None:
    """Documents that are lively at a time, six events each: as many writes as if none had been made before the end."""
    store, views = MemoryEventStore(), GatedViews()
    for turn in range(4):
        for _ in range(6):
            await write(store, *(Raised(f"c{turn}.{each}", 1) for each in range(lively)))
            await write(store, Renamed("x", "touches nothing"))
    await replayed(store, views, most=3)
    written = [each for bulk in views.inserts for each in bulk]
    assert len(written) == len(set(written)) == 4 * lively
    assert views.replaced == []
    assert len(views.inserts) == 4 * lively // 2


@pytest.mark.usefixtures("small")
async def test_what_is_being_inserted_is_not_changed_until_it_is_there() -> None:
    store, views = MemoryEventStore(), GatedViews()
    for name in ("a", "b", "c"):
        await write(store, Raised(name, 1))
    for _ in range(5):
        await write(store, Renamed("a", "touches nothing"))
    await write(store, Raised("a", 2), Closed("b"))
    await write(store, Raised("b", 3))
    replay = projector(store, views, replay=True, most=2)
    views.gate.clear()
    while not views.inserts:
        await replay.step()
        await asyncio.sleep(0)
    assert views.inserts == [["a", "b"]]
    assert await replay.step()
    changing = asyncio.create_task(replay.step())
    await asyncio.sleep(0.01)
    assert not changing.done()
    views.gate.set()
    await changing
    assert (views._views["a"], views._views["b"].position) == (StoredView({"total": 1, "seen": [[1, 1]]}, 1), 2)
    await catch_up(replay)
    await replay.settle(store)
    assert views._views == await folded(store)


STORY: list[Sequence[CounterEvent]] = [
    [Raised("a", 1)],
    [Raised("b", 1)],
    [Raised("c", 1), Closed("c")],
    [Raised("d", 1)],
    *[[Renamed("a", "touches nothing")]] * 5,
    [Raised("e", 1)],
    [Raised("f", 1)],
    [Raised("a", 2), Raised("c", 2)],
    [Closed("b")],
    *[[Raised(name, 1)] for name in "ghijklmno"],
    [Raised("b", 3), Closed("e")],
    [Raised("a", 1), Raised("d", 1), Raised("f", 1)],
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("replay", [True, False])
@pytest.mark.parametrize("steps", range(len(STORY) // 2 + 1))
async def test_a_replay_that_ends_at_any_page_leaves_no_wrong_document(steps: int, replay: bool) -> None:
    """The position has not moved, and documents are there that are further: finished, removed, or changed later."""
    store, views = MemoryEventStore(), LosingDocuments()
    for events in STORY:
        await write(store, *events)
    await views.open(1)
    views._keep()
    killed = projector(store, views, replay=True, most=2)
    for _ in range(steps):
        await killed.step()
    await asyncio.sleep(0)
    views.lose()
    assert bool(views._views) == (steps >= 3)
    assert await views.position() == 0
    last = projector(store, views, epoch=2, replay=replay, most=5)
    await catch_up(last)
    await last.settle(store)
    assert views._views == await folded(store)
    with suppress(LeaseLost):  # Its documents may still come, and then collide.
        await killed.settle(store)
    assert views._views == await folded(store)


@pytest.mark.usefixtures("small")
async def test_an_insert_that_fails_ends_a_step_and_the_next_begins_anew() -> None:
    store, views = MemoryEventStore(), GatedViews()
    for events in STORY:
        await write(store, *events)
    insert, failures = views.insert, 0

    async def fail(views: Mapping[str, StoredView]) -> None:
        nonlocal failures
        failures += 1
        await insert(views if failures > 2 else dict(list(views.items())[:1]))
        if failures <= 2:
            raise StoreUnavailable

    views.insert = fail  # type: ignore[method-assign]
    replay = projector(store, views, replay=True, most=2)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await catch_up(replay)
        assert (replay.position, await views.position()) == (0, 0)
    await catch_up(replay)
    await replay.settle(store)
    assert views._views == await folded(store)


async def test_an_event_may_touch_several_documents_once_each() -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))
    everywhere = projection(lambda event: [event.counter, "all", "all"])
    await catch_up(projector(store, views, projection=everywhere))
    assert {key: view["total"] for key, view in (await views.get_many(["a", "all"])).items()} == {"a": 1, "all": 1}


async def test_a_failing_projection_stops_before_the_event() -> None:
    store, views = MemoryEventStore(), MemoryDocuments()
    await write(store, Raised("a", 1))

    def fail(event: CounterEvent) -> list[str]:
        raise KeyError

    with pytest.raises(KeyError):
        await projector(store, views, projection=projection(fail)).step()
    assert await views.position() == 0

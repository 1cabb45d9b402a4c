"""Views equal the fold of the log, however often the work was interrupted or done twice."""

from typing import Any

import pytest

from services.chassis.eventstore import EventStoreError, Write
from services.chassis.eventstore_memory import MemoryEventStore
from services.chassis.lease import LeaseLost
from services.chassis.projection import EventContext, Projection
from services.chassis.projector import Projector
from services.chassis.viewstore import Document
from services.chassis.viewstore_memory import MemoryViewStore
from tests.support.commits import META, new_id, sequence_all
from tests.support.events import CODEC, Closed, CounterEvent, Raised, Renamed


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


def projector(store: MemoryEventStore, views: MemoryViewStore, epoch: int = 1, **options: Any) -> Projector:
    options.setdefault("projection", projection())
    return Projector(log=store, codec=CODEC, views=views, epoch=epoch, **options)


async def write(store: MemoryEventStore, *events: CounterEvent) -> None:
    """One commit in a stream of its own."""
    await store.append(f"counter-{new_id()}", 0, [Write(new_id(), [CODEC.encode(each) for each in events], META)])
    await sequence_all(store)


async def catch_up(projector: Projector) -> None:
    while await projector.step():
        pass


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_documents_are_folded_in_the_order_of_the_log(batch: int) -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1), Raised("a", 2), Raised("b", 5))
    await write(store, Renamed("a", "ignored"))
    await write(store, Raised("a", 4))
    await catch_up(projector(store, views, batch=batch))
    assert await views.get("a") == {"total": 7, "seen": [[1, 1], [1, 2], [3, 1]]}
    assert await views.get("b") == {"total": 5, "seen": [[1, 3]]}
    assert await views.position() == 3


async def test_a_removed_document_begins_anew() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    await write(store, Closed("a"))
    await catch_up(projector(store, views))
    assert await views.get("a") is None
    await write(store, Raised("a", 3))
    await catch_up(projector(store, views))
    assert await views.get("a") == {"total": 3, "seen": [[3, 1]]}


class ForgetfulViews(MemoryViewStore):
    """Loses power between the documents and the declaration."""

    async def save_position(self, position: int, epoch: int) -> None:
        raise EventStoreError


@pytest.mark.parametrize("batch", [1, 2, 3])
async def test_a_batch_that_was_interrupted_is_folded_once(batch: int) -> None:
    store, views = MemoryEventStore(), ForgetfulViews()
    await write(store, Raised("a", 1), Raised("a", 2))
    await write(store, Raised("b", 1))
    await write(store, Closed("b"))
    with pytest.raises(EventStoreError):
        await projector(store, views, batch=2).step()
    whole = MemoryViewStore()
    whole._views = views._views
    await catch_up(projector(store, whole, batch=batch))
    assert await whole.get("a") == {"total": 3, "seen": [[1, 1], [1, 2]]}
    assert await whole.get("b") is None


async def test_an_overtaken_projector_is_refused_by_the_documents() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    zombie_views = MemoryViewStore()
    zombie = projector(store, zombie_views)
    await catch_up(projector(store, views, epoch=2))
    load = zombie_views.load
    zombie_views.write = views.write  # type: ignore[method-assign]  # It read before, and writes after.
    assert await load(["a"]) == {}
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert await views.get("a") == {"total": 1, "seen": [[1, 1]]}


async def test_an_overtaken_projector_cannot_declare_anything() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    await views.save_position(0, epoch=9)
    with pytest.raises(LeaseLost):
        await projector(store, views, epoch=8).step()


async def test_an_event_may_touch_several_documents_once_each() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))
    everywhere = projection(lambda event: [event.counter, "all", "all"])
    await catch_up(projector(store, views, projection=everywhere))
    assert {key: view["total"] for key, view in (await views.get_many(["a", "all"])).items()} == {"a": 1, "all": 1}


async def test_a_failing_projection_stops_before_the_event() -> None:
    store, views = MemoryEventStore(), MemoryViewStore()
    await write(store, Raised("a", 1))

    def fail(event: CounterEvent) -> list[str]:
        raise KeyError

    with pytest.raises(KeyError):
        await projector(store, views, projection=projection(fail)).step()
    assert await views.position() == 0

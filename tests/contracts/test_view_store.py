"""What every view store does, whatever it stands on."""

import asyncio
from dataclasses import replace

import pytest

from services.chassis.log.eventstore_mongo import MongoDatabase
from services.chassis.log.lease import LeaseLost
from services.chassis.views.viewstore import Advance, Documents, Generations, StoredView, ViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore

VIEW = "threads_v1"


async def put(documents: Documents, **views: StoredView) -> None:
    await documents.write(views, None)


async def test_documents_are_read_back_without_the_stores_own_keys(documents: Documents) -> None:
    document = {"title": "数据", "count": 3, "key": b"\x00\x01", "items": [{"a": None, "b": True}], "none": {}}
    await documents.open(0)
    await documents.write({"t1": StoredView(document, 4), "t2": StoredView({"title": "x"}, 4)}, Advance(0, 4, 0))
    assert await documents.get("t1") == document
    assert await documents.get("t9") is None
    assert await documents.get_many(["t1", "t9", "t2"]) == {"t1": document, "t2": {"title": "x"}}
    assert await documents.get_many([]) == {}


async def test_a_read_document_is_the_readers_own(documents: Documents) -> None:
    await put(documents, t1=StoredView({"items": [1]}, 1))
    document = await documents.get("t1")
    assert document is not None
    document["items"].append(2)
    assert await documents.get("t1") == {"items": [1]}


async def test_a_document_moves_only_forward(documents: Documents) -> None:
    await put(documents, t1=StoredView({"n": 1}, 5))
    await put(documents, t1=StoredView({"n": 2}, 6))
    for position in (5, 6):
        with pytest.raises(LeaseLost):
            await put(documents, t1=StoredView({"n": 9}, position))
        assert await documents.get("t1") == {"n": 2}


async def test_a_removed_document_leaves_its_position(documents: Documents) -> None:
    await put(documents, t1=StoredView({"n": 1}, 5))
    await put(documents, t1=StoredView(None, 7))
    assert await documents.get("t1") is None
    assert await documents.get_many(["t1"]) == {}
    assert (await documents.load(["t1", "t2"])).views == {"t1": StoredView(None, 7)}
    await put(documents, t1=StoredView({"n": 2}, 8))
    assert (await documents.load(["t1"])).views == {"t1": StoredView({"n": 2}, 8)}


async def test_documents_and_position_are_written_together(documents: Documents) -> None:
    assert await documents.position() == 0
    assert await documents.open(3) == 0
    assert await documents.empty()
    await documents.write({"t1": StoredView({"n": 1}, 2)}, Advance(0, 4, 3))
    await documents.write({}, Advance(4, 6, 3))
    assert await documents.position() == 6
    assert await documents.load(["t1"]) == ({"t1": StoredView({"n": 1}, 2)}, 6, 3)
    assert not await documents.empty()


async def test_what_is_loaded_is_as_far_as_the_position_that_comes_with_it(documents: Documents) -> None:
    await documents.open(1)

    async def written() -> None:
        for number in range(1, 101):
            views = {name: StoredView({"n": number}, number) for name in ("t1", "t2")}
            await documents.write(views, Advance(number - 1, number, 1))

    writing = asyncio.create_task(written())
    while not writing.done():
        await asyncio.sleep(0)
        views, position, _ = await documents.load(["t2", "t1"])
        assert all(view.position >= position for view in views.values())
        assert len(views) == 2 or not position
    await writing
    assert (await documents.load([])).position == 100


async def test_the_position_stays_where_a_document_is_refused(documents: Documents) -> None:
    await documents.open(1)
    await put(documents, t2=StoredView({"n": 1}, 5))
    views = {"t1": StoredView({"n": 1}, 4), "t2": StoredView({"n": 9}, 4), "t3": StoredView({"n": 9}, 4)}
    with pytest.raises(LeaseLost):
        await documents.write(views, Advance(0, 4, 1))
    assert await documents.position() == 0
    assert await documents.get_many(["t1", "t2", "t3"]) == {"t1": {"n": 1}, "t2": {"n": 1}}


async def test_a_position_is_refused_under_an_older_epoch(documents: Documents) -> None:
    await documents.open(1)
    await documents.write({}, Advance(0, 3, 1))
    assert await documents.open(2) == 3
    with pytest.raises(LeaseLost):
        await documents.write({}, Advance(3, 4, 1))
    with pytest.raises(LeaseLost):
        await documents.open(1)
    await documents.write({}, Advance(3, 5, 2))
    assert await documents.position() == 5


@pytest.mark.parametrize("before", [0, 2, 4])
async def test_a_position_is_refused_that_was_not_left_there(documents: Documents, before: int) -> None:
    await documents.open(1)
    await documents.write({}, Advance(0, 3, 1))
    with pytest.raises(LeaseLost):
        await documents.write({}, Advance(before, 9, 1))
    assert await documents.position() == 3


async def test_a_position_is_refused_where_the_store_has_lost_what_came_before(documents: Documents) -> None:
    """A store that ended suddenly has lost a whole step: what follows is written, but is not taken for complete."""
    await documents.open(1)
    with pytest.raises(LeaseLost):
        await documents.write({"t2": StoredView({"n": 2}, 4)}, Advance(3, 4, 1), durable=True)
    assert await documents.position() == 0
    await documents.write({"t1": StoredView({"n": 1}, 3)}, Advance(0, 4, 1))
    assert await documents.load(["t1", "t2"]) == (
        {"t1": StoredView({"n": 1}, 3), "t2": StoredView({"n": 2}, 4)},
        4,
        1,
    )


@pytest.mark.parametrize("before", [0, 3])
async def test_a_dropped_generation_does_not_come_back(views: ViewStore, before: int) -> None:
    documents = views.documents(VIEW, 1)
    await documents.open(1)
    await documents.write({"t1": StoredView({"n": 1}, 3)}, Advance(0, 3, 1))
    await views.drop(VIEW, 1)
    with pytest.raises(LeaseLost):
        await documents.write({}, Advance(before, 4, 1))
    assert await documents.empty()
    assert await documents.load([]) == ({}, 0, 0)


async def test_an_insert_is_refused_where_a_document_is(documents: Documents) -> None:
    await documents.insert({"t1": StoredView({"n": 1}, 3), "t2": StoredView(None, 3)})
    assert (await documents.load(["t1", "t2"])).views == {"t1": StoredView({"n": 1}, 3), "t2": StoredView(None, 3)}
    for there in ("t1", "t2"):
        with pytest.raises(LeaseLost):
            await documents.insert({there: StoredView({"n": 9}, 9)})
    assert await documents.get("t1") == {"n": 1}


async def test_what_a_replay_tells_is_for_watching_only(documents: Documents) -> None:
    await documents.open(2)
    await documents.tell(700, 2)
    await documents.tell(900, 1)
    assert (await documents.replayed(), await documents.position()) == (700, 0)
    await documents.write({}, Advance(0, 800, 2))
    assert await documents.replayed() == 800


async def test_generations_are_strangers(views: ViewStore) -> None:
    old, new = views.documents(VIEW, 1), views.documents(VIEW, 2)
    await put(old, t1=StoredView({"n": 1}, 5))
    await put(new, t1=StoredView({"n": 2}, 1))
    assert (await old.get("t1"), await new.get("t1")) == ({"n": 1}, {"n": 2})
    await views.drop(VIEW, 1)
    await views.drop(VIEW, 1)
    assert (await old.get("t1"), await new.get("t1")) == (None, {"n": 2})
    assert await old.empty()


async def test_what_a_dropped_generation_was_left_with_is_dropped_again() -> None:
    assert list(Generations(active=1).garbage()) == []
    assert list(Generations(active=3, retiring=2).garbage()) == [1]
    assert list(Generations(active=5, dropped=3).garbage()) == [3, 4]
    assert list(Generations(active=5, dropped=4).garbage()) == [4]


async def test_what_a_later_release_keeps_of_generations_is_left_alone(database: MongoDatabase) -> None:
    rows = MongoViewStore(database)
    assert await rows.swap(VIEW, Generations(), Generations(active=1))
    await database.collection("projections").update_one({"_id": VIEW}, {"$set": {"later": "x"}})
    (stored,) = (await rows.generations()).values()
    assert stored == Generations(active=1, revision=1)
    assert await rows.swap(VIEW, stored, stored.begun())
    kept = await database.collection("projections").find_one({"_id": VIEW})
    assert (kept["later"], kept["building"]) == ("x", 2)


async def test_generations_change_by_compare_and_swap(views: ViewStore) -> None:
    assert await views.generations() == {}
    none = Generations()
    begun = replace(none.begun(), epoch=1)
    assert await views.swap(VIEW, none, begun)
    assert not await views.swap(VIEW, none, begun)
    (stored,) = (await views.generations()).values()
    assert stored == replace(begun, revision=1)
    assert await views.swap(VIEW, stored, stored.flipped())
    assert not await views.swap(VIEW, stored, stored.rebuild_wished())
    assert (await views.generations())[VIEW] == replace(stored.flipped(), revision=2)
    assert await views.swap("posts_v1", none, none.rebuild_wished())
    assert set(await views.generations()) == {VIEW, "posts_v1"}

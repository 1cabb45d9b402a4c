"""What every view store does, whatever it stands on."""

import pytest

from services.chassis.lease import LeaseLost
from services.chassis.viewstore import StoredView, ViewStore


async def test_documents_are_read_back_without_the_stores_own_keys(views: ViewStore) -> None:
    document = {"title": "数据", "count": 3, "key": b"\x00\x01", "items": [{"a": None, "b": True}], "none": {}}
    await views.write({"t1": StoredView(document, 4), "t2": StoredView({"title": "x"}, 4)})
    assert await views.get("t1") == document
    assert await views.get("t9") is None
    assert await views.get_many(["t1", "t9", "t2"]) == {"t1": document, "t2": {"title": "x"}}
    assert await views.get_many([]) == {}


async def test_a_read_document_is_the_readers_own(views: ViewStore) -> None:
    await views.write({"t1": StoredView({"items": [1]}, 1)})
    document = await views.get("t1")
    assert document is not None
    document["items"].append(2)
    assert await views.get("t1") == {"items": [1]}


async def test_a_document_moves_only_forward(views: ViewStore) -> None:
    await views.write({"t1": StoredView({"n": 1}, 5)})
    await views.write({"t1": StoredView({"n": 2}, 6)})
    for position in (5, 6):
        with pytest.raises(LeaseLost):
            await views.write({"t1": StoredView({"n": 9}, position), "t2": StoredView({"n": 1}, position)})
        assert await views.get("t1") == {"n": 2}


async def test_a_removed_document_leaves_its_position(views: ViewStore) -> None:
    await views.write({"t1": StoredView({"n": 1}, 5)})
    await views.write({"t1": StoredView(None, 7)})
    assert await views.get("t1") is None
    assert await views.get_many(["t1"]) == {}
    assert await views.load(["t1", "t2"]) == {"t1": StoredView(None, 7)}
    await views.write({"t1": StoredView({"n": 2}, 8)})
    assert await views.load(["t1"]) == {"t1": StoredView({"n": 2}, 8)}


async def test_writing_nothing_is_allowed(views: ViewStore) -> None:
    await views.write({})
    assert await views.load([]) == {}


async def test_the_position_is_guarded_by_epoch(views: ViewStore) -> None:
    assert await views.position() == 0
    await views.save_position(3, epoch=2)
    await views.save_position(4, epoch=2)
    with pytest.raises(LeaseLost):
        await views.save_position(9, epoch=1)
    assert await views.position() == 4

"""New documents are inserted two bulks at a time, and all are there before anything is built on them."""

import asyncio
from collections.abc import Mapping

import pytest

from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.views.inserts import Inserts
from services.chassis.views.viewstore import StoredView
from services.chassis.views.viewstore_memory import MemoryDocuments


class SlowDocuments(MemoryDocuments):
    """Takes a while for each insert, and fails as told."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = self.most = 0
        self.fails = False

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.01)
            if self.fails:
                raise StoreUnavailable
            await super().insert(views)
        finally:
            self.under_way -= 1


def views(number: int) -> dict[str, StoredView]:
    return {f"d{number}": StoredView({"n": number}, number)}


async def test_two_bulks_are_under_way_and_all_are_there_when_it_is_done() -> None:
    documents = SlowDocuments()
    inserts = Inserts(documents)
    for number in range(1, 6):
        await inserts.add(views(number))
    await inserts.done()
    assert documents.most == 2
    assert documents.under_way == 0
    assert set(await documents.get_many([f"d{number}" for number in range(1, 6)])) == {f"d{n}" for n in range(1, 6)}


async def test_a_document_that_is_being_inserted_is_waited_for_and_others_are_not() -> None:
    documents = SlowDocuments()
    inserts = Inserts(documents)
    await inserts.add(views(1))
    await inserts.landed({"d2": None})
    assert await documents.get("d1") is None
    await inserts.landed({"d2": None, "d1": None})
    assert await documents.get("d1") == {"n": 1}


async def test_what_failed_is_told_before_anything_is_built_on_it() -> None:
    documents = SlowDocuments()
    documents.fails = True
    inserts = Inserts(documents)
    await inserts.add(views(1))
    with pytest.raises(StoreUnavailable):
        await inserts.done()


async def test_what_was_abandoned_is_not_waited_for() -> None:
    documents = SlowDocuments()
    inserts = Inserts(documents)
    await inserts.add(views(1))
    inserts.abandon()
    await inserts.done()
    await asyncio.sleep(0)
    assert documents.under_way == 0
    assert await documents.get("d1") is None

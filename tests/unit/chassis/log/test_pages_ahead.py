"""A replay reads the whole log, each commit once, with two pages asked for at a time."""

import asyncio

import pytest

from services.chassis.log.eventstore import Commit, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.views.pages_ahead import PagesAhead
from tests.support.commits import append, new_id, sequence_all


class SlowLog(MemoryEventStore):
    """Takes a while for each page, cuts it as told, and fails as told."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = self.most = self.asked = 0
        self.cut = 99
        self.fails = False

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.001)
            if self.fails:
                raise StoreUnavailable
            return (await super().read_log(after_position, limit))[: self.cut]
        finally:
            self.under_way -= 1


async def filled(log: SlowLog, count: int) -> None:
    for _ in range(count):
        await append(log, f"s-{new_id()}", 0)
    await sequence_all(log)


async def taken(pages: PagesAhead, position: int, limit: int) -> list[int]:
    found: list[int] = []
    while page := await pages.take(position + len(found), limit):
        found += [commit.position or 0 for commit in page]
    return found


async def test_two_pages_are_asked_for_at_a_time_and_each_once() -> None:
    log = SlowLog()
    await filled(log, 12)
    assert await taken(PagesAhead(log), 0, 3) == list(range(1, 13))
    assert (log.most, log.asked) == (2, 6)  # The last two found nothing.


@pytest.mark.parametrize("cut", [1, 2])
async def test_what_follows_a_page_that_was_cut_is_asked_for_again(cut: int) -> None:
    log = SlowLog()
    await filled(log, 10)
    log.cut = cut
    assert await taken(PagesAhead(log), 0, 3) == list(range(1, 11))


async def test_what_is_new_is_found_though_there_was_nothing() -> None:
    log = SlowLog()
    pages = PagesAhead(log)
    assert await taken(pages, 0, 3) == []
    await filled(log, 7)
    assert await taken(pages, 0, 3) == list(range(1, 8))
    await filled(log, 1)
    assert await taken(pages, 7, 3) == [8]


async def test_a_failure_is_told_and_the_pages_are_asked_for_again() -> None:
    log = SlowLog()
    await filled(log, 4)
    pages = PagesAhead(log)
    log.fails = True
    with pytest.raises(StoreUnavailable):
        await pages.take(0, 2)
    pages.abandon()
    log.fails = False
    await asyncio.sleep(0)
    assert log.under_way == 0
    assert await taken(pages, 0, 2) == [1, 2, 3, 4]

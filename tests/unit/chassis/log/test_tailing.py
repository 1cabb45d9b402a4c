"""What a process holds in memory follows the log: each commit once, in order, and nobody waits longer than needed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from services.chassis.log import pages
from services.chassis.log.eventstore import Commit, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.nudge import Nudge
from services.chassis.log.tailing import LogTail
from tests.support.commits import append, sequence_all


class Model:
    """Holds the positions it was told of."""

    def __init__(self, fails_at: int = 0) -> None:
        self.positions: list[int] = []
        self.abandoned = False
        self._fails_at = fails_at

    def apply(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            if commit.position == self._fails_at:
                raise KeyError
            self.positions.append(commit.position or 0)

    def abandon(self) -> None:
        self.abandoned = True


@asynccontextmanager
async def running(tail: LogTail) -> AsyncIterator[None]:
    task = asyncio.create_task(tail.run())
    try:
        async with asyncio.timeout(60):
            await tail.ready()
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def grown(store: MemoryEventStore, stream: str, count: int) -> list[Commit]:
    commits = [await append(store, stream, version) for version in range(count)]
    await sequence_all(store)
    return commits


@pytest.mark.parametrize(("window", "first"), [(0, 8), (3, 5), (100, 1)])
async def test_a_model_begins_a_window_below_the_head(window: int, first: int) -> None:
    store, model = MemoryEventStore(), Model()
    await grown(store, "thread-1", 7)
    tail = LogTail(store, news=Nudge(), models=[model], window=window)
    async with running(tail):
        assert model.positions == list(range(first, 8))
        await grown(store, "thread-2", 2)
        await tail.reached(9)
    assert model.positions == list(range(first, 10))


async def test_a_tail_of_an_empty_log_is_ready_at_once() -> None:
    store, model = MemoryEventStore(), Model()
    async with running(LogTail(store, news=Nudge(), models=[model])):
        pass
    assert model.positions == []


async def test_a_nudge_wakes_the_tail_and_news_are_passed_on() -> None:
    store, news = MemoryEventStore(), Nudge()
    tail = LogTail(store, news=news)
    async with running(tail):
        with news.listen() as listener:
            await grown(store, "thread-1", 1)  # Sequenced elsewhere: no nudge came.
            assert await listener.wait(5)
        await grown(store, "thread-2", 1)
        rings = news.rings
        news.ring()
        await tail.reached(2)
        assert news.rings <= rings + 2


async def test_it_is_remembered_where_commits_stand_up_to_a_number() -> None:
    store = MemoryEventStore()
    first, *_, last = await grown(store, "thread-1", 6)
    tail = LogTail(store, news=Nudge(), window=10, remembered=5)
    async with running(tail):
        assert tail.position_of(first.commit_id) is None
        assert tail.position_of(last.commit_id) == 6
        assert await tail.seen(first.commit_id, 0.01) is None
        waiting = asyncio.create_task(tail.seen("later", 5))
        await append(store, "thread-9", 0, commit_id="later")
        await sequence_all(store)
        assert await waiting == 7


async def test_a_model_that_fails_is_told_no_more_and_holds_up_nobody() -> None:
    store, bad, good = MemoryEventStore(), Model(fails_at=2), Model()
    heard: list[int] = []
    tail = LogTail(
        store, news=Nudge(), models=[bad, good], observers=[lambda found: heard.extend(c.position or 0 for c in found)]
    )
    async with running(tail):
        for number in range(3):
            await grown(store, f"thread-{number}", 1)
            await tail.reached(number + 1)
    assert (bad.positions, bad.abandoned) == ([1], True)
    assert good.positions == heard == [1, 2, 3]
    assert not good.abandoned


async def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.log.tailing._BACKOFF", 0.01)

    class Away(MemoryEventStore):
        refusals = 3

        async def read_log(self, after_position: int, limit: int) -> list[Commit]:
            self.refusals -= 1
            if self.refusals >= 0:
                raise StoreUnavailable
            return await super().read_log(after_position, limit)

    store, model = Away(), Model()
    await grown(store, "thread-1", 2)
    async with running(LogTail(store, news=Nudge(), models=[model], window=2)):
        assert model.positions == [1, 2]


async def test_pages_that_are_cut_for_their_bytes_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES", 1)
    monkeypatch.setattr("services.chassis.log.tailing._LEAST_PATIENCE", 60.0)
    store, model = MemoryEventStore(), Model()
    await grown(store, "thread-1", 5)
    async with running(LogTail(store, news=Nudge(), models=[model], window=5)):
        assert model.positions == [1, 2, 3, 4, 5]

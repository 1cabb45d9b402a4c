"""Followers that share a window get what the store holds, and the store is asked once for each page."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.log import log_window, pages
from services.chassis.log.eventstore import Commit, EventData, LogGap, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.pages import is_full
from tests.support.commits import append, sequence_all


class CountingStore(MemoryEventStore):
    """Counts the questions, answers each after a pause and fails as told."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[int, int]] = []
        self.failures: list[Exception] = []

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        self.reads.append((after_position, limit))
        if self.failures:
            raise self.failures.pop()
        found = await super().read_log(after_position, limit)
        await asyncio.sleep(0)
        return found


async def grown(store: MemoryEventStore, count: int, *, size: int = 1) -> MemoryEventStore:
    for _ in range(count):
        head = await store.head_position()
        await append(store, f"thread-{head}", 0, event=EventData("t", b"x" * size))
        await sequence_all(store)
    return store


def positions(commits: list[Commit]) -> list[int | None]:
    return [commit.position for commit in commits]


async def test_followers_that_wake_together_cost_one_read() -> None:
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await grown(store, 30)
    pages = await asyncio.gather(*(window.read_log(0, limit) for limit in (200, 500, 200, 50)))
    assert [len(page) for page in pages] == [30] * 4
    assert len(store.reads) == 1


async def test_a_follower_behind_is_given_what_is_kept() -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    await grown(store, 30)
    await window.read_log(0, 200)
    for after in (0, 10, 29):
        assert positions(await window.read_log(after, 200)) == list(range(after + 1, 31))
    assert positions(await window.read_log(3, 5)) == [4, 5, 6, 7, 8]
    assert await window.read_log(30, 10) == []
    assert len(store.reads) == 1


async def test_what_the_nudge_told_of_is_always_seen() -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    await grown(store, 2)
    assert len(await window.read_log(0, 200)) == 2
    await grown(store, 1)
    news.ring()
    assert positions(await window.read_log(1, 200)) == [2, 3]
    assert len(store.reads) == 2


async def test_what_came_during_a_read_is_seen_by_who_asked_later() -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    await grown(store, 1)
    early = asyncio.create_task(window.read_log(0, 10))
    await asyncio.sleep(0)  # Its answer is made up, and on its way.
    await grown(store, 1)
    news.ring()
    assert positions(await window.read_log(0, 10)) == [1, 2]
    assert positions(await early) == [1]


async def test_without_a_nudge_the_store_is_asked_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_window, "_FRESH_SECONDS", 0.0)
    store = CountingStore()
    window = LogWindow(store, Nudge())
    assert await window.read_log(0, 10) == []
    await grown(store, 1)
    assert positions(await window.read_log(0, 10)) == [1]


async def test_what_one_follower_finds_by_itself_wakes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_window, "_FRESH_SECONDS", 0.0)
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    assert await window.read_log(0, 10) == []
    await grown(store, 2)
    with news.listen() as other:
        assert positions(await window.read_log(0, 10)) == [1, 2]
        assert await other.wait(0)
        reads = len(store.reads)
        assert positions(await window.read_log(0, 10)) == [1, 2]
        assert len(store.reads) == reads
        assert not await other.wait(0)
        assert await window.read_log(2, 10) == []
        assert not await other.wait(0)


async def test_what_the_nudge_told_of_is_not_told_again() -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    assert await window.read_log(0, 10) == []
    await grown(store, 2)
    news.ring()
    with news.listen() as other:
        assert positions(await window.read_log(0, 10)) == [1, 2]
        assert not await other.wait(0)


async def test_a_cancelled_reader_does_not_hold_up_the_others() -> None:
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await grown(store, 3)
    first = asyncio.create_task(window.read_log(0, 10))
    second = asyncio.create_task(window.read_log(0, 10))
    await asyncio.sleep(0)
    first.cancel()
    assert positions(await second) == [1, 2, 3]


@pytest.mark.parametrize("failure", [StoreUnavailable(), LogGap()])
async def test_a_failure_is_the_askers_and_not_kept(failure: Exception) -> None:
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await grown(store, 1)
    store.failures.append(failure)
    with pytest.raises(type(failure)):
        await window.read_log(0, 10)
    assert positions(await window.read_log(0, 10)) == [1]
    assert await window.head_position() == 1


async def test_what_is_kept_is_bounded() -> None:
    store = CountingStore()
    window = LogWindow(store, Nudge(), max_bytes=100_000)
    await grown(store, 200, size=2000)
    for after in range(0, 200, 10):
        assert positions(await window.read_log(after, 10)) == list(range(after + 1, after + 11))
    assert window._bytes <= 100_000
    assert len(window._kept) < 40
    assert min(limit for _, limit in store.reads) == 20


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("grow"), st.integers(1, 9)),
            st.tuples(st.just("read"), st.integers(0, 3)),
            st.tuples(st.just("all"), st.just(0)),
        ),
        max_size=40,
    ),
    st.integers(3_000, 30_000),
)
async def test_followers_anywhere_see_the_log_as_it_is(moves: list[tuple[str, int]], max_bytes: int) -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news, max_bytes=max_bytes)
    places, limits = [0] * 4, (1, 3, 7, 200)

    async def step(follower: int) -> bool:
        commits = await window.read_log(places[follower], limits[follower])
        assert positions(commits) == list(range(places[follower] + 1, places[follower] + len(commits) + 1))
        places[follower] += len(commits)
        return len(commits) == limits[follower]

    async def follow(follower: int) -> None:
        while await step(follower):
            pass

    for kind, number in moves:
        if kind == "grow":
            await grown(store, number)
            news.ring()
        elif kind == "read":
            await step(number)
        else:
            await asyncio.gather(*map(follow, range(4)))
            assert places == [await store.head_position()] * 4


async def test_a_page_that_is_cut_for_its_bytes_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES", 1000)
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await grown(store, 25, size=99)
    follower: list[Commit] = []
    while is_full(page := await window.read_log(len(follower), 500), 500):
        follower += page
        assert len(page) == 10
    assert positions(follower + page) == list(range(1, 26))


async def told(store: MemoryEventStore, window: LogWindow, count: int) -> None:
    """Grow the log by commits that this process has given their positions."""
    before = await store.head_position()
    with window.placing():
        await grown(store, count)
    window.placed(await MemoryEventStore.read_log(store, before, count), before + count)


async def test_what_was_placed_here_is_never_read() -> None:
    store, news = CountingStore(), Nudge()
    window = LogWindow(store, news)
    with news.listen() as follower:
        await told(store, window, 30)
        assert await follower.wait(0)
    assert positions(await window.read_log(0, 200)) == list(range(1, 31))
    assert await window.read_log(30, 10) == []
    assert await window.head_position() == 30
    assert store.reads == []


async def test_others_may_place_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_window, "_PLACED_SECONDS", 0.0)
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await told(store, window, 2)
    await grown(store, 1)
    assert await window.head_position() == 3
    assert positions(await window.read_log(2, 10)) == [3]


async def test_nobody_looks_while_this_process_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_window, "_PLACED_SECONDS", 0.0)
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await told(store, window, 2)
    with window.placing():
        await grown(store, 1)
        assert await window.read_log(2, 10) == []
        monkeypatch.setattr(log_window, "_PLACING_SECONDS", 0.0)
    with window.placing():  # It takes too long.
        assert positions(await window.read_log(2, 10)) == [3]


async def test_a_read_that_began_before_does_not_hide_what_was_placed_meanwhile() -> None:
    store = CountingStore()
    window = LogWindow(store, Nudge())
    await grown(store, 1)
    early = asyncio.create_task(window.read_log(0, 10))
    await asyncio.sleep(0)
    await told(store, window, 2)
    assert positions(await early) == [1]
    reads = len(store.reads)
    assert positions(await window.read_log(1, 10)) == [2, 3]
    assert await window.head_position() == 3
    assert len(store.reads) == reads

"""Positions are dense, and a stream's commits get them in the order of their versions."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.log.eventstore import Commit, StoreUnavailable, Unsequenced
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer, in_stream_order
from tests.support.commits import append


def waits(stream: str, version: int) -> Unsequenced:
    return Unsequenced(f"{stream}{version}", stream, version, version)


async def test_commits_get_places_in_batches() -> None:
    store, sequenced = MemoryEventStore(), Nudge()
    for number in range(5):
        await append(store, f"thread-{number}", 0)
    sequencer = Sequencer(store, LogWindow(store, sequenced), batch=2)
    with sequenced.listen() as listener:
        assert [await sequencer.step() for _ in range(4)] == [True, True, False, False]
        assert await listener.wait(0)
    assert [commit.position for commit in await store.read_log(0, 10)] == [1, 2, 3, 4, 5]


def test_an_earlier_commit_that_the_scan_missed_goes_first() -> None:
    a1, a2, b1 = waits("a", 1), waits("a", 2), waits("b", 1)
    assert in_stream_order([a2, b1], [b1, a2, a1]) == [a1, a2, b1]


def test_what_lies_beyond_a_hole_waits() -> None:
    a2, a4 = waits("a", 2), waits("a", 4)
    assert in_stream_order([a4, a2], [a4, a2]) == [a2]


def test_what_was_placed_meanwhile_is_left_alone() -> None:
    assert in_stream_order([waits("a", 1), waits("b", 1)], [waits("b", 1)]) == [waits("b", 1)]


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4), placed=st.lists(st.integers(0, 6)), random=st.randoms()
)
def test_no_commit_passes_an_earlier_one(lengths: list[int], placed: list[int], random: random.Random) -> None:
    """Whatever two scans see of streams that grow meanwhile, the second sees all that precedes what the first saw."""
    everything = [
        waits(f"s{stream}", version + 1) for stream, length in enumerate(lengths) for version in range(length)
    ]
    done = {f"s{stream}": count for stream, count in enumerate(placed)}
    waiting = [commit for commit in everything if commit.first > done.get(commit.stream, 0)]
    seen = [commit for commit in waiting if random.random() < 0.6]
    known = {commit.stream: max(c.first for c in seen if c.stream == commit.stream) for commit in seen}
    second = [c for c in waiting if c.stream in known and (c.first <= known[c.stream] or random.random() < 0.5)]
    random.shuffle(seen)
    random.shuffle(second)
    order = in_stream_order(seen, second)
    assert set(seen) <= set(order)
    for stream in known:
        versions = [commit.first for commit in order if commit.stream == stream]
        assert versions == list(range(done.get(stream, 0) + 1, done.get(stream, 0) + 1 + len(versions)))


class PausingStore(MemoryEventStore):
    """Lets others run between every two calls, as a real store does."""

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        await asyncio.sleep(0)
        return await super().unsequenced(limit)

    async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
        await asyncio.sleep(0)
        await super().assign_positions(after, commit_ids)


async def test_two_sequencers_at_once_lose_time_only() -> None:
    store = PausingStore()
    for version in range(20):
        for stream in range(3):
            await append(store, f"thread-{stream}", version)
    lost = 0

    async def work() -> None:
        nonlocal lost
        sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=7)
        while True:
            try:
                if not await sequencer.step():
                    return
            except LeaseLost:
                lost += 1

    await asyncio.gather(work(), work(), work())
    log = await store.read_log(0, 100)
    assert [commit.position for commit in log] == list(range(1, 61))
    for stream in range(3):
        assert [commit.first for commit in log if commit.stream == f"thread-{stream}"] == list(range(1, 21))
    assert lost > 0


async def test_a_sequencer_that_was_overtaken_says_so() -> None:
    store = MemoryEventStore()
    await append(store, "thread-1", 0)
    zombie = Sequencer(store, LogWindow(store, Nudge()))
    await zombie.step()
    await append(store, "thread-1", 1)
    await Sequencer(store, LogWindow(store, Nudge())).step()
    await append(store, "thread-1", 2)
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert await store.head_position() == 2


class RacingStore(MemoryEventStore):
    """Scans that are no snapshots: each may miss any commit that was appended since the one before it."""

    def __init__(self, random: random.Random) -> None:
        super().__init__()
        self.random = random
        self.settled: set[str] = set()
        self.second_scans = 0

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        everything = await super().unsequenced(10_000)
        seen = [each for each in everything if each.commit_id in self.settled or self.random.random() < 0.5]
        self.settled = {each.commit_id for each in everything}
        self.random.shuffle(seen)
        return seen[:limit]

    async def unsequenced_of(self, streams: Sequence[str]) -> list[Unsequenced]:
        self.second_scans += 1
        everything = await MemoryEventStore.unsequenced(self, 10_000)
        return [each for each in everything if each.stream in streams and each.commit_id in self.settled]


@given(
    moves=st.lists(st.one_of(st.tuples(st.integers(0, 3), st.integers(1, 3)), st.just("step"), st.just("leader"))),
    random=st.randoms(use_true_random=False),
)
async def test_no_commit_passes_an_earlier_one_that_the_scan_missed(
    moves: list[tuple[int, int] | str], random: random.Random
) -> None:
    store, versions = RacingStore(random), [0] * 4
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=5)
    for move in [*moves, *["step"] * 40]:
        if isinstance(move, tuple):
            stream, count = move
            await append(store, f"thread-{stream}", versions[stream], count)
            versions[stream] += count
        elif move == "leader":
            sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=5)
        else:
            await sequencer.step()
    log = await store.read_log(0, 1000)
    assert [commit.position for commit in log] == list(range(1, len(log) + 1))
    for stream, version in enumerate(versions):
        last = 0
        for commit in log:
            if commit.stream == f"thread-{stream}":
                assert commit.first == last + 1
                last = commit.last
        assert last == version


async def test_a_stream_that_is_known_is_not_scanned_for_again() -> None:
    store = RacingStore(random.Random(1))
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    for version in range(5):
        await append(store, "thread-1", version)
        store.settled = {"all", *store._commits}
        await sequencer.step()
    assert store.second_scans == 0
    assert await store.head_position() == 5
    await append(store, "thread-1", 5)
    store.settled = set(store._commits)
    await Sequencer(store, LogWindow(store, Nudge())).step()
    assert store.second_scans == 1
    assert await store.head_position() == 6


async def test_what_is_remembered_of_streams_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.log.sequencer._REMEMBERED_STREAMS", 3)
    store = MemoryEventStore()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    for number in range(9):
        await append(store, f"thread-{number % 5}", number // 5)
        await sequencer.step()
    assert list(sequencer._placed) == ["thread-1", "thread-2", "thread-3"]
    assert await store.head_position() == 9


async def test_a_batch_that_is_too_much_for_the_store_is_made_smaller() -> None:
    class Slow(MemoryEventStore):
        async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
            if len(commit_ids) > 3:
                raise StoreUnavailable
            await super().assign_positions(after, commit_ids)

    store = Slow()
    for number in range(12):
        await append(store, f"thread-{number}", 0)
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=8)
    for _ in range(20):
        with suppress(StoreUnavailable):
            await sequencer.step()
    assert await store.head_position() == 12


class ScannedStore(MemoryEventStore):
    """Counts the scans for work, and the reads of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.scans = self.reads = 0

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        self.scans += 1
        return await super().unsequenced(limit)

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        self.reads += 1
        return await super().read_log(after_position, limit)


async def test_what_this_process_appends_is_neither_scanned_for_nor_read() -> None:
    store = ScannedStore()
    window = LogWindow(store, Nudge())
    sequencer = Sequencer(store, window)
    assert not await sequencer.step()
    for version in range(4):
        for stream in range(3):
            await append(store, f"thread-{stream}", version)
        await sequencer.step()
    assert store.scans == 2  # One before there was anything, and one with the first batch.
    assert await window.head_position() == 12
    followed = await window.read_log(0, 100)
    assert store.reads == 0
    assert followed == await store.read_log(0, 100)


async def test_what_others_append_is_found_under_load_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.log.sequencer._SCAN_SECONDS", 0.0)
    store = ScannedStore()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    await sequencer.step()
    await append(store, "thread-1", 0)
    sequencer._appended.take(1)  # Nobody told of this one.
    await append(store, "thread-2", 0)
    await sequencer.step()
    assert await store.head_position() == 2


async def test_after_a_failure_the_store_says_what_waits() -> None:
    class Failing(ScannedStore):
        fails = True

        async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
            if self.fails:
                raise StoreUnavailable
            await super().assign_positions(after, commit_ids)

    store = Failing()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    await sequencer.step()
    for number in range(3):
        await append(store, f"thread-{number}", 0)
    with pytest.raises(StoreUnavailable):
        await sequencer.step()
    store.fails = False
    await append(store, "thread-3", 0)
    await sequencer.step()
    assert await store.head_position() == 4


async def test_what_was_told_after_it_was_placed_is_left_alone() -> None:
    """The scan may find a commit before the append that wrote it has its answer."""
    store = MemoryEventStore()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    written = await append(store, "thread-1", 0)
    sequencer._appended.take(1)
    await sequencer.step()
    store.appended.tell([written])
    await append(store, "thread-1", 1)
    await sequencer.step()
    assert [commit.first for commit in await store.read_log(0, 9)] == [1, 2]


async def test_a_sequencer_begins_with_few_whatever_waits() -> None:
    """It may follow one that was refused because the store still worked on a batch that was too much for it."""
    store = MemoryEventStore()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    for _ in range(5):  # From steps without work nothing is learned.
        await sequencer.step()
    for number in range(800):
        await append(store, f"thread-{number}", 0)
    heads = []
    for _ in range(3):
        assert await sequencer.step()
        heads.append(await store.head_position())
    assert heads == [50, 150, 350]


async def test_a_batch_that_takes_long_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.chassis.log.sequencer._LONG_SECONDS", 0.0)
    monkeypatch.setattr("services.chassis.log.sequencer._LEAST", 2)
    store = MemoryEventStore()
    for number in range(20):
        await append(store, f"thread-{number}", 0)
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=8)
    heads = []
    for _ in range(4):
        await sequencer.step()
        heads.append(await store.head_position())
    assert heads == [8, 12, 14, 16]


class Noting(MemoryEventStore):
    """Keeps which heads were noted."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[int] = []

    async def note_head(self, position: int) -> None:
        self.noted.append(position)


async def test_the_head_is_noted_when_all_is_quiet_and_now_and_then() -> None:
    store = Noting()
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    for number in range(1203):
        await append(store, f"thread-{number}", 0)
    while await sequencer.step():
        pass
    assert store.noted == [750]  # 50, 100, 200 and 400 of them, and 453 in the end.
    for _ in range(2):
        await sequencer.step()
    assert store.noted == [750, 1203]


async def test_what_is_appended_while_a_batch_is_placed_is_left_to_fill_the_next() -> None:
    class Busy(MemoryEventStore):
        """Takes these appends while it gives positions."""

        meanwhile = 0
        streams = 0

        async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
            for _ in range(self.meanwhile):
                self.streams += 1
                await append(self, f"busy-{self.streams}", 0)
            await super().assign_positions(after, commit_ids)

    store = Busy()
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=4)
    await append(store, "thread-1", 0)
    more = []
    for store.meanwhile in (1, 3, 4, 0):
        more.append(await sequencer.step())
    assert more == [False, False, True, True]
    assert not await sequencer.step()
    assert await store.head_position() == 9


async def test_a_head_that_a_dead_holder_left_unnoted_is_noted_by_the_next() -> None:
    store = Noting()
    for number in range(3):
        await append(store, f"thread-{number}", 0)
    dead = Sequencer(store, LogWindow(store, Nudge()))
    await dead.step()
    assert store.noted == []
    following = Sequencer(store, LogWindow(store, Nudge()))
    assert [await following.step() for _ in range(3)] == [False] * 3
    assert store.noted == [3]

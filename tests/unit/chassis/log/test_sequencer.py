"""Positions are dense, and a stream's commits get them in the order of their versions."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.eventstore import Unsequenced
from services.chassis.eventstore_memory import MemoryEventStore
from services.chassis.lease import LeaseLost
from services.chassis.nudge import Nudge
from services.chassis.sequencer import Sequencer, in_stream_order
from tests.support.commits import append


def waits(stream: str, version: int) -> Unsequenced:
    return Unsequenced(f"{stream}{version}", stream, version, version)


async def test_commits_get_places_in_batches() -> None:
    store, sequenced = MemoryEventStore(), Nudge()
    for number in range(5):
        await append(store, f"thread-{number}", 0)
    sequencer = Sequencer(store, sequenced, batch=2)
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
        sequencer = Sequencer(store, Nudge(), batch=7)
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
    zombie = Sequencer(store, Nudge())
    await zombie.step()
    await append(store, "thread-1", 1)
    await Sequencer(store, Nudge()).step()
    await append(store, "thread-1", 2)
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert await store.head_position() == 2

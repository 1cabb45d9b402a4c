"""The log in memory agrees with the stream, however many append to it at once, in however many processes."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore import (
    Commit,
    CommitMeta,
    EventData,
    EventStoreError,
    OutcomeUnknown,
    Overloaded,
    Write,
)
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.seal.leaves import OwnershipLeaf, PostRootLeaf
from services.seal.merkle import leaf_hash
from services.seal.merkle_proof import verify_consistency, verify_inclusion
from services.tlog.errors import LeafConflict
from services.tlog.log import MAX_WAITING, TransparencyLog


def log_on(store: MemoryEventStore) -> TransparencyLog:
    return TransparencyLog(store, event_codec(), FixedClock())


def leaf(number: int) -> OwnershipLeaf:
    return OwnershipLeaf(number.to_bytes(32, "big"))


async def test_leaves_are_appended_in_order_and_proven():
    log = log_on(MemoryEventStore())
    assert [await log.append(leaf(i), commit_id=f"c{i}") for i in range(5)] == [0, 1, 2, 3, 4]
    assert list(log.leaves(1, 2)) == [leaf(1).to_bytes(), leaf(2).to_bytes()]
    assert list(log.leaves(9, 2)) == []
    hashed = leaf_hash(leaf(3).to_bytes())
    assert await log.find(hashed) == 3
    verify_inclusion(3, 5, hashed, log.inclusion(3, 5), log.root(5))
    verify_consistency(2, 5, log.root(2), log.root(5), log.consistency(2, 5))


async def test_a_leaf_is_appended_once_for_its_commit_id():
    store = MemoryEventStore()
    log = log_on(store)
    assert await log.append(leaf(1), commit_id="one") == await log.append(leaf(1), commit_id="one") == 0
    assert await log_on(store).append(leaf(1), commit_id="one") == 0
    assert await log.refresh() == 1


async def test_another_leaf_under_a_used_commit_id_is_a_conflict():
    log = log_on(MemoryEventStore())
    await log.append(leaf(1), commit_id="one")
    with pytest.raises(LeafConflict):
        await log.append(leaf(2), commit_id="one")
    assert log.size == 1


async def test_two_processes_racing_make_one_log():
    store = MemoryEventStore()
    first, second = log_on(store), log_on(store)
    indices = await asyncio.gather(
        *(log.append(leaf(i), commit_id=f"c{i}") for i, log in enumerate([first, second] * 10))
    )
    assert sorted(indices) == list(range(20))
    assert await first.refresh() == await second.refresh() == 20
    assert first.root(20) == second.root(20)


async def test_a_restarted_process_has_the_same_tree():
    store = MemoryEventStore()
    log = log_on(store)
    for i in range(7):
        await log.append(leaf(i), commit_id=f"c{i}")
    again = log_on(store)
    assert await again.find(leaf_hash(leaf(6).to_bytes())) == 6
    assert again.root(7) == log.root(7)


async def test_an_unknown_leaf_is_not_found():
    assert await log_on(MemoryEventStore()).find(bytes(32)) is None


class Counting(MemoryEventStore):
    """Counts commits, and can be told to hold them back or to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: EventStoreError | None = None

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        commit = await super().append(stream, expected_version, writes)
        self.sizes.append(len(writes))
        return commit


async def test_leaves_that_wait_become_one_commit_in_their_order():
    store = Counting()
    log = log_on(store)
    store.gate.clear()
    asked = [asyncio.create_task(log.append(leaf(i), commit_id=f"c{i}")) for i in range(50)]
    await asyncio.sleep(0)
    store.gate.set()
    assert await asyncio.gather(*asked) == list(range(50))
    assert sum(store.sizes) == 50
    assert len(store.sizes) <= 2
    assert list(log.leaves(0, 50)) == [leaf(i).to_bytes() for i in range(50)]
    for i in range(50):
        commit = await store.find_commit(f"c{i}")
        assert commit is not None
        assert commit.part(f"c{i}") is not None


async def test_leaves_of_two_kinds_that_wait_together_share_no_commit():
    store = Counting()
    log = log_on(store)
    root = PostRootLeaf("2026-11-22", 64, b"r" * 32)
    store.gate.clear()
    asked = [asyncio.create_task(log.append(each, commit_id=each.KIND)) for each in (leaf(1), root)]
    await asyncio.sleep(0)
    store.gate.set()
    assert sorted(await asyncio.gather(*asked)) == [0, 1]
    assert store.sizes == [1, 1]


async def test_no_commit_takes_more_than_its_share_of_leaves():
    store = Counting()
    log = log_on(store)
    await asyncio.gather(*(log.append(leaf(i), commit_id=f"c{i}") for i in range(400)))
    assert max(store.sizes) <= 128
    assert log.size == 400


async def test_a_large_leaf_is_appended_alone():
    store = Counting()
    log = log_on(store)
    asked = [log.append(leaf(1), commit_id="a"), log.append(Large(leaf(7)), commit_id="b")]
    asked.append(log.append(leaf(2), commit_id="c"))
    assert await asyncio.gather(*asked) == [0, 1, 2]
    assert store.sizes == [1, 1, 1]


class Large:
    """A leaf too large for 128 of its size to fit into one commit."""

    KIND = OwnershipLeaf.KIND

    def __init__(self, of: OwnershipLeaf) -> None:
        self._of = of

    def to_bytes(self) -> bytes:
        return self._of.to_bytes() * 100


async def test_repeats_and_conflicts_among_those_who_wait_touch_nobody_else():
    store = Counting()
    await log_on(store).append(leaf(1), commit_id="one")
    await log_on(store).append(leaf(2), commit_id="two")
    log = log_on(store)
    answers = await asyncio.gather(
        log.append(leaf(3), commit_id="three"),
        log.append(leaf(1), commit_id="one"),
        log.append(leaf(9), commit_id="two"),
        log.append(leaf(4), commit_id="four"),
        log.append(leaf(4), commit_id="four"),
        log.append(leaf(5), commit_id="four"),
        return_exceptions=True,
    )
    assert answers[:2] == [2, 0]
    assert isinstance(answers[2], LeafConflict)
    assert answers[3:5] == [3, 3]
    assert isinstance(answers[5], LeafConflict)
    assert await log.refresh() == 4


async def test_an_id_that_another_stream_has_is_a_conflict():
    store = MemoryEventStore()
    meta = CommitMeta("f", 1, "x")
    await store.append("case-1", 0, [Write("one", [EventData("t", b"")], meta, claims=("claimed",))])
    for taken in ("one", "claimed"):
        with pytest.raises(LeafConflict):
            await log_on(store).append(leaf(1), commit_id=taken)


async def test_who_is_cancelled_while_waiting_appends_nothing_and_others_do():
    store = Counting()
    log = log_on(store)
    store.gate.clear()
    first = asyncio.create_task(log.append(leaf(0), commit_id="c0"))
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(log.append(leaf(i), commit_id=f"c{i}")) for i in range(1, 4)]
    await asyncio.sleep(0.01)
    first.cancel()
    waiting[1].cancel()
    await asyncio.wait([first, waiting[1]])
    store.gate.set()
    assert [await waiting[0], await waiting[2]] == [1, 2]
    assert await log.append(leaf(0), commit_id="c0") == 0, "whose turn had come was appended all the same"
    assert await store.find_commit("c2") is None


async def test_a_store_that_fails_is_told_to_all_who_waited_and_to_nobody_after():
    store = Counting()
    log = log_on(store)
    store.failure = OutcomeUnknown("away")
    answers = await asyncio.gather(*(log.append(leaf(i), commit_id=f"c{i}") for i in range(3)), return_exceptions=True)
    assert all(isinstance(answer, OutcomeUnknown) for answer in answers)
    store.failure = None
    assert sorted(await asyncio.gather(*(log.append(leaf(i), commit_id=f"c{i}") for i in range(3)))) == [0, 1, 2]


async def test_too_many_who_wait_are_refused():
    store = Counting()
    log = log_on(store)
    store.gate.clear()
    asked = [asyncio.create_task(log.append(leaf(i), commit_id=f"c{i}")) for i in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await log.append(leaf(MAX_WAITING), commit_id="late")
    store.gate.set()
    assert await asyncio.gather(*asked) == list(range(MAX_WAITING))
    assert await log.append(leaf(MAX_WAITING), commit_id="late") == MAX_WAITING


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.booleans(), st.integers(0, 3)), max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_any_course_leaves_what_appending_one_by_one_would(steps: list[tuple[int, int, bool, int]]):
    """Three processes; each step one of them appends leaf `n` under the id of `n`, or another one under it."""

    async def course() -> None:
        store = MemoryEventStore()
        logs = [log_on(store) for _ in range(3)]
        asked: list[asyncio.Task[int]] = []
        wanted: list[tuple[int, bool]] = []
        for process, number, other, pause in steps:
            wanted.append((number, other))
            asked.append(asyncio.create_task(logs[process].append(leaf(number + 50 * other), commit_id=f"c{number}")))
            for _ in range(pause):
                await asyncio.sleep(0)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert len({await log.refresh() for log in logs}) == 1
        leaves = list(logs[0].leaves(0, 1000))
        assert len(leaves) == len({number for number, _ in wanted})
        for (number, other), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, int):
                assert leaves[answer] == leaf(number + 50 * other).to_bytes()
            else:
                assert isinstance(answer, LeafConflict)
                assert leaf(number + 50 * (not other)).to_bytes() in leaves
        assert all(log.root(log.size) == logs[0].root(log.size) for log in logs)

    asyncio.run(course())

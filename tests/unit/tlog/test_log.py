"""The log in memory agrees with the stream, however many processes append to it."""

import asyncio

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.seal.leaves import OwnershipLeaf
from services.seal.merkle import leaf_hash
from services.seal.merkle_proof import verify_consistency, verify_inclusion
from services.tlog.errors import LeafConflict
from services.tlog.log import TransparencyLog


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

"""What every event store does for those who look after a log: count, list, tell it from others, take it back."""

from dataclasses import replace

import pytest

from services.chassis.log.eventstore import (
    Commit,
    EventData,
    LogStore,
    RecordedEvent,
    RestoreRefused,
    StreamHead,
    Write,
    new_commit,
)
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import EVENT, META, append, sequence_all


async def test_a_store_has_one_epoch_for_good_and_no_other_store_has_it(store: LogStore) -> None:
    epoch = await store.store_epoch()
    await append(store, "thread-1", 0)
    await sequence_all(store)
    assert await store.store_epoch() == epoch != ""
    assert await MemoryEventStore().store_epoch() != epoch


async def test_what_waits_for_a_position_is_counted(store: LogStore) -> None:
    assert await store.unsequenced_count() == 0
    first = await append(store, "thread-1", 0, 2)
    await append(store, "thread-2", 0)
    assert await store.unsequenced_count() == 2
    await store.assign_positions(0, [first.commit_id])
    assert await store.unsequenced_count() == 1


async def test_streams_are_listed_by_name_in_pages(store: LogStore) -> None:
    for name in ("thread-b", "thread-a", "threads-a", "threa-a", "thread", "post-a"):
        await append(store, name, 0, 2)
    await append(store, "thread-a", 2)
    assert await store.streams("thread", "", 2) == [StreamHead("thread", 2, 1), StreamHead("thread-a", 3, 2)]
    assert await store.streams("thread", "thread-a", 9) == [StreamHead("thread-b", 2, 1)]
    assert await store.streams("thread", "thread-b", 9) == []
    assert await store.streams("none", "", 9) == []
    assert [head.stream for head in await store.streams("", "post-a", 3)] == ["threa-a", "thread", "thread-a"]


# --- Restoring --------------------------------------------------------------------------------------------------------


def made(position: int, stream: str, first: int, *ids: str, count: int = 1) -> Commit:
    """A sequenced commit of so many parts, as another store holds it."""
    parts = [Write(each, [EVENT] * count, META) for each in ids or (f"id-{position}",)]
    return replace(new_commit(stream, first - 1, parts), position=position)


async def test_a_log_is_taken_back_as_it_was(store: LogStore) -> None:
    source = MemoryEventStore()
    first = [Write("a", [EVENT], META, ["name"]), Write("b", [EVENT, EventData("t", b"\xff")], META)]
    await source.append("thread-1", 0, first)
    for version in range(4):
        await append(source, "thread-2", version)
        await append(source, "thread-1", version + 3)
    await sequence_all(source)
    log = await source.read_log(0, 100)
    await store.restore(log[:5])
    await store.restore([])
    await store.restore(log[5:])
    assert await store.read_log(0, 100) == log
    assert await store.head_position() == 9
    assert await store.read_stream("thread-1") == await source.read_stream("thread-1")
    assert await store.find_commit("b") == await store.find_commit("name") == log[0]
    assert await store.unsequenced_count() == 0


async def test_a_restored_log_goes_on(store: LogStore) -> None:
    await store.restore([made(1, "thread-1", 1, count=2)])
    commit = await append(store, "thread-1", 2)
    await sequence_all(store)
    assert [(each.commit_id, each.position) for each in await store.read_log(0, 9)] == [
        ("id-1", 1),
        (commit.commit_id, 2),
    ]


GOOD = made(3, "thread-1", 2)
MULTI = made(3, "thread-1", 2, "x", "y")


def claiming(commit: Commit, *claims: str) -> Commit:
    """The commit, with claims of its last part."""
    return replace(commit, parts=(*commit.parts[:-1], replace(commit.parts[-1], claims=claims)))


BAD: dict[str, list[Commit]] = {
    "a position is left out": [made(4, "thread-1", 2)],
    "a position is there already": [made(2, "thread-1", 2)],
    "no position": [replace(GOOD, position=None)],
    "a hole in the positions": [GOOD, made(5, "thread-1", 3)],
    "positions out of order": [made(4, "thread-1", 2), made(3, "thread-2", 2)],
    "a stream goes on too late": [made(3, "thread-1", 3)],
    "a stream begins too late": [made(3, "thread-9", 2)],
    "a version is there already": [made(3, "thread-1", 1)],
    "a hole among the versions": [GOOD, made(4, "thread-1", 4)],
    "an overlap of versions": [GOOD, made(4, "thread-1", 2)],
    "an id is there already": [made(3, "thread-1", 2, "id-1")],
    "the id of a later part is there already": [made(3, "thread-1", 2, "new", "second")],
    "an id comes twice": [made(3, "thread-1", 2, "x"), made(4, "thread-2", 2, "y", "x")],
    "what is claimed is there already": [claiming(GOOD, "id-1")],
    "a claim comes twice": [claiming(GOOD, "x"), claiming(made(4, "thread-2", 2), "x")],
    "a part claims what another is called": [claiming(MULTI, "x")],
    "a claim of nothing": [claiming(GOOD, "")],
    "a good one before a bad one": [GOOD, made(4, "thread-2", 9)],
    "no events": [replace(GOOD, events=())],
    "no parts": [replace(GOOD, parts=())],
    "no stream": [replace(GOOD, stream="")],
    "an event of another version": [replace(GOOD, events=(RecordedEvent(7, "t", b""),))],
    "an event that no part appended": [replace(GOOD, events=(*GOOD.events, RecordedEvent(3, "t", b"")))],
    "an event less than its parts appended": [replace(MULTI, events=MULTI.events[:1])],
    "parts that leave out a version": [
        replace(MULTI, parts=(MULTI.parts[0], replace(MULTI.parts[1], first=4, last=4)))
    ],
    "a part of nothing": [replace(MULTI, parts=(MULTI.parts[0], replace(MULTI.parts[1], last=2)))],
    "one id for two parts": [replace(MULTI, parts=(MULTI.parts[0], replace(MULTI.parts[1], commit_id="x")))],
    "a part without an id": [replace(MULTI, parts=(MULTI.parts[0], replace(MULTI.parts[1], commit_id="")))],
    "larger than a commit may be": [replace(GOOD, events=(RecordedEvent(2, "t", bytes(1024 * 1024)),))],
}


@pytest.mark.parametrize("commits", BAD.values(), ids=BAD)
async def test_what_does_not_continue_the_log_is_refused_whole(store: LogStore, commits: list[Commit]) -> None:
    await store.restore([made(1, "thread-1", 1), made(2, "thread-2", 1, "second")])
    before = await store.read_log(0, 10)
    with pytest.raises(RestoreRefused):
        await store.restore(commits)
    assert await store.read_log(0, 10) == before
    assert await store.head_position() == 2
    assert await store.read_stream("thread-9") == []


@pytest.mark.parametrize("restored", [made(1, "thread-2", 1), made(1, "thread-1", 2)])
async def test_nothing_is_restored_beside_what_waits(store: LogStore, restored: Commit) -> None:
    await append(store, "thread-1", 0)
    with pytest.raises(RestoreRefused):
        await store.restore([restored])
    assert await store.head_position() == 0

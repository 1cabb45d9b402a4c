"""What every event store does, whatever it stands on."""

import asyncio
from dataclasses import replace

import pytest

from services.chassis.log.eventstore import (
    MAX_COMMIT_BYTES,
    START,
    Commit,
    CommitIdTaken,
    CommitTooLarge,
    EventData,
    LogStore,
    Mark,
    PositionsLost,
    VersionConflict,
    Write,
)
from services.chassis.log.lease import LeaseLost
from services.chassis.log.pages import is_full
from tests.support.commits import EVENT, META, append, sequence_all


async def test_an_append_is_read_back_as_written(store: LogStore) -> None:
    meta = replace(META, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    events = [EventData("test.v1.A", b"\x00\xff"), EventData("test.v1.B", b"")]
    written = await store.append("thread-1", 0, [Write("id-1", events, meta)])
    assert (written.first, written.last, written.position) == (1, 2, None)
    assert [(event.version, event.type, event.data) for event in written.events] == [
        (1, "test.v1.A", b"\x00\xff"),
        (2, "test.v1.B", b""),
    ]
    assert await store.read_stream("thread-1") == [written]
    assert await store.find_commit("id-1") == written


async def test_unknown_names_are_empty(store: LogStore) -> None:
    assert await store.read_stream("thread-none") == []
    assert await store.find_commit("none") is None
    assert await store.read_log(0, 10) == []
    assert await store.head_position() == 0


async def test_a_stream_is_read_after_a_version(store: LogStore) -> None:
    first, second = await append(store, "thread-1", 0, 2), await append(store, "thread-1", 2, 2)
    assert await store.read_stream("thread-1", 2) == [second]
    assert await store.read_stream("thread-1", 1) == [first, second]
    assert await store.read_stream("thread-1", 4) == []


@pytest.mark.parametrize("expected", [0, 1, 2, 4, 9])
async def test_only_the_last_version_can_be_followed(store: LogStore, expected: int) -> None:
    await append(store, "thread-1", 0, 3)
    with pytest.raises(VersionConflict):
        await append(store, "thread-1", expected)
    assert [commit.last for commit in await store.read_stream("thread-1")] == [3]


async def test_a_new_stream_cannot_begin_later(store: LogStore) -> None:
    with pytest.raises(VersionConflict):
        await append(store, "thread-1", 1)


async def test_the_same_append_again_is_the_same_commit(store: LogStore) -> None:
    first = await append(store, "thread-1", 0, commit_id="id-1")
    await append(store, "thread-1", 1)
    assert await append(store, "thread-1", 0, commit_id="id-1") == first
    assert len(await store.read_stream("thread-1")) == 2


@pytest.mark.parametrize(("stream", "expected"), [("thread-1", 0), ("thread-1", 1), ("thread-1", 7), ("thread-2", 0)])
async def test_a_used_commit_id_names_its_holder(store: LogStore, stream: str, expected: int) -> None:
    first = await append(store, "thread-1", 0, commit_id="id-1")
    with pytest.raises(CommitIdTaken) as taken:
        await append(store, stream, expected, commit_id="id-1", event=EventData("test.v1.Other", b""))
    assert taken.value.existing == first


async def test_a_holder_of_the_id_is_told_also_after_sequencing(store: LogStore) -> None:
    await append(store, "thread-1", 0, commit_id="id-1")
    await sequence_all(store)
    assert (await append(store, "thread-1", 0, commit_id="id-1")).position == 1


async def _three_parts(store: LogStore) -> Commit:
    """One commit of three commands, "id-1" to "id-3", with as many events each as their ids say."""
    return await store.append("thread-1", 0, [Write(f"id-{number}", [EVENT] * number, META) for number in (1, 2, 3)])


async def test_several_commands_make_one_commit_of_a_part_each(store: LogStore) -> None:
    commit = await _three_parts(store)
    assert [(part.commit_id, part.first, part.last) for part in commit.parts] == [
        ("id-1", 1, 1),
        ("id-2", 2, 3),
        ("id-3", 4, 6),
    ]
    assert await store.read_stream("thread-1", 3) == [commit]
    assert [await store.find_commit(each) for each in ("id-1", "id-2", "id-3", "id-4")] == [
        commit,
        commit,
        commit,
        None,
    ]
    assert await _three_parts(store) == commit


@pytest.mark.parametrize("ids", [["id-1"], ["id-2"], ["new", "id-3"], ["id-3", "id-1"], ["id-1", "id-2"]])
@pytest.mark.parametrize(("stream", "expected"), [("thread-1", 6), ("thread-1", 0), ("thread-1", 3), ("thread-2", 0)])
async def test_an_id_that_any_part_has_refuses_the_whole_append(
    store: LogStore, ids: list[str], stream: str, expected: int
) -> None:
    commit = await _three_parts(store)
    with pytest.raises(CommitIdTaken) as taken:
        await store.append(stream, expected, [Write(each, [EVENT], META) for each in ids])
    assert taken.value.existing == commit
    assert await store.find_commit("new") is None
    assert await store.read_stream("thread-2") == []


@pytest.mark.parametrize("expected", [1, 2, 3, 4, 5])
async def test_a_merged_commit_can_only_be_followed_at_its_end(store: LogStore, expected: int) -> None:
    await _three_parts(store)
    with pytest.raises(VersionConflict):
        await append(store, "thread-1", expected)
    assert (await append(store, "thread-1", 6)).first == 7


async def test_an_append_has_an_id_for_each_write(store: LogStore) -> None:
    with pytest.raises(ValueError, match="append"):
        await store.append("thread-1", 0, [Write("id", [EVENT], META), Write("id", [EVENT], META)])


async def _claiming(store: LogStore) -> Commit:
    """A commit of a part with two claims, one with none and one with one."""
    claims = {"id-1": ["name/a", "name/b"], "id-2": [], "id-3": ["name/c"]}
    return await store.append("thread-1", 0, [Write(each, [EVENT], META, names) for each, names in claims.items()])


async def test_claims_are_kept_with_their_part_and_find_it(store: LogStore) -> None:
    commit = await _claiming(store)
    assert [part.claims for part in commit.parts] == [("name/a", "name/b"), (), ("name/c",)]
    assert commit.ids == ("id-1", "name/a", "name/b", "id-2", "id-3", "name/c")
    assert [await store.find_commit(each) for each in ("name/a", "name/b", "name/c")] == [commit] * 3
    assert await store.commits_by_ids(["name/c", "id-1", "name/b"]) == [commit]
    assert await store.read_stream("thread-1") == [commit]
    assert commit.part("name/a") is None
    assert await _claiming(store) == commit
    await sequence_all(store)
    assert await store.read_log(0, 9) == [replace(commit, position=1)]


@pytest.mark.parametrize(
    "write",
    [
        Write("new", [EVENT], META, ["name/b"]),
        Write("new", [EVENT], META, ["name/new", "name/c"]),
        Write("new", [EVENT], META, ["id-2"]),
        Write("name/a", [EVENT], META),
        Write("id-1", [EVENT], META, ["name/a"]),
    ],
)
@pytest.mark.parametrize(("stream", "expected"), [("thread-1", 3), ("thread-1", 0), ("thread-2", 0)])
async def test_what_is_claimed_nothing_else_may_have_on_any_stream(
    store: LogStore, write: Write, stream: str, expected: int
) -> None:
    commit = await _claiming(store)
    with pytest.raises(CommitIdTaken) as taken:
        await store.append(stream, expected, [Write("other", [EVENT], META, ["name/other"]), write])
    assert taken.value.existing == commit
    assert await store.commits_by_ids(["new", "name/new", "other", "name/other"]) == []


async def test_of_those_who_claim_a_name_at_once_one_gets_it(store: LogStore) -> None:
    for number in range(10):
        writes = [Write(f"{number}-{each}", [EVENT], META, [f"name/{number}"]) for each in range(4)]
        appends = [store.append(f"thread-{each}", 0, [write]) for write in writes for each in [write.commit_id]]
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        (winner,) = (outcome for outcome in outcomes if isinstance(outcome, Commit))
        losers = [outcome.existing for outcome in outcomes if isinstance(outcome, CommitIdTaken)]
        assert losers == [winner] * 3
        assert await store.find_commit(f"name/{number}") == winner


@pytest.mark.parametrize("claims", [["a", "a"], ["id"], ["other"], [""]])
async def test_a_claim_is_an_id_like_no_other_of_the_append(store: LogStore, claims: list[str]) -> None:
    with pytest.raises(ValueError, match="append"):
        await store.append("thread-1", 0, [Write("id", [EVENT], META, claims), Write("other", [EVENT], META)])


async def test_commits_are_found_by_many_ids_at_once(store: LogStore) -> None:
    one, other = await _three_parts(store), await append(store, "thread-2", 0, commit_id="id-4")
    await append(store, "thread-3", 0, commit_id="id-5")
    found = await store.commits_by_ids(["id-2", "id-4", "id-3", "none"])
    assert len(found) == 2
    assert set(found) == {one, other}
    assert await store.commits_by_ids([]) == []


async def test_a_commit_has_a_largest_size(store: LogStore) -> None:
    with pytest.raises(CommitTooLarge):
        await append(store, "thread-1", 0, event=EventData("t", bytes(MAX_COMMIT_BYTES)))
    assert (await append(store, "thread-1", 0, event=EventData("t", bytes(MAX_COMMIT_BYTES - 1)))).last == 1


@pytest.mark.parametrize(("commit_id", "stream", "count"), [("", "thread-1", 1), ("id", "", 1), ("id", "thread-1", 0)])
async def test_an_append_of_nothing_is_refused(store: LogStore, commit_id: str, stream: str, count: int) -> None:
    with pytest.raises(ValueError, match="append"):
        await store.append(stream, 0, [Write(commit_id, [EVENT] * count, META)])


@pytest.mark.parametrize(
    ("stream", "commit_id", "kind", "caller"),
    [
        ("a-\ud800", "i", "t", "c"),
        ("a-1", "\ud800", "t", "c"),
        ("a-1", "i", "\ud800", "c"),
        ("a-1", "i", "t", "\ud800"),
    ],
)
async def test_what_cannot_be_stored_is_refused_before_it_spoils_others_appends(
    store: LogStore, stream: str, commit_id: str, kind: str, caller: str
) -> None:
    bad = store.append(stream, 0, [Write(commit_id, [EventData(kind, b"")], replace(META, caller=caller))])
    outcomes = await asyncio.gather(append(store, "b-1", 0), bad, append(store, "b-2", 2**63), return_exceptions=True)
    assert isinstance(outcomes[0], Commit)
    assert [isinstance(outcome, ValueError) for outcome in outcomes[1:]] == [True, True]


async def test_one_of_many_racing_appends_wins(store: LogStore) -> None:
    outcomes = await asyncio.gather(*(append(store, "thread-1", 0, 2) for _ in range(8)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Commit"] + ["VersionConflict"] * 7


async def test_racing_appends_of_many_streams_are_all_stored(store: LogStore) -> None:
    async def write(stream: str) -> None:
        for version in range(5):
            await append(store, stream, version)

    streams = [f"thread-{number}" for number in range(20)]
    await asyncio.gather(*(write(stream) for stream in streams))
    for stream in streams:
        assert [commit.last for commit in await store.read_stream(stream)] == [1, 2, 3, 4, 5]


async def test_appends_that_follow_each_other_may_be_asked_for_at_once(store: LogStore) -> None:
    await asyncio.gather(*(append(store, "thread-1", version) for version in range(10)))
    assert [commit.last for commit in await store.read_stream("thread-1")] == list(range(1, 11))


async def test_of_racing_appends_that_share_an_id_one_is_stored(store: LogStore) -> None:
    outcomes = await asyncio.gather(
        *(
            store.append(f"thread-{number}", 0, [Write(f"own-{number}", [EVENT], META), Write("id", [EVENT], META)])
            for number in range(6)
        ),
        return_exceptions=True,
    )
    [stored] = [outcome for outcome in outcomes if isinstance(outcome, Commit)]
    assert [o.existing for o in outcomes if isinstance(o, CommitIdTaken)] == [stored] * 5
    assert await store.unsequenced_count() == 1


async def test_closing_lets_what_is_under_way_end(store: LogStore) -> None:
    under_way = asyncio.create_task(append(store, "thread-1", 0))
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    assert (await under_way).last == 1


async def test_a_racing_repeat_gets_the_one_commit(store: LogStore) -> None:
    commits = await asyncio.gather(*(append(store, "thread-1", 0, commit_id="id-1") for _ in range(4)))
    assert len(set(commits)) == 1


async def test_an_append_nudges(store: LogStore) -> None:
    with store.appended.listen() as listener:
        assert not await listener.wait(0.01)
        await append(store, "thread-1", 0)
        assert await listener.wait(1)


async def test_positions_are_dense_and_read_in_pages(store: LogStore) -> None:
    ids = [(await append(store, f"thread-{number}", 0)).commit_id for number in range(5)]
    await store.assign_positions(0, ids[:3])
    await store.assign_positions(3, ids[3:])
    assert await store.head_position() == 5
    page = await store.read_log(1, 3)
    assert [(commit.commit_id, commit.position) for commit in page] == list(zip(ids[1:4], [2, 3, 4], strict=True))
    assert await store.read_log(5, 3) == []


async def test_unsequenced_commits_are_named_until_placed(store: LogStore) -> None:
    first, second = await append(store, "thread-1", 0, 2), await append(store, "thread-2", 0)
    assert {waiting[:4] for waiting in await store.unsequenced(10)} == {
        (first.commit_id, "thread-1", 1, 2),
        (second.commit_id, "thread-2", 1, 1),
    }
    assert len(await store.unsequenced(1)) == 1
    await store.assign_positions(0, [first.commit_id])
    assert [waiting.commit_id for waiting in await store.unsequenced(10)] == [second.commit_id]
    assert await store.unsequenced_of(["thread-1"]) == []
    assert [waiting.commit_id for waiting in await store.unsequenced_of(["thread-2", "x"])] == [second.commit_id]


async def test_a_zombie_sequencer_leaves_the_log_dense(store: LogStore) -> None:
    ids = [(await append(store, f"thread-{number}", 0)).commit_id for number in range(6)]
    await store.assign_positions(0, ids[:3])
    with pytest.raises(PositionsLost):  # It counts from an old head.
        await store.assign_positions(1, [ids[4]])
    with pytest.raises(PositionsLost):  # Its batch begins with what has been placed: going on would leave holes.
        await store.assign_positions(3, [ids[1], ids[3], ids[4]])
    with pytest.raises(PositionsLost):
        await store.assign_positions(3, [ids[3], ids[0], ids[4]])
    assert await store.head_position() == 4
    await store.assign_positions(await store.head_position(), [w.commit_id for w in await store.unsequenced(10)])
    log = await store.read_log(0, 10)
    assert [commit.position for commit in log] == [1, 2, 3, 4, 5, 6]
    assert [commit.commit_id for commit in log[:3]] == ids[:3]


async def test_marks_are_kept_and_guarded_by_epoch(store: LogStore) -> None:
    assert await store.load_mark("relay") == START
    await store.save_mark("relay", Mark(3, 1), epoch=2)
    await store.save_mark("relay", Mark(4, 0), epoch=2)
    with pytest.raises(LeaseLost):
        await store.save_mark("relay", Mark(9, 0), epoch=1)
    assert await store.load_mark("relay") == Mark(4, 0)
    await store.save_mark("relay", Mark(5, 0), epoch=3)
    assert await store.load_mark("other") == START


async def test_a_claimed_mark_is_out_of_reach_for_earlier_epochs(store: LogStore) -> None:
    assert await store.claim_mark("relay", 1) == START
    await store.save_mark("relay", Mark(3, 1), epoch=1)
    assert await store.claim_mark("relay", 1) == Mark(3, 1)
    assert await store.claim_mark("relay", 2) == Mark(3, 1)
    with pytest.raises(LeaseLost):
        await store.save_mark("relay", Mark(4, 0), epoch=1)
    with pytest.raises(LeaseLost):
        await store.claim_mark("relay", 1)
    assert await store.load_mark("relay") == Mark(3, 1)


async def test_a_lease_has_one_holder(store: LogStore) -> None:
    assert await store.acquire_lease("log", "one", 30) == 1
    assert await store.acquire_lease("log", "two", 30) is None
    assert await store.acquire_lease("else", "two", 30) == 1
    assert await store.renew_lease("log", "one", 1, 30)
    assert not await store.renew_lease("log", "two", 1, 30)
    assert await store.acquire_lease("log", "one", 30) == 2
    assert not await store.renew_lease("log", "one", 1, 30)


async def test_a_lease_can_be_given_back(store: LogStore) -> None:
    await store.acquire_lease("log", "one", 30)
    await store.release_lease("log", "two", 1)
    assert await store.acquire_lease("log", "two", 30) is None
    await store.release_lease("log", "one", 1)
    assert await store.acquire_lease("log", "two", 30) == 2


async def test_a_lease_that_many_want_is_had_by_one_at_a_time(store: LogStore) -> None:
    epochs: list[int] = []

    async def claim(owner: str) -> None:
        for _ in range(20):
            epoch = await store.acquire_lease("log", owner, 30)
            if epoch is not None:
                epochs.append(epoch)
                assert await store.renew_lease("log", owner, epoch, 30)
                await store.release_lease("log", owner, epoch)

    await asyncio.gather(*(claim(owner) for owner in ("one", "two", "three", "four")))
    assert epochs
    assert epochs == sorted(set(epochs))


async def test_a_lease_ends_by_itself_unless_renewed(store: LogStore) -> None:
    assert await store.acquire_lease("log", "one", 0.3) == 1
    assert await store.renew_lease("log", "one", 1, 0.6)
    await asyncio.sleep(0.4)
    assert await store.acquire_lease("log", "two", 30) is None
    await asyncio.sleep(0.3)
    assert await store.acquire_lease("log", "two", 30) == 2
    assert not await store.renew_lease("log", "one", 1, 30)


async def test_a_read_of_the_log_is_bounded_in_bytes(store: LogStore) -> None:
    large = EventData("t", b"x" * (MAX_COMMIT_BYTES - 1))
    for number in range(10):
        await append(store, f"thread-{number}", 0, event=large)
    await sequence_all(store)
    page = await store.read_log(0, 100)
    assert [commit.position for commit in page] == list(range(1, 9))
    assert is_full(page, 100)
    rest = await store.read_log(8, 100)
    assert [commit.position for commit in rest] == [9, 10]
    assert not is_full(rest, 100)

"""An append whose answer was lost is settled by its commit id."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    NetworkTimeout,
    NotPrimaryError,
    ServerSelectionTimeoutError,
)

from services.chassis.log import eventstore_mongo
from services.chassis.log.bulkappend import Version
from services.chassis.log.eventstore import (
    Commit,
    CommitIdTaken,
    EventData,
    LogGap,
    OutcomeUnknown,
    PositionsLost,
    StoreUnavailable,
    VersionConflict,
    Write,
)
from services.chassis.log.eventstore_mongo import MongoEventStore
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from tests.support.commits import EVENT, META, append, sequence_all


class Unlucky:
    """A collection that does as told around one kind of write, and otherwise as always."""

    def __init__(self, collection: Any, write: str, error: Exception, *, before: bool = False) -> None:
        self._collection, self._write, self._error, self._before = collection, write, error, before

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._collection, name)
        if name != self._write:
            return method

        async def unlucky(*arguments: Any, **options: Any) -> None:
            if not self._before:
                await method(*arguments, **options)
            raise self._error

        return unlucky


def refused(*errors: dict[str, Any], inserted: int = 0, concerns: int = 0) -> BulkWriteError:
    """A bulk's answer as the driver tells it."""
    return BulkWriteError(
        {"writeErrors": list(errors), "writeConcernErrors": [{"code": 64}] * concerns, "nInserted": inserted}
    )


OWN_ID = {"index": 0, "code": 11000, "keyPattern": {"_id": 1}}


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("gone"),
        NotPrimaryError("stepped down"),
        NetworkTimeout("slow"),
        refused(inserted=1, concerns=1),
        refused({"index": 0, "code": 91}),
        refused(),
    ],
)
async def test_a_commit_that_was_written_counts_as_appended(store: MongoEventStore, error: Exception) -> None:
    store._commits = Unlucky(store._commits, "insert_many", error)
    with store.appended.listen() as listener:
        commit = await append(store, "thread-1", 0)
        assert await listener.wait(0)
    assert await store.read_stream("thread-1") == [commit]


async def test_a_commit_that_claims_is_settled_like_any_other(store: MongoEventStore) -> None:
    lucky = store._commits
    store._commits = Unlucky(lucky, "insert_many", AutoReconnect("gone"))
    held = await store.append("thread-1", 0, [Write("id-1", [EVENT], META, ["name"])])
    assert held.ids == ("id-1", "name")
    # Nobody knows of this one whether it arrived; but with its claim taken it cannot have.
    store._commits = Unlucky(lucky, "insert_many", AutoReconnect("gone"), before=True)
    with pytest.raises(CommitIdTaken) as taken:
        await store.append("thread-2", 0, [Write("id-2", [EVENT], META, ["name"])])
    assert taken.value.existing == held


async def test_a_driver_that_met_its_own_write_succeeded(store: MongoEventStore) -> None:
    store._commits = Unlucky(store._commits, "insert_many", refused(OWN_ID))
    assert (await append(store, "thread-1", 0)).last == 1


@pytest.mark.parametrize("error", [AutoReconnect("gone"), refused(OWN_ID), refused(inserted=1, concerns=1)])
async def test_what_cannot_be_settled_is_told_as_unknown(store: MongoEventStore, error: Exception) -> None:
    lucky = store._commits
    store._commits = Unlucky(lucky, "insert_many", error, before=True)
    with pytest.raises(OutcomeUnknown):
        await append(store, "thread-1", 0, commit_id="id-1")
    store._commits = lucky
    assert (await append(store, "thread-1", 0, commit_id="id-1")).last == 1


async def test_an_outcome_that_cannot_be_asked_for_is_unknown_too(
    store: MongoEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(commit_ids: Sequence[str]) -> list[Commit]:
        raise StoreUnavailable("away")

    lucky = store._commits
    store._commits = Unlucky(lucky, "insert_many", AutoReconnect("gone"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "commits_by_ids", away)
        with pytest.raises(OutcomeUnknown):
            await append(store, "thread-1", 0, commit_id="id-1")
    store._commits = lucky
    assert (await append(store, "thread-1", 0, commit_id="id-1")).last == 1


async def test_a_commit_that_was_never_sent_is_told_as_such(store: MongoEventStore) -> None:
    store._commits = Unlucky(store._commits, "insert_many", ServerSelectionTimeoutError("nobody"), before=True)
    with pytest.raises(StoreUnavailable) as refused:
        await append(store, "thread-1", 0)
    assert not isinstance(refused.value, OutcomeUnknown)


async def test_a_lost_race_is_told_apart_from_a_used_id(store: MongoEventStore) -> None:
    await append(store, "thread-1", 0, 2, commit_id="id-1")
    with pytest.raises(VersionConflict):
        await append(store, "thread-1", 1)
    with pytest.raises(CommitIdTaken):
        await append(store, "thread-1", 1, commit_id="id-1", event=EventData("t", b""))


async def test_a_sequencer_whose_answer_was_lost_reads_the_head_again(store: MongoEventStore) -> None:
    await append(store, "thread-1", 0)
    await append(store, "thread-2", 0)
    lucky = store._commits
    sequencer = Sequencer(store, LogWindow(store, Nudge()), batch=1)
    store._commits = Unlucky(lucky, "bulk_write", AutoReconnect("gone"))
    with pytest.raises(StoreUnavailable):
        await sequencer.step()
    store._commits = lucky
    await sequencer.step()
    assert [commit.position for commit in await store.read_log(0, 5)] == [1, 2]


async def test_the_head_is_found_although_nobody_noted_it(store: MongoEventStore) -> None:
    for number in range(5):
        await append(store, f"thread-{number}", 0)
    ids = [waiting.commit_id for waiting in await store.unsequenced(10)]
    await store.assign_positions(0, ids)
    assert await store.head_position() == 5
    await store.note_head(4)
    assert await store.head_position() == 5
    with pytest.raises(PositionsLost):
        await store.assign_positions(0, ids[:1])


async def test_a_hole_in_the_log_stops_its_readers(store: MongoEventStore) -> None:
    """None can come about; should the database have been tampered with, nobody goes on as if nothing were."""
    ids = [(await append(store, f"thread-{number}", 0)).commit_id for number in range(3)]
    await store.assign_positions(0, ids[:1])
    await store._commits.update_one({"_id": ids[1]}, {"$set": {"pos": 3}, "$unset": {"todo": ""}})
    assert [commit.position for commit in await store.read_log(0, 10)] == [1]
    with pytest.raises(LogGap):
        await store.read_log(1, 10)
    with pytest.raises(LogGap):
        await store.head_position()


async def test_what_a_newer_process_kept_beside_an_event_is_passed_over(store: MongoEventStore) -> None:
    commit = await append(store, "thread-1", 0)
    await store._commits.update_one({"_id": commit.commit_id}, {"$set": {"parts.0.meta.tenant": "x"}})
    assert await store.find_commit(commit.commit_id) == commit


async def test_any_number_of_places_is_asked_for_a_few_at_a_time(
    store: MongoEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventstore_mongo, "_ASKED", 2)
    for number in range(5):
        await append(store, f"thread-{number}", 0, number + 1)
    asked = [Version(f"thread-{number}", 3) for number in range(5)]
    assert await store.existing(asked) == set(asked[2:])


async def test_a_page_that_could_not_be_read_is_asked_for_in_smaller_pieces(store: MongoEventStore) -> None:
    for number in range(20):
        await append(store, f"thread-{number}", 0)
    await sequence_all(store)
    commits = store._pages._commits
    store._pages._commits = Torn(commits, at_most=15)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.read_log(0, 20)
    assert len(await store.read_log(0, 20)) == 20


class Torn:
    """A collection of which no more than so many documents can be sent at once."""

    def __init__(self, collection: Any, *, at_most: int) -> None:
        self._collection, self._at_most = collection, at_most

    def find(self, query: Any, *, batch_size: int) -> Any:
        if batch_size > self._at_most:
            raise NetworkTimeout("too slow")
        return self._collection.find(query, batch_size=batch_size)

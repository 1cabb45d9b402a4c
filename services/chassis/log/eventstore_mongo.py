"""The event log in MongoDB: one document per commit, so that an append is whole or absent.

Collections: `commits` ({_id: id of the first part, stream, first, last, events: [{v, type, data}], parts: [{id, first,
last, meta}, after each {id} of what it claims], todo: true or pos}), `marks` (one per follower, the log's head and its
epoch) and `leases`. Writes are acknowledged by a majority and journaled; reads see only what a majority holds. Queries
do without sorting, which not every server does fast: order is restored here. What the methods promise is told at the
ports in `eventstore` and `lease`; how appends become bulks, and what becomes of each, in `groupcommit`, `bulkappend`.
"""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReadPreference, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from services.chassis.log.appends import Appends
from services.chassis.log.bulk_answers import answers_of, has_duplicate
from services.chassis.log.bulkappend import Answer, BulkAppend, KnownVersions, Version
from services.chassis.log.commit_documents import to_commit, to_document
from services.chassis.log.eventstore import (
    START,
    Commit,
    LogGap,
    Mark,
    PositionsLost,
    RestoreRefused,
    StoreUnavailable,
    StreamHead,
    Unsequenced,
    VersionConflict,
    Write,
    new_commit,
    stream_category,
)
from services.chassis.log.groupcommit import GroupCommit, Limits
from services.chassis.log.lease import LeaseLost
from services.chassis.log.pages import dense_positions, dense_versions
from services.chassis.log.pages_mongo import LogPages
from services.chassis.log.restoring import joined_versions
from services.chassis.log.stream_heads import FirstStreams
from services.chassis.telemetry_metrics import APPEND_SECONDS, CONFLICTS

_HEAD = "log head"
_EPOCH = "log epoch"
_PROBE = 1000
_PLACE = {"stream": 1, "first": 1, "last": 1}
_ASKED = 64
_LIMITS: dict[str, Any] = {"timeoutMS": 5000, "serverSelectionTimeoutMS": 5000}
# Milliseconds, as a number: comparing dates inside $expr is not reliable on every server that we run on.
_NOW = {"$toLong": "$$NOW"}


class MongoDatabase:
    """A connection to one service's database.

    `uri` names server, database, user and TLS files, as in
    https://www.mongodb.com/docs/manual/reference/connection-string/. Connects when first used, and again when needed.
    Every operation ends within 5 s, unless `uri` sets another `timeoutMS`: a server that stands still is no answer.
    `listeners` are the driver's own, of `pymongo.monitoring`, by which every command that is sent can be counted.
    """

    def __init__(self, uri: str, listeners: Sequence[Any] = ()) -> None:
        told = {name.lower() for name in parse_uri(uri)["options"]}
        limits = {name: value for name, value in _LIMITS.items() if name.lower() not in told}
        self._client: Any = AsyncIOMotorClient(uri, appname="vouchsafe", event_listeners=list(listeners), **limits)
        self._database = self._client.get_default_database()

    def collection(self, name: str) -> Any:
        """A collection, majority-read from the primary and majority-written with journal, whatever the URI says."""
        return self._database.get_collection(
            name,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )

    async def ping(self) -> None:
        """Return when the server answers; raises StoreUnavailable."""
        with translated():
            await self._database.command("ping")

    def close(self) -> None:
        """Drop all connections."""
        self._client.close()


@contextmanager
def translated(collision: str = "") -> Iterator[None]:
    """Turn the driver's errors into StoreUnavailable, and a taken key into LeaseLost(collision) if that is given."""
    try:
        yield
    except DuplicateKeyError as error:
        raise LeaseLost(collision) if collision else StoreUnavailable(type(error).__name__) from error
    except PyMongoError as error:
        raise StoreUnavailable(type(error).__name__) from error


class MongoEventStore:
    """A `LogStore` in MongoDB. Call `ensure_indexes` once before use, and `close` before the database's own."""

    def __init__(self, database: MongoDatabase, *, limits: Limits = Limits()) -> None:  # noqa: B008  # frozen
        self.appended: Appends[Commit] = Appends()
        self._known = KnownVersions()
        self._group = GroupCommit(BulkAppend(self, self.appended, self._known).write, limits=limits)
        self._commits = database.collection("commits")
        self._pages = LogPages(self._commits)
        self._marks = database.collection("marks")
        self._leases = database.collection("leases")

    async def ensure_indexes(self) -> None:
        """Create what the guards rest on, when it is not there; raises StoreUnavailable."""
        with translated():
            # Over each event's version, not the commit's first: a commit must also collide inside another's range.
            await self._commits.create_index([("stream", 1), ("events.v", 1)], unique=True, name="stream_version")
            await self._commits.create_index("parts.id", unique=True, name="commit_id")
            await self._commits.create_index("pos", unique=True, sparse=True, name="position")
            await self._commits.create_index("todo", sparse=True, name="unsequenced")

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        """See `EventStore.append`."""
        commit = new_commit(stream, expected_version, writes)
        category = {"category": stream_category(stream)}
        began = time.perf_counter()
        try:
            return await self._group.submit(commit)
        except VersionConflict:
            CONFLICTS.add(1, category)
            raise
        finally:
            APPEND_SECONDS.record(time.perf_counter() - began, category)

    async def close(self) -> None:
        """See `LogStore.close`."""
        await self._group.close()

    async def insert(self, commits: Sequence[Commit]) -> Sequence[Answer]:
        """See `BulkStore.insert`."""
        try:
            await self._commits.insert_many([to_document(commit) for commit in commits], ordered=False)
        except BulkWriteError as error:
            return answers_of(error.details, len(commits))
        except ServerSelectionTimeoutError:
            return [Answer.NOT_SENT] * len(commits)
        except PyMongoError:  # A lost connection, or no answer in time.
            return [Answer.UNCLEAR] * len(commits)
        return [Answer.WRITTEN] * len(commits)

    async def existing(self, versions: Sequence[Version]) -> set[Version]:
        """See `BulkStore.existing`."""
        found: set[Version] = set()
        for start in range(0, len(versions), _ASKED):
            found |= await self._existing(versions[start : start + _ASKED])
        return found

    async def _existing(self, versions: Sequence[Version]) -> set[Version]:
        # Few at a time: any of the versions in any of the streams is found, up to the square of their number.
        # Not an $or of pairs, which not every server takes to its index; what it finds besides is left out.
        query = {
            "stream": {"$in": [stream for stream, _ in versions]},
            "events.v": {"$in": sorted({version for _, version in versions})},
        }
        asked = dict(versions)
        with translated():
            found = await self._documents(query, _PLACE)
        return {
            Version(stream, asked[stream])
            for document in found
            if document["first"] <= asked[stream := document["stream"]] <= document["last"]
        }

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        """See `EventStore.read_stream`."""
        query: dict[str, Any] = {"stream": stream}
        if after_version > 0:
            query["events.v"] = {"$gt": after_version}
        commits = dense_versions(await self._find(query), after_version)
        if commits:
            self._known.note(stream, commits[-1].last)
        return commits

    async def find_commit(self, commit_id: str) -> Commit | None:
        """See `EventStore.find_commit`."""
        return next(iter(await self.commits_by_ids([commit_id])), None)

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        """See `EventStore.commits_by_ids`."""
        return await self._find({"parts.id": {"$in": list(commit_ids)}}) if commit_ids else []

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        """See `CommitLog.read_log`."""
        with translated():
            commits = await self._pages.read(after_position, limit)
            if commits and min(commit.position or 0 for commit in commits) != after_position + 1:
                # The scan passed the first place just before it was filled; on a second look it is there, or missing.
                commits = await self._pages.read(after_position, limit)
        return dense_positions(commits, after_position)

    async def _find(self, query: Mapping[str, Any]) -> list[Commit]:
        with translated():
            return [to_commit(document) for document in await self._documents(query)]

    async def _documents(
        self, query: Mapping[str, Any], fields: Mapping[str, Any] | None = None, limit: int = 0
    ) -> list[dict[str, Any]]:
        # The first batch of a cursor is small unless it is told otherwise, and each further one is a round trip.
        found: list[dict[str, Any]] = await self._commits.find(query, fields, limit=limit, batch_size=_PROBE).to_list(
            None
        )
        return found

    async def head_position(self) -> int:
        """See `CommitLog.head_position`.

        The stored head may lag behind a sequencer that died; what lies beyond it is counted.
        """
        with translated():
            stored = await self._marks.find_one({"_id": _HEAD})
            head = 0 if stored is None else int(stored["position"])
            while beyond := await self._positions_after(head):
                if head + 1 not in beyond and head + 1 not in (beyond := await self._positions_after(head)):
                    raise LogGap(f"position {head + 1} is missing")
                while head + 1 in beyond:
                    head += 1
            return head

    async def _positions_after(self, position: int) -> set[int]:
        """Some positions that have been given after that one, among them the next unless the scan just missed it."""
        found = await self._documents(_places_after(position), {"pos": 1})
        return {document["pos"] for document in found}

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced`."""
        return await self._waiting({"todo": True}, limit)

    async def unsequenced_of(self, streams: Sequence[str]) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced_of`."""
        return await self._waiting({"todo": True, "stream": {"$in": list(streams)}}, 0)

    async def _waiting(self, query: Mapping[str, Any], limit: int) -> list[Unsequenced]:
        with translated():
            return [
                Unsequenced(document["_id"], document["stream"], document["first"], document["last"])
                for document in await self._documents(query, _PLACE, limit)
            ]

    async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
        """See `SequencingLog.assign_positions`."""
        # An upsert, so that a commit which has its place already is an error that stops the bulk (the insert collides
        # with it), and not an update of nothing after which the next commit would leave a hole. Journaled one by one,
        # for a place that was seen must not be lost with the server, nor a head be noted above what is there.
        updates = [
            UpdateOne(
                {"_id": commit_id, "todo": True}, {"$set": {"pos": position}, "$unset": {"todo": ""}}, upsert=True
            )
            for position, commit_id in enumerate(commit_ids, start=after + 1)
        ]
        with translated():
            try:
                await self._commits.bulk_write(updates, ordered=True)
            except BulkWriteError as error:
                if has_duplicate(error.details):
                    raise PositionsLost("a commit is placed or a position taken") from error
                raise

    async def note_head(self, position: int) -> None:
        """See `SequencingLog.note_head`."""
        with translated():
            await self._marks.update_one({"_id": _HEAD}, {"$max": {"position": position}}, upsert=True)

    async def store_epoch(self) -> str:
        """See `LogOperations.store_epoch`."""
        with translated():
            try:
                return await self._made_epoch()
            except DuplicateKeyError:  # Two who were the first collided; there is one now.
                return await self._made_epoch()

    async def _made_epoch(self) -> str:
        made = {"$setOnInsert": {"name": uuid.uuid4().hex}}
        return str((await _found_or_made(self._marks, {"_id": _EPOCH}, made))["name"])

    async def unsequenced_count(self) -> int:
        """See `LogOperations.unsequenced_count`."""
        with translated():
            return int(await self._commits.count_documents({"todo": True}))

    async def streams(self, category: str, after: str, limit: int) -> list[StreamHead]:
        """See `LogOperations.streams`."""
        first = FirstStreams(category, after, limit)
        fields = {"stream": 1, "last": 1}
        with translated():
            # First what waits, so that nothing is missed which is placed meanwhile. Then the log in pages: there is no
            # saying how long a query over all of it takes, and operations are bounded in time.
            waiting = {each["_id"]: each for each in await self._documents({"todo": True}, fields)}
            for document in waiting.values():
                first.add(document["stream"], document["last"])
            position = 0
            while page := await self._documents(_places_after(position), fields):
                for document in page:
                    if document["_id"] not in waiting:
                        first.add(document["stream"], document["last"])
                position += _PROBE
        return first.heads()

    async def restore(self, commits: Sequence[Commit]) -> None:
        """See `LogOperations.restore`."""
        before = joined_versions(commits, await self.head_position())
        if not commits:
            return
        if await self.unsequenced(1):
            raise RestoreRefused("a commit waits for its position")
        ends = [Version(stream, version) for stream, version in before.items() if version > 0]
        nexts = [Version(stream, version + 1) for stream, version in before.items()]
        if len(await self.existing(ends)) < len(ends) or await self.existing(nexts):
            raise RestoreRefused("a stream is not at the version that is to be continued")
        if await self.commits_by_ids([each for commit in commits for each in commit.ids]):
            raise RestoreRefused("an id is taken")
        with translated():
            # In order, so that what a failure leaves behind is the beginning, and the log is dense.
            await self._commits.insert_many([to_document(commit) for commit in commits], ordered=True)
        await self.note_head(commits[-1].position or 0)

    async def load_mark(self, follower: str) -> Mark:
        """See `Checkpoints.load_mark`."""
        with translated():
            document = await self._marks.find_one({"_id": follower})
        return START if document is None else Mark(document["position"], document["offset"])

    async def save_mark(self, follower: str, mark: Mark, epoch: int) -> None:
        """See `Checkpoints.save_mark`."""
        update = {"$set": {"position": mark.position, "offset": mark.offset, "epoch": epoch}}
        with translated(collision=f"{follower} has been saved under a later epoch"):
            await self._marks.update_one({"_id": follower, "epoch": {"$lte": epoch}}, update, upsert=True)

    async def claim_mark(self, follower: str, epoch: int) -> Mark:
        """See `Checkpoints.claim_mark`."""
        claim = {"$set": {"epoch": epoch}, "$setOnInsert": START._asdict()}
        with translated(collision=f"{follower} has been saved under a later epoch"):
            claimed = await _found_or_made(self._marks, {"_id": follower, "epoch": {"$lte": epoch}}, claim)
        return Mark(claimed["position"], claimed["offset"])

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> int | None:
        """See `Leases.acquire_lease`."""
        free = {"$or": [{"$eq": ["$owner", owner]}, {"$lte": [{"$ifNull": ["$until", 0]}, _NOW]}]}
        taken = {"owner": owner, "epoch": {"$add": [{"$ifNull": ["$epoch", 0]}, 1]}, "until": _after(seconds)}
        with translated():
            try:
                # Where the lease is held the filter matches nothing, and the insert collides with the lease itself.
                lease = await _found_or_made(self._leases, {"_id": name, "$expr": free}, [{"$set": taken}])
            except DuplicateKeyError:
                return None
        return int(lease["epoch"])

    async def renew_lease(self, name: str, owner: str, epoch: int, seconds: float) -> bool:
        """See `Leases.renew_lease`."""
        held = {"_id": name, "owner": owner, "epoch": epoch}
        with translated():
            result = await self._leases.update_one(held, [{"$set": {"until": _after(seconds)}}])
        return bool(result.matched_count)

    async def release_lease(self, name: str, owner: str, epoch: int) -> None:
        """See `Leases.release_lease`."""
        with translated():
            held = {"_id": name, "owner": owner, "epoch": epoch}
            await self._leases.update_one(held, {"$set": {"owner": "", "until": 0}})


async def _found_or_made(collection: Any, query: Mapping[str, Any], update: Any) -> Mapping[str, Any]:
    """The document after the update, which must still match the query; DuplicateKeyError when it cannot be made.

    SecantusDB shows nothing of one that came to match between its search and its insert, although it was updated: the
    second time it is found at once.
    """
    for _ in range(2):
        document: Mapping[str, Any] | None = await collection.find_one_and_update(
            query, update, upsert=True, return_document=ReturnDocument.AFTER
        )
        if document is not None:
            return document
    raise OperationFailure("the server shows nothing of what it has updated")


def _places_after(position: int) -> dict[str, Any]:
    return {"pos": {"$gt": position, "$lte": position + _PROBE}}


def _after(seconds: float) -> dict[str, Any]:
    return {"$add": [_NOW, int(seconds * 1000)]}

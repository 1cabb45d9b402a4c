"""The event log in MongoDB: one document per commit, so that an append is whole or absent.

Collections: `commits` ({_id: id of the first part, stream, first, last, events: [{v, type, data}], parts: [{id, first,
last, meta}], and either todo: true or pos}), `marks` (one per follower, and the log's head) and `leases`. Writes are
acknowledged by a majority and journaled; reads see only what a majority holds. Queries do without sorting, which not
every server does fast: order is restored here. What the methods promise is told at the ports in `eventstore`, `lease`.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReadPreference, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from services.chassis.eventstore import (
    START,
    Commit,
    CommitIdTaken,
    CommitMeta,
    LogGap,
    Mark,
    OutcomeUnknown,
    Part,
    PositionsLost,
    RecordedEvent,
    StoreUnavailable,
    Unsequenced,
    VersionConflict,
    Write,
    dense_positions,
    dense_versions,
    new_commit,
)
from services.chassis.lease import LeaseLost
from services.chassis.nudge import Nudge

_DUPLICATE_KEY = 11000
_HEAD = "log head"
_PROBE = 1000
_LIMITS: dict[str, Any] = {"timeoutMS": 5000, "serverSelectionTimeoutMS": 5000}
_WINNER_PAUSES = (0.0, 0.02, 0.1, 0.5)
# Milliseconds, as a number: comparing dates inside $expr is not reliable on every server that we run on.
_NOW = {"$toLong": "$$NOW"}


class MongoDatabase:
    """A connection to one service's database.

    `uri` names server, database, user and TLS files, as in
    https://www.mongodb.com/docs/manual/reference/connection-string/. Connects when first used, and again when needed.
    Every operation ends within 5 s, unless `uri` sets another `timeoutMS`: a server that stands still is no answer.
    """

    def __init__(self, uri: str) -> None:
        told = {name.lower() for name in parse_uri(uri)["options"]}
        limits = {name: value for name, value in _LIMITS.items() if name.lower() not in told}
        self._client: Any = AsyncIOMotorClient(uri, appname="vouchsafe", **limits)
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
def translated() -> Iterator[None]:
    """Turn the driver's errors into StoreUnavailable."""
    try:
        yield
    except PyMongoError as error:
        raise StoreUnavailable(type(error).__name__) from error


class MongoEventStore:
    """A `LogStore` in MongoDB. Call `ensure_indexes` once before use."""

    def __init__(self, database: MongoDatabase) -> None:
        self.appended = Nudge()
        self._commits = database.collection("commits")
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
        if expected_version > 0 and not await self._reaches(stream, expected_version):
            return await self._settled(commit, VersionConflict(stream, expected_version))
        try:
            await self._commits.insert_one(_to_document(commit))
        except DuplicateKeyError as error:
            by_id = bool({"_id", "parts.id"} & set((error.details or {}).get("keyPattern", {})))
            otherwise = OutcomeUnknown("the commit id's holder") if by_id else VersionConflict(stream, expected_version)
            return await self._settled(commit, otherwise, patient=by_id)
        except ServerSelectionTimeoutError as error:
            raise StoreUnavailable(type(error).__name__) from error
        except PyMongoError as error:
            # A lost connection or an unmet write concern: the commit may or may not be there.
            return await self._settled(commit, OutcomeUnknown(type(error).__name__), patient=True)
        self.appended.ring()
        return commit

    async def _reaches(self, stream: str, version: int) -> bool:
        """Whether the stream holds that version; events are never removed, so a yes cannot become a no."""
        with translated():
            return await self._commits.find_one({"stream": stream, "events.v": version}, {"_id": 1}) is not None

    async def _settled(self, commit: Commit, otherwise: Exception, *, patient: bool = False) -> Commit:
        """What became of an append that was not plainly accepted, as its id's holder tells; else raises `otherwise`.

        Patient where the holder must or may exist but need not have reached the majority yet.
        """
        for pause in _WINNER_PAUSES if patient else _WINNER_PAUSES[:1]:
            await asyncio.sleep(pause)
            try:
                existing = await self._holder(commit)
            except StoreUnavailable as error:
                if patient:  # What was sent may be there.
                    raise OutcomeUnknown(str(error)) from error
                raise
            if existing is None:
                continue
            if not existing.is_repeat_of(commit):
                raise CommitIdTaken(existing)
            self.appended.ring()
            return existing
        raise otherwise

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        """See `EventStore.read_stream`."""
        query: dict[str, Any] = {"stream": stream}
        if after_version > 0:
            query["events.v"] = {"$gt": after_version}
        return dense_versions(await self._find(query), after_version)

    async def find_commit(self, commit_id: str) -> Commit | None:
        """See `EventStore.find_commit`."""
        return await self._one({"parts.id": commit_id})

    async def _holder(self, commit: Commit) -> Commit | None:
        return await self._one({"parts.id": {"$in": [part.commit_id for part in commit.parts]}})

    async def _one(self, query: Mapping[str, Any]) -> Commit | None:
        with translated():
            document = await self._commits.find_one(query)
        return None if document is None else _to_commit(document)

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        """See `CommitLog.read_log`."""
        query = {"pos": {"$gt": after_position, "$lte": after_position + limit}}
        commits = await self._find(query)
        if commits and min(commit.position or 0 for commit in commits) != after_position + 1:
            # The scan passed the first place just before it was filled; on a second look it is there, or truly missing.
            commits = await self._find(query)
        return dense_positions(commits, after_position)

    async def _find(self, query: Mapping[str, Any]) -> list[Commit]:
        with translated():
            return [_to_commit(document) for document in await self._commits.find(query).to_list(None)]

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
        query = {"pos": {"$gt": position, "$lte": position + _PROBE}}
        return {document["pos"] for document in await self._commits.find(query, {"pos": 1}).to_list(None)}

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced`."""
        return await self._waiting({"todo": True}, limit)

    async def unsequenced_of(self, streams: Sequence[str]) -> list[Unsequenced]:
        """See `SequencingLog.unsequenced_of`."""
        return await self._waiting({"todo": True, "stream": {"$in": list(streams)}}, 0)

    async def _waiting(self, query: Mapping[str, Any], limit: int) -> list[Unsequenced]:
        with translated():
            cursor = self._commits.find(query, {"stream": 1, "first": 1, "last": 1}, limit=limit)
            return [
                Unsequenced(document["_id"], document["stream"], document["first"], document["last"])
                for document in await cursor.to_list(None)
            ]

    async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
        """See `SequencingLog.assign_positions`."""
        # An upsert, so that a commit which has its place already is an error that stops the bulk (the insert collides
        # with it), and not an update of nothing after which the next commit would leave a hole.
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
                if any(refused["code"] == _DUPLICATE_KEY for refused in (error.details or {}).get("writeErrors", [])):
                    raise PositionsLost("a commit is placed or a position taken") from error
                raise
            head = {"$max": {"position": after + len(updates)}}
            await self._marks.update_one({"_id": _HEAD}, head, upsert=True)

    async def load_mark(self, follower: str) -> Mark:
        """See `Checkpoints.load_mark`."""
        with translated():
            document = await self._marks.find_one({"_id": follower})
        return START if document is None else Mark(document["position"], document["offset"])

    async def save_mark(self, follower: str, mark: Mark, epoch: int) -> None:
        """See `Checkpoints.save_mark`."""
        update = {"$set": {"position": mark.position, "offset": mark.offset, "epoch": epoch}}
        with translated():
            try:
                await self._marks.update_one({"_id": follower, "epoch": {"$lte": epoch}}, update, upsert=True)
            except DuplicateKeyError as error:
                raise LeaseLost(f"{follower} has been saved under a later epoch") from error

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> int | None:
        """See `Leases.acquire_lease`."""
        free = {"$or": [{"$eq": ["$owner", owner]}, {"$lte": [{"$ifNull": ["$until", 0]}, _NOW]}]}
        taken = {"owner": owner, "epoch": {"$add": [{"$ifNull": ["$epoch", 0]}, 1]}, "until": _after(seconds)}
        with translated():
            try:
                # Where the lease is held the filter matches nothing, and the insert collides with the lease itself.
                lease = await self._leases.find_one_and_update(
                    {"_id": name, "$expr": free}, [{"$set": taken}], upsert=True, return_document=ReturnDocument.AFTER
                )
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


def _after(seconds: float) -> dict[str, Any]:
    return {"$add": [_NOW, int(seconds * 1000)]}


def _to_document(commit: Commit) -> dict[str, Any]:
    return {
        "_id": commit.commit_id,
        "stream": commit.stream,
        "first": commit.first,
        "last": commit.last,
        "events": [{"v": event.version, "type": event.type, "data": event.data} for event in commit.events],
        "parts": [
            {"id": part.commit_id, "first": part.first, "last": part.last, "meta": _to_meta(part.meta)}
            for part in commit.parts
        ],
        "todo": True,
    }


def _to_meta(meta: CommitMeta) -> dict[str, Any]:
    return {"fingerprint": meta.fingerprint, "at": meta.at, "caller": meta.caller, "traceparent": meta.traceparent}


def _to_commit(document: Mapping[str, Any]) -> Commit:
    return Commit(
        stream=document["stream"],
        events=tuple(RecordedEvent(event["v"], event["type"], event["data"]) for event in document["events"]),
        parts=tuple(
            Part(part["id"], part["first"], part["last"], CommitMeta(**part["meta"])) for part in document["parts"]
        ),
        position=document.get("pos"),
    )

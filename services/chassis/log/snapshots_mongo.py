"""Snapshots in MongoDB, in the database of the service whose streams they are of.

Collection `snapshots`: {_id: "fold/stream", stream, fold, version, commit_id, size, data}. Everything in it may be
deleted at any time.
"""

from dataclasses import asdict, fields

from services.chassis.log.eventstore_mongo import MongoDatabase, translated
from services.chassis.log.snapshots import Snapshot

_FIELDS = {each.name for each in fields(Snapshot)}


class MongoSnapshots:
    """`Snapshots` in MongoDB."""

    def __init__(self, database: MongoDatabase) -> None:
        self._snapshots = database.collection("snapshots")

    async def load(self, stream: str, fold: int) -> Snapshot | None:
        """See `Snapshots.load`."""
        with translated():
            document = await self._snapshots.find_one({"_id": _id(stream, fold)}, {"_id": 0})
        # Of a release with other fields it is no use here, and none is needed.
        return Snapshot(**document) if document is not None and document.keys() == _FIELDS else None

    async def save(self, snapshot: Snapshot) -> None:
        """See `Snapshots.save`."""
        identity = _id(snapshot.stream, snapshot.fold)
        with translated():
            await self._snapshots.replace_one({"_id": identity}, {"_id": identity, **asdict(snapshot)}, upsert=True)


def _id(stream: str, fold: int) -> str:
    return f"{fold}/{stream}"

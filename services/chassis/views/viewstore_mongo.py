"""View documents in MongoDB: one collection per generation of a view, read by `_id`.

Each document carries `_pos`, the log position folded into it, and a removed one `_gone` as well. How far a generation
is complete stands in its own collection, under an id that no document has, so that one ordered bulk writes both and the
store's journal keeps them in order. A write waits for the journal only where it must be durable: between two bulks the
store may end and come back with less, and the driver sends the second to it without a word. Which generations there are
stands in `projections`, journaled. The ports are told at `viewstore`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from typing import Any

from pymongo import ReplaceOne, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.chassis.log.eventstore_mongo import MongoDatabase, translated
from services.chassis.log.lease import LeaseLost
from services.chassis.views.viewstore import Advance, Document, Generations, Loaded, StoredView

_DUPLICATE_KEY = 11000
_POSITION = 0
"""The id of what is no document: a number, where those of documents are strings."""
_KNOWN = frozenset(field.name for field in fields(Generations))


class MongoViewStore:
    """A `ViewStore` in MongoDB."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._projections = database.collection("projections")

    async def generations(self) -> dict[str, Generations]:
        """See `ViewStore.generations`."""
        with translated():
            found = await self._projections.find({}).to_list(None)
        return {stored["_id"]: _to_generations(stored) for stored in found}

    async def swap(self, view: str, old: Generations, new: Generations) -> bool:
        """See `ViewStore.swap`."""
        changed = {"$set": asdict(replace(new, revision=old.revision + 1))}
        expected = {"_id": view, "revision": old.revision}
        with translated():
            try:
                result = await self._projections.update_one(expected, changed, upsert=old.revision == 0)
            except DuplicateKeyError:
                return False
        return bool(result.matched_count or result.upserted_id)

    def documents(self, view: str, generation: int) -> "MongoDocuments":
        """See `ViewStore.documents`."""
        return MongoDocuments(self._database.collection(_collection(view, generation)))

    async def drop(self, view: str, generation: int) -> None:
        """See `ViewStore.drop`."""
        with translated():
            await self._database.collection(_collection(view, generation)).drop()


class MongoDocuments:
    """`Documents` in one collection."""

    def __init__(self, collection: Any) -> None:
        self._durable = collection
        self._views = collection.with_options(write_concern=WriteConcern("majority", j=False))

    async def get(self, document_id: str) -> Document | None:
        """See `Views.get`."""
        return (await self.get_many([document_id])).get(document_id)

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """See `Views.get_many`."""
        if not document_ids:
            return {}
        views = _to_views(await self._find(list(document_ids)))
        return {document_id: view.document for document_id, view in views.items() if view.document is not None}

    async def position(self) -> int:
        """See `Views.position`."""
        return int((await self._place()).get("position", 0))

    async def open(self, epoch: int) -> int:
        """See `Documents.open`."""
        taken = {"$set": {"epoch": epoch}, "$setOnInsert": {"position": 0}}
        mine = {"_id": _POSITION, "epoch": {"$lte": epoch}}
        with translated():
            try:
                place = await self._views.find_one_and_update(
                    mine, taken, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError as error:
                raise LeaseLost("the views have been taken over under a later epoch") from error
        return int(place["position"])

    async def empty(self) -> bool:
        """See `Documents.empty`."""
        with translated():
            return await self._views.find_one({"_id": {"$ne": _POSITION}}, {"_id": 1}) is None

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        """See `Documents.load`."""
        found = await self._find([_POSITION, *document_ids])
        place = next((stored for stored in found if stored["_id"] == _POSITION), {"position": 0, "epoch": 0})
        return Loaded(_to_views(found), place["position"], place["epoch"])

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        """See `Documents.write`."""
        # Each document is an upsert, so that one that is not as expected is an error, which stops the bulk, and not an
        # update of nothing: the filter fails, so the upsert inserts, and collides with what is there. The position is
        # none, or it would bring a dropped generation back; nothing comes after it that would have to be stopped.
        operations: list[Any] = [
            ReplaceOne({"_id": key, "_pos": {"$lt": view.position}}, _to_document(view), upsert=True)
            for key, view in views.items()
        ]
        if advance is not None:
            here = {"_id": _POSITION, "position": advance.before, "epoch": {"$lte": advance.epoch}}
            there = {"$set": {"position": advance.to, "epoch": advance.epoch}}
            operations.append(UpdateOne(here, there))
        if operations:
            with _guarded():
                result = await (self._durable if durable else self._views).bulk_write(operations, ordered=True)
            if result.matched_count + result.upserted_count < len(operations):
                raise LeaseLost("the position is not where it was left")

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        """See `Documents.insert`."""
        with _guarded():
            await self._durable.insert_many([{"_id": key, **_to_document(view)} for key, view in views.items()])

    async def tell(self, replayed: int, epoch: int) -> None:
        """See `Documents.tell`."""
        with translated():
            mine = {"_id": _POSITION, "epoch": {"$lte": epoch}}
            await self._views.update_one(mine, {"$set": {"replayed": replayed}})

    async def replayed(self) -> int:
        """See `Documents.replayed`."""
        place = await self._place()
        return max(int(place.get("replayed", 0)), int(place.get("position", 0)))

    async def _place(self) -> Mapping[str, Any]:
        with translated():
            return await self._views.find_one({"_id": _POSITION}) or {}

    async def _find(self, ids: Sequence[str | int]) -> list[dict[str, Any]]:
        query = {"_id": ids[0] if len(ids) == 1 else {"$in": ids}}
        with translated():
            found: list[dict[str, Any]] = await self._views.find(query, batch_size=len(ids) + 1).to_list(None)
        return found


@contextmanager
def _guarded() -> Iterator[None]:
    """Turn a collision into LeaseLost."""
    with translated():
        try:
            yield
        except BulkWriteError as error:
            if any(one["code"] == _DUPLICATE_KEY for one in (error.details or {}).get("writeErrors", [])):
                raise LeaseLost("a document is not as it was left") from error
            raise


def _collection(view: str, generation: int) -> str:
    return f"{view}_g{generation}"


def _to_generations(stored: Mapping[str, Any]) -> Generations:
    """Without what a later release has added: its processes run beside this one during an update."""
    return Generations(**{name: value for name, value in stored.items() if name in _KNOWN})


def _to_document(view: StoredView) -> dict[str, Any]:
    if view.document is None:
        return {"_pos": view.position, "_gone": True}
    return {**view.document, "_pos": view.position}


def _to_views(found: Sequence[Mapping[str, Any]]) -> dict[str, StoredView]:
    return {stored["_id"]: _to_view(stored) for stored in found if stored["_id"] != _POSITION}


def _to_view(stored: Mapping[str, Any]) -> StoredView:
    document = {key: value for key, value in stored.items() if key not in ("_id", "_pos", "_gone")}
    return StoredView(None if stored.get("_gone") else document, stored["_pos"])

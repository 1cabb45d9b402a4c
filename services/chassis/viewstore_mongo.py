"""View documents in MongoDB: one collection per projection and version, read by `_id`.

Each document carries `_pos`, the log position folded into it, and a removed one `_gone` as well. The position up to
which the collection is complete stands in the database's `view_positions`. The port is told at `viewstore`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from services.chassis.eventstore_mongo import MongoDatabase, translated
from services.chassis.lease import LeaseLost
from services.chassis.viewstore import Document, StoredView, collection_name

_DUPLICATE_KEY = 11000


class MongoViewStore:
    """A `ViewStore` in MongoDB."""

    def __init__(self, database: MongoDatabase, name: str, version: int) -> None:
        self._name = collection_name(name, version)
        self._views = database.collection(self._name)
        self._positions = database.collection("view_positions")

    async def get(self, document_id: str) -> Document | None:
        """See `Views.get`."""
        return (await self.get_many([document_id])).get(document_id)

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """See `Views.get_many`."""
        views = await self.load(document_ids)
        return {document_id: view.document for document_id, view in views.items() if view.document is not None}

    async def position(self) -> int:
        """See `Views.position`."""
        with translated():
            stored = await self._positions.find_one({"_id": self._name})
        return 0 if stored is None else int(stored["position"])

    async def load(self, document_ids: Sequence[str]) -> dict[str, StoredView]:
        """See `ViewStore.load`."""
        query = {"_id": document_ids[0] if len(document_ids) == 1 else {"$in": list(document_ids)}}
        with translated():
            found = await self._views.find(query).to_list(None) if document_ids else []
        return {stored["_id"]: _to_view(stored) for stored in found}

    async def write(self, views: Mapping[str, StoredView]) -> None:
        """See `ViewStore.write`."""
        if not views:
            return
        # A stored document that is not older fails the filter, so the upsert inserts, and collides with it.
        replacements = [
            ReplaceOne({"_id": key, "_pos": {"$lt": view.position}}, _to_document(view), upsert=True)
            for key, view in views.items()
        ]
        with translated():
            try:
                await self._views.bulk_write(replacements, ordered=False)
            except BulkWriteError as error:
                refused = (error.details or {}).get("writeErrors", [])
                if refused and all(one["code"] == _DUPLICATE_KEY for one in refused):
                    raise LeaseLost(f"{len(refused)} views were ahead already") from error
                raise

    async def save_position(self, position: int, epoch: int) -> None:
        """See `ViewStore.save_position`."""
        update = {"$set": {"position": position, "epoch": epoch}}
        with translated():
            try:
                await self._positions.update_one({"_id": self._name, "epoch": {"$lte": epoch}}, update, upsert=True)
            except DuplicateKeyError as error:
                raise LeaseLost("the position has been saved under a later epoch") from error


def _to_document(view: StoredView) -> dict[str, Any]:
    if view.document is None:
        return {"_pos": view.position, "_gone": True}
    return {**view.document, "_pos": view.position}


def _to_view(stored: Mapping[str, Any]) -> StoredView:
    document = {key: value for key, value in stored.items() if key not in ("_id", "_pos", "_gone")}
    return StoredView(None if stored.get("_gone") else document, stored["_pos"])

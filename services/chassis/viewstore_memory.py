"""View documents in a process's own memory, for tests."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

from services.chassis.lease import LeaseLost
from services.chassis.viewstore import Document, StoredView


class MemoryViewStore:
    """A `ViewStore` in memory; documents are copied in and out, as a real store does."""

    def __init__(self) -> None:
        self._views: dict[str, StoredView] = {}
        self._position = 0
        self._epoch = 0

    async def get(self, document_id: str) -> Document | None:
        """See `Views.get`."""
        return (await self.get_many([document_id])).get(document_id)

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """See `Views.get_many`."""
        views = await self.load(document_ids)
        return {document_id: view.document for document_id, view in views.items() if view.document is not None}

    async def position(self) -> int:
        """See `Views.position`."""
        return self._position

    async def load(self, document_ids: Sequence[str]) -> dict[str, StoredView]:
        """See `ViewStore.load`."""
        return deepcopy({key: self._views[key] for key in document_ids if key in self._views})

    async def write(self, views: Mapping[str, StoredView]) -> None:
        """See `ViewStore.write`."""
        late = [key for key, view in views.items() if key in self._views and self._views[key].position >= view.position]
        self._views.update(deepcopy({key: view for key, view in views.items() if key not in late}))
        if late:
            raise LeaseLost(f"{len(late)} views were ahead already")

    async def save_position(self, position: int, epoch: int) -> None:
        """See `ViewStore.save_position`."""
        if epoch < self._epoch:
            raise LeaseLost("the position has been saved under a later epoch")
        self._position, self._epoch = position, epoch

"""View documents in a process's own memory, for tests."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from services.chassis.log.lease import LeaseLost
from services.chassis.views.viewstore import Advance, Document, Generations, Loaded, StoredView


class MemoryViewStore:
    """A `ViewStore` in memory."""

    def __init__(self) -> None:
        self._generations: dict[str, Generations] = {}
        self._documents: dict[tuple[str, int], MemoryDocuments] = {}

    async def generations(self) -> dict[str, Generations]:
        """See `ViewStore.generations`."""
        return dict(self._generations)

    async def swap(self, view: str, old: Generations, new: Generations) -> bool:
        """See `ViewStore.swap`."""
        if self._generations.get(view, Generations()).revision != old.revision:
            return False
        self._generations[view] = replace(new, revision=old.revision + 1)
        return True

    def documents(self, view: str, generation: int) -> "MemoryDocuments":
        """See `ViewStore.documents`."""
        return self._documents.setdefault((view, generation), MemoryDocuments())

    def everything(self) -> dict[tuple[str, int], dict[str, StoredView]]:
        """All that is stored, by view and generation."""
        return {key: deepcopy(documents._views) for key, documents in self._documents.items()}

    async def drop(self, view: str, generation: int) -> None:
        """See `ViewStore.drop`."""
        self.documents(view, generation).clear()


class MemoryDocuments:
    """`Documents` in memory; they are copied in and out, as a real store does."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._views: dict[str, StoredView] = {}
        self._position = self._replayed = self._epoch = 0
        self._opened = False

    async def get(self, document_id: str) -> Document | None:
        """See `Views.get`."""
        return (await self.get_many([document_id])).get(document_id)

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """See `Views.get_many`."""
        views = (await self.load(document_ids)).views
        return {document_id: view.document for document_id, view in views.items() if view.document is not None}

    async def position(self) -> int:
        """See `Views.position`."""
        return self._position

    async def open(self, epoch: int) -> int:
        """See `Documents.open`."""
        if epoch < self._epoch:
            raise LeaseLost("the views have been taken over under a later epoch")
        self._epoch, self._opened = epoch, True
        return self._position

    async def empty(self) -> bool:
        """See `Documents.empty`."""
        return not self._views

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        """See `Documents.load`."""
        views = deepcopy({key: self._views[key] for key in document_ids if key in self._views})
        return Loaded(views, self._position, self._epoch)

    async def write(
        self,
        views: Mapping[str, StoredView],
        advance: Advance | None,
        *,
        durable: bool = False,  # noqa: ARG002 -- memory loses all or nothing
    ) -> None:
        """See `Documents.write`."""
        for key, view in views.items():
            if key in self._views and self._views[key].position >= view.position:
                raise LeaseLost("a document was ahead already")
            self._views[key] = deepcopy(view)
        if advance is not None:
            if not self._opened or self._epoch > advance.epoch or self._position != advance.before:
                raise LeaseLost("the position is not where it was left")
            self._position = advance.to

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        """See `Documents.insert`."""
        if any(key in self._views for key in views):
            raise LeaseLost("a document was there already")
        self._views.update(deepcopy(dict(views)))

    async def tell(self, replayed: int, epoch: int) -> None:
        """See `Documents.tell`."""
        if self._epoch <= epoch:
            self._replayed = replayed

    async def replayed(self) -> int:
        """See `Documents.replayed`."""
        return max(self._replayed, self._position)

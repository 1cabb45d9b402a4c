"""View documents in memory that can lose what was not written durably, as a store does that ends suddenly."""

from collections.abc import Mapping
from copy import deepcopy

from services.chassis.views.viewstore import Advance, StoredView
from services.chassis.views.viewstore_memory import MemoryDocuments


class LosingDocuments(MemoryDocuments):
    """Loses nothing by itself."""

    def clear(self) -> None:
        super().clear()
        self._keep()

    def lose(self) -> None:
        """Go back to the last durable write."""
        self._views, self._position, self._epoch, self._opened = deepcopy(self._kept)

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        await super().write(views, advance)
        if durable:
            self._keep()

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        await super().insert(views)
        self._keep()

    def _keep(self) -> None:
        self._kept = deepcopy((self._views, self._position, self._epoch, self._opened))

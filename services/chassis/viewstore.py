"""Where the documents of one projection live: the port for queries, and the one for the projector.

A view document is plain data (str, int, bool, bytes, float, None, lists and string-keyed dicts of those) under an id.
What stands in it is the projection's business (`projector`). The adapters, `viewstore_memory` and `viewstore_mongo`,
keep one collection per projection and version, named `<name>_v<version>`, so that a rebuilt version grows beside the
one in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]
"""The contents of a view document, without its id. Keys that begin with `_` are the store's own."""


class Views(Protocol):
    """Reading, for queries. May raise `eventstore.StoreUnavailable`."""

    async def get(self, document_id: str) -> Document | None:
        """The document of that id, None when there is none."""
        ...

    async def get_many(self, document_ids: Sequence[str]) -> dict[str, Document]:
        """The documents of those ids that exist, by id."""
        ...

    async def position(self) -> int:
        """The log position up to which these views are complete."""
        ...


@dataclass(frozen=True, slots=True)
class StoredView:
    """A document as the projector sees it: with the log position of the last commit folded into it.

    `document` is None when the projection has removed it; the position stays, so that a replay changes nothing.
    """

    document: Document | None
    position: int


class ViewStore(Views, Protocol):
    """Reading and the projector's guarded writing. May raise `eventstore.StoreUnavailable`."""

    async def load(self, document_ids: Sequence[str]) -> dict[str, StoredView]:
        """What is stored under those ids, removed documents included."""
        ...

    async def write(self, views: Mapping[str, StoredView]) -> None:
        """Replace each document whose stored position is lower than the new one's; durable on return.

        Raises LeaseLost when one of them was not lower: another projector is ahead. Others may have been written.
        """
        ...

    async def save_position(self, position: int, epoch: int) -> None:
        """Declare the views complete up to `position`; raises LeaseLost when a later epoch has declared anything."""
        ...


def collection_name(name: str, version: int) -> str:
    """The collection of a projection's version; raises ValueError for a name that is no identifier."""
    if not name.isidentifier() or version < 1:
        raise ValueError(f"not a projection: {name!r}, version {version}")
    return f"{name}_v{version}"

"""Where the documents of projections live: the port for queries, and those for the projector and its driver.

A view document is plain data (str, int, bool, bytes, float, None, lists and string-keyed dicts of those) under an id.
What stands in it is the projection's business (`projector`). Each version of a projection, a *view*, has one collection
of documents for each time it was built, its *generations*; which of them queries read is told by `Generations`, and
changed by `projection_driver`. The adapters are `viewstore_memory` and `viewstore_mongo`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from services.chassis.log.eventstore import StoreUnavailable

Document = dict[str, Any]
"""The contents of a view document, without its id. Keys that begin with `_` are the store's own."""

GRACE_SECONDS = 10.0
"""How long the generation that queries read before is left as it is after a flip, and then dropped."""

STALE_SECONDS = GRACE_SECONDS / 2
"""What a reader knows of the generations must be younger than that when its answer arrives."""


class ViewNotBuilt(StoreUnavailable):
    """No generation of this view is complete yet: a document that is missing need not be missing for good."""


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


class Loaded(NamedTuple):
    """Documents that are stored, removed ones included, and where the generation stood when they were read.

    The documents are no older than the position: all up to it is folded into them.
    """

    views: dict[str, StoredView]
    position: int
    epoch: int


class Advance(NamedTuple):
    """A step of a generation's position, made by the lease holder of `epoch`, who left it at `before`."""

    before: int
    to: int
    epoch: int


class Documents(Views, Protocol):
    """One generation: reading, and the projector's guarded writing. May raise `eventstore.StoreUnavailable`.

    What is written need not survive the store's sudden end, unless it is durable. What is lost is lost from the end,
    and the writer is not told: a write that follows is done to what is left. Only the position tells, which is refused
    where it is not as its last step has left it. So what is written between two of its steps, and not together with
    the second, must be durable.
    """

    async def open(self, epoch: int) -> int:
        """Take over as the lease holder of `epoch`: the position. Raises LeaseLost when a later epoch has done so."""
        ...

    async def empty(self) -> bool:
        """Whether there is no document, not even a removed one."""
        ...

    async def load(self, document_ids: Sequence[str]) -> Loaded:
        """What is stored under those ids, and the position, read no earlier than the call."""
        ...

    async def write(self, views: Mapping[str, StoredView], advance: Advance | None, *, durable: bool = False) -> None:
        """In this order, replace each document whose stored position is lower, and then advance the position.

        Stops with LeaseLost at a document that is not lower, or when position and epoch are not as `advance` says:
        another projector has been at work, the store has lost something, or the generation has been dropped or never
        opened. What comes before has been written then. `durable`: it is, and all before it, when this returns.
        """
        ...

    async def insert(self, views: Mapping[str, StoredView]) -> None:
        """Write documents that are not there yet, durably; raises LeaseLost when one is, with others written or not."""
        ...

    async def tell(self, replayed: int, epoch: int) -> None:
        """Keep for those who watch how far a replay has got; promises nothing. Does nothing under an older epoch."""
        ...

    async def replayed(self) -> int:
        """What was told last, or the position if that is more."""
        ...


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations of one view, counted from 1, 0 for none. `epoch` is that of the lease last held by its driver.

    `active`: queries read this one. `building`: it is being built, and unread. `retiring`: was active before, and is
    left as it was for readers who have not heard. All up to `dropped` are gone. `wished`: active shall be no less than
    this. `revision` counts the changes.
    """

    active: int = 0
    building: int = 0
    retiring: int = 0
    dropped: int = 0
    wished: int = 1
    epoch: int = 0
    revision: int = 0

    def rebuild_wished(self) -> "Generations":
        """With the wish for a generation that is not complete yet; one that is being built will do."""
        return replace(self, wished=max(self.wished, self.building or self.active + 1))

    def begun(self) -> "Generations":
        """With another one being built."""
        return replace(self, building=self.active + 1)

    def flipped(self) -> "Generations":
        """With queries reading the one that was built; none may be retiring still."""
        return replace(self, active=self.building, building=0, retiring=self.active)

    def garbage(self) -> range:
        """Those that nobody reads any more, and which may be there still.

        Among them is the one dropped last: a projector that slept meanwhile may have left documents there, unread.
        """
        return range(max(self.dropped, 1), self.retiring or self.active)


class ViewStore(Protocol):
    """All views of one service. May raise `eventstore.StoreUnavailable`."""

    async def generations(self) -> dict[str, Generations]:
        """What there is of each view, by `collection_name`; views that nobody has driven yet are left out."""
        ...

    async def swap(self, view: str, old: Generations, new: Generations) -> bool:
        """Change what there is from `old` to `new`, at the next revision; False when it was changed meanwhile."""
        ...

    def documents(self, view: str, generation: int) -> Documents:
        """One generation of a view."""
        ...

    async def drop(self, view: str, generation: int) -> None:
        """Drop a generation with all its documents; does nothing when it is gone."""
        ...


def collection_name(name: str, version: int) -> str:
    """What a projection's version goes by; raises ValueError for a name that is no identifier."""
    if not name.isidentifier() or version < 1:
        raise ValueError(f"not a projection: {name!r}, version {version}")
    return f"{name}_v{version}"

"""The documents of one view as its projector has them in memory: those changed since they were written, and others.

Changed documents stay until they are written, whatever they take; unchanged ones are kept for the next event that
touches them, up to a number of bytes, those used longest ago leaving first. Bytes are estimated: for what has been
folded since a document was last written, the stored bytes of its events stand. What is in a document is not told here.

Changed documents of which nothing is in the store yet are new, and stand in the order of their last change.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any

from services.chassis.views.viewstore import Document, StoredView

_OVERHEAD = 100
_EVENT_OVERHEAD = 64
_WRONG = 0.25
"""The share of cold documents that may be changed again all the same: what is written twice saves nothing."""


class Held:
    """A document in memory. Events up to `position` are folded into it; `floor`: those that were when it was loaded.

    `stored`: some state of it is in the store.
    """

    __slots__ = ("document", "floor", "position", "size", "stored")

    def __init__(self, document: Document | None, position: int, *, stored: bool) -> None:
        self.document = document
        self.position = self.floor = position
        self.size = weight(document)
        self.stored = stored

    def fold(self, document: Document | None, position: int) -> None:
        """Keep what the document is after an event of the commit at `position`."""
        self.document, self.position = document, position


class WorkingSet:
    """Documents by id; `size` bounds the unchanged ones, roughly.

    `whole`: every document of the view is in here, so that one that is not does not exist.
    """

    def __init__(self, size: int, *, whole: bool = False) -> None:
        self.whole = whole
        self.unwritten = 0
        """Bytes of the events folded since `forget`."""
        self._size = size
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._held_size = 0
        self._new: OrderedDict[str, None] = OrderedDict()
        self._changed: dict[str, None] = {}
        """Those of the changed ones that are not new."""
        self._cold: set[str] = set()
        """Those that were written as such, and have not been changed since, nor forgotten."""
        self._guesses = self._wrong = 0

    def missing(self, document_ids: Iterable[str]) -> list[str]:
        """Those that must be loaded before they are taken, each once."""
        if self.whole:
            return []
        return [document_id for document_id in dict.fromkeys(document_ids) if document_id not in self._held]

    def add(self, document_ids: Iterable[str], loaded: Mapping[str, StoredView]) -> None:
        """Hold what was loaded under those ids; one that was not found does not exist."""
        for document_id in document_ids:
            view = loaded.get(document_id, StoredView(None, 0))
            self._held[document_id] = held = Held(view.document, view.position, stored=document_id in loaded)
            self._held_size += held.size

    def take(self, document_id: str) -> Held:
        """The document, which is not among the `missing`."""
        held = self._held.get(document_id)
        if held is None:
            held = self._held[document_id] = Held(None, 0, stored=False)
            self._held_size += held.size
        return held

    def changed(self, document_id: str, held: Held, event_bytes: int) -> None:
        """Note that an event of so many bytes has been folded into it."""
        grown = event_bytes + _EVENT_OVERHEAD
        held.size += grown
        self._held_size += grown
        self.unwritten += grown
        if held.stored:
            self._changed[document_id] = None
            self._wrong += document_id in self._cold
            self._cold.discard(document_id)
        else:
            self._new[document_id] = None
            self._new.move_to_end(document_id)

    def to_write(self, most: int, size: int) -> dict[str, StoredView]:
        """Some changed documents, new ones first: at most so many, and no more when they take `size` bytes, roughly."""
        views: dict[str, StoredView] = {}
        for key in islice(chain(self._new, self._changed), most):
            held = self._held[key]
            views[key] = StoredView(held.document, held.position)
            size -= held.size
            if size <= 0:
                break
        return views

    def write_cold(self, since: int, most: int, size: int) -> dict[str, StoredView]:
        """As many new documents that no event after the commit at `since` has changed, noted as written.

        None while there are fewer, or when too many proved to be changed again before `forget`.
        """
        views = self.to_write(most, size)
        is_full = len(views) < len(self._new)  # And so all of them are new.
        is_cold = is_full and next(reversed(views.values())).position <= since
        if not is_cold or self._wrong > self._guesses * _WRONG:
            return {}
        self.written(views)
        self._cold.update(views)
        self._guesses += len(views)
        return views

    def new(self, views: Mapping[str, StoredView]) -> dict[str, StoredView]:
        """Those of them of which no state is in the store."""
        return {key: view for key, view in views.items() if not self._held[key].stored}

    def written(self, document_ids: Iterable[str]) -> None:
        """Note that these have been written, as they are now."""
        for document_id in document_ids:
            held = self._held[document_id]
            del (self._changed if held.stored else self._new)[document_id]
            self._held_size -= held.size
            held.size, held.stored = weight(held.document), True
            self._held_size += held.size
            self._held.move_to_end(document_id)

    def forget(self) -> None:
        """Forget documents beyond the `size` of this set, when all that have changed are written."""
        self.unwritten = 0
        self._cold.clear()
        while self._held_size > self._size and self._held:
            _, forgotten = self._held.popitem(last=False)
            self._held_size -= forgotten.size
            self.whole = False

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._new or self._changed)


def weight(value: Any) -> int:
    """About how many bytes a document, or a value in one, takes."""
    if isinstance(value, str | bytes):
        return _OVERHEAD + len(value)
    if isinstance(value, dict):
        return _OVERHEAD + sum(_OVERHEAD + weight(each) for each in value.values())
    if isinstance(value, list):
        return _OVERHEAD + sum(map(weight, value))
    return 8

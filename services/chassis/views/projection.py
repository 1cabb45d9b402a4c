"""What a projection is: a pure description of how events become view documents. The `projector` runs it.

One projection keeps one collection of documents, each folded from the events that are routed to its id. It cannot see
other documents, a clock or the outside, so that a rebuild gives the same documents again.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from services.chassis.views.viewstore import Document


@dataclass(frozen=True, slots=True)
class EventContext:
    """Where an event stands: its commit's position in the log, its stream and version; `at` is Unix seconds."""

    position: int
    stream: str
    version: int
    at: int


class Unchanged(Enum):
    """What an `evolve` answers that has nothing to change."""

    UNCHANGED = auto()


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A view's description; change `version` whenever `route` or `evolve` changes, and it is built anew beside the old.

    `handles`: the event dataclasses it wants; it sees no others. `route(event)`: ids of the documents that the event
    touches. `evolve(document, event, context)`: the document after the event, None to have none; it gets None when
    there is none yet, may change the document it was given, and is called once per event for each id routed to, in the
    order of the log. `UNCHANGED` in place of the document says that the event leaves it as it is, which saves a write.
    """

    name: str
    version: int
    handles: Collection[type]
    route: Callable[[Any], Collection[str]]
    evolve: Callable[[Document | None, Any, EventContext], Document | Unchanged | None]

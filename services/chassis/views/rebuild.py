"""Asking for a view to be built anew, and watching: what an operator does. The work is `projection_driver`'s."""

from dataclasses import dataclass

from services.chassis.log.eventstore import CommitLog
from services.chassis.views.viewstore import Generations, ViewStore, collection_name


class NoSuchView(Exception):
    """No process has ever driven this version of this projection."""


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a rebuild is: `position` of `head`. `begun` by a driver; `done`: queries read what was built."""

    generation: int
    position: int
    head: int
    begun: bool
    done: bool


async def request_rebuild(store: ViewStore, name: str, version: int) -> int:
    """Ask for the view to be built anew: the generation that will be. One that is being built already is as good.

    Raises NoSuchView, StoreUnavailable, and ValueError for a name that is none.
    """
    view = collection_name(name, version)
    while True:
        generations = await _generations(store, view)
        wished = generations.rebuild_wished()
        if wished == generations or await store.swap(view, generations, wished):
            return wished.wished


async def rebuild_progress(
    store: ViewStore, log: CommitLog, name: str, version: int, generation: int
) -> RebuildProgress:
    """How far the driver has come with that generation; raises NoSuchView, StoreUnavailable, LogGap."""
    view = collection_name(name, version)
    generations = await _generations(store, view)
    head = await log.head_position()
    if generations.active >= generation:
        return RebuildProgress(generation, head, head, begun=True, done=True)
    begun = generations.building == generation
    position = await store.documents(view, generation).replayed() if begun else 0
    return RebuildProgress(generation, min(position, head), head, begun=begun, done=False)


async def _generations(store: ViewStore, view: str) -> Generations:
    generations = (await store.generations()).get(view)
    if generations is None:
        raise NoSuchView(view)
    return generations

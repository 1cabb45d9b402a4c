"""Projections: which there are, and having one built anew beside the one that is read. The work is the service's."""

import asyncio
import re
import time
from typing import Annotated, Final

import typer

from services.admin import output
from services.admin.errors import AdminError
from services.admin.place import Opened, Place
from services.admin.progress import Shown
from services.chassis.views.rebuild import RebuildProgress, rebuild_progress, request_rebuild

_COLUMNS: Final = ("projection", "version", "generation", "building", "position", "lag")
_LOOK_SECONDS = 0.5
_VIEW = re.compile(r"(\w+)_v([1-9][0-9]*)", re.ASCII)


def projections(context: typer.Context) -> None:
    """Show all projections, by version, that any process has ever driven."""
    place = Place.of(context)

    async def work(opened: Opened) -> list[output.Row]:
        head = await opened.store.head_position()
        rows: list[output.Row] = []
        for view, generations in sorted((await opened.views.generations()).items()):
            name, version = _parsed(view)
            active, building = generations.active, generations.building
            position = await opened.views.documents(view, active).position() if active else None
            lag = None if position is None else max(0, head - position)
            row = {"projection": name, "version": version, "generation": active or None, "building": building or None}
            rows.append({**row, "position": position, "lag": lag})
        return rows

    output.rows(place.run(work), _COLUMNS, as_json=place.as_json)


def rebuild(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The projection, such as threads, or one version of it: threads_v2.")],
    wait: Annotated[bool, typer.Option(help="Watch until queries read what was built.")] = True,
    patience: Annotated[float, typer.Option(help="Seconds without progress after which to give up.", min=1)] = 60.0,
) -> None:
    """Have a projection built anew from the log, while queries go on reading the old one.

    Whoever stops watching stops nothing.
    """
    place = Place.of(context)

    async def work(opened: Opened) -> RebuildProgress:
        projection, version = await _resolved(opened, name)
        generation = await request_rebuild(opened.views, projection, version)

        watching = _Patience(patience)
        with Shown(f"{projection}_v{version}") as shown:
            while True:
                seen = await rebuild_progress(opened.views, opened.store, projection, version, generation)
                watching.saw(seen)
                shown.saw(seen.position, seen.head, "building" if seen.begun else "waiting to be begun")
                if seen.done or not wait:
                    return seen
                await asyncio.sleep(_LOOK_SECONDS)

    seen = place.run(work)
    told = {"generation": seen.generation, "position": seen.position, "head": seen.head, "done": seen.done}
    output.facts(told, as_json=place.as_json)


class _Patience:
    """Gives up when nothing moves for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: RebuildProgress | None = None
        self._moved_at = time.monotonic()

    def saw(self, seen: RebuildProgress) -> None:
        """Raises AdminError when this is what was seen all the time."""
        now = time.monotonic()
        if seen != self._last:
            self._last, self._moved_at = seen, now
        elif now - self._moved_at > self._seconds:
            raise AdminError("NO_PROGRESS", "the wish is noted, but no process of the service builds; is one running?")


async def _resolved(opened: Opened, name: str) -> tuple[str, int]:
    """The projection's name and version; the highest version when none was named."""
    views = [_parsed(view) for view in await opened.views.generations()]
    versions = [version for known, version in views if known == name]
    if versions:
        return name, max(versions)
    if _VIEW.fullmatch(name) and _parsed(name) in views:
        return _parsed(name)
    raise AdminError("NO_SUCH_PROJECTION", "no process has ever driven it; see `projections`")


def _parsed(view: str) -> tuple[str, int]:
    found = _VIEW.fullmatch(view)
    if found is None:
        raise AdminError("NO_SUCH_PROJECTION", "that is no projection's name")
    return found[1], int(found[2])

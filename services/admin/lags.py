"""How far everybody is: the log's head, what has no position yet, followers, views, dead letters and leases."""

import asyncio
from collections import Counter
from typing import Any, Final

import typer

from services.admin import output
from services.admin.place import Opened, Place
from services.chassis.integration.claim import lease_epoch
from services.chassis.integration.consumer import follower_name

_COLUMNS: Final = ("what", "name", "position", "lag", "note")

_RELAY = "relay without news "
_CONSUMER = follower_name("")


def lags(context: typer.Context) -> None:
    """Show the head of the log, and where all who follow it or another service's stand.

    A lag counts positions. Of a consumer it is not known here, for the log that it follows is another service's.
    """
    place = Place.of(context)
    output.rows(place.run(_all), _COLUMNS, as_json=place.as_json)


async def _all(opened: Opened) -> list[dict[str, Any]]:
    head = await opened.store.head_position()
    waiting, places, views, parked, leases = await asyncio.gather(
        opened.store.unsequenced_count(),
        opened.overview.places(),
        opened.views.generations(),
        opened.letters.all_parked(),
        opened.overview.leases(),
    )
    letters = Counter(each.producer for each in parked)
    told = [
        _told("log", "head", head, None, f"store epoch {await opened.store.store_epoch()}"),
        _told("log", "without a position", None, waiting, ""),
    ]
    for each in places:
        if each.follower.startswith(_RELAY):
            told.append(_told("relay", "nothing public since", each.mark.position, None, f"epoch {each.epoch}"))
        elif each.follower.startswith(_CONSUMER):
            told.append(_told("consumer", each.follower, str(each.mark), None, f"epoch {lease_epoch(each.epoch)}"))
        else:
            told.append(_told("mark", each.follower, str(each.mark), None, f"epoch {each.epoch}"))
    for view, generations in sorted(views.items()):
        if generations.active:
            position = await opened.views.documents(view, generations.active).position()
            told.append(
                _told("projection", view, position, max(0, head - position), f"generation {generations.active}")
            )
        else:
            told.append(_told("projection", view, None, None, "not built yet"))
    told += [_told("dead letters", producer, None, count, "parked") for producer, count in sorted(letters.items())]
    for lease in leases:
        held = f"until {output.moment(lease.until)}" if lease.held else "free"
        told.append(_told("lease", lease.name, None, None, f"epoch {lease.epoch}, {held}"))
    return told


def _told(what: str, name: str, position: int | str | None, lag: int | None, note: str) -> dict[str, Any]:
    return {"what": what, "name": name, "position": position, "lag": lag, "note": note}

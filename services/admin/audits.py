"""Auditing a service's log, and what it has published of it. Exit code 3 says that something was found."""

import importlib
from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from services.admin import output
from services.admin.errors import AdminError
from services.admin.place import Opened, Place
from services.admin.progress import Shown
from services.chassis.integration.audit_bus import audit_bus
from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_jetstream import JetStreamArchive
from services.chassis.log.audit import AuditReport, audit_log
from services.chassis.log.eventstore import LogGap

FOUND: Final = 3


def audit(
    context: typer.Context,
    bus: Annotated[bool, typer.Option("--bus", help="Instead compare what is on the bus with the log.")] = False,
    after: Annotated[int, typer.Option(help="Begin after this position, or sequence on the bus.", min=0)] = 0,
) -> None:
    """Walk the whole log and say where it is not what a log has to be. Changes nothing.

    Ends with code 3 when anything was found. An audit that was interrupted goes on with --after.
    """
    place = Place.of(context)
    curation = _curation(place.service) if bus else None

    async def work(opened: Opened) -> AuditReport:
        with Shown("auditing") as shown:
            if curation is None:
                await _require_position(opened, after)
                return await audit_log(opened.store, after=after, progress=shown.saw)
            async with place.bus() as connected:
                archive = JetStreamArchive(connected, place.service)
                _require_reached(after, (await archive.extent()).last)
                return await audit_bus(opened.store, archive, curation, after=after, progress=shown.saw)

    report = place.run(work)
    output.facts(_told(report), as_json=place.as_json)
    if not report.clean:
        raise typer.Exit(FOUND)


async def _require_position(opened: Opened, after: int) -> None:
    """Refuse to begin beyond the end: nothing would be found there, in whatever state the log is."""
    # Asked for the place itself and not for the head, which a log with a hole does not tell.
    with suppress(LogGap):
        if after and not await opened.store.read_log(after - 1, 1):
            _require_reached(after, await opened.store.head_position())


def _require_reached(after: int, last: int) -> None:
    if after > last:
        raise AdminError("NOTHING_THERE", f"there is nothing after {after}: the last is {last}")


def _told(report: AuditReport) -> dict[str, Any]:
    counts = {fault.value: count for fault, count in sorted(report.counts.items())}
    told: dict[str, Any] = {"checked": report.checked, "through": report.through, "faults": counts}
    return {**told, "findings": [f"{each.fault.value} at {each.mark}" for each in report.findings]}


def _curation(service: str) -> Curation:
    """What the service makes public: by name, for it is the service's own code, and this image is the service's."""
    try:
        found = importlib.import_module(f"services.{service}.curation").CURATION
    except ImportError:
        found = None
    if not isinstance(found, Curation) or not found:
        raise AdminError("PUBLISHES_NOTHING", f"{service} publishes nothing")
    return found

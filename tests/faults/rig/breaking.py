"""Fail points: a process of the rig ends, or stops, exactly where it was ordered to.

Ports are wrapped where the rig wires them; the product's own code knows nothing of this. An order is a file in the
replica's directory, so that a process which has run for long can be given one: `{"at": "publish.before", "signal":
"SIGKILL", "count": 3}` takes it down at the third time it comes there. It is carried out once and removed before.
"""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

STORE = {"append": "insert", "assign_positions": "sequence", "save_mark": "checkpoint"}
VIEWS = {"swap": "swap", "drop": "drop"}
DOCUMENTS = {"open": "take_over", "write": "view"}
OUTBOX = {"publish": "publish"}
DELIVERY = {"ack": "ack"}
LETTERS = {"park": "park", "remove": "redriven"}


class FailPoints:
    """Reads its orders from the file `orders`, which need not exist."""

    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._seen = 0

    def reached(self, point: str) -> None:
        """Do what was ordered for this point, if anything was and its time has come."""
        try:
            order = json.loads(self._orders.read_text())
        except FileNotFoundError:
            return
        if order["at"] != point:
            return
        self._seen += 1
        if self._seen >= order["count"]:
            self._seen = 0
            with suppress(FileNotFoundError):  # It may be taken back at this moment.
                self._orders.unlink()
                os.kill(os.getpid(), signal.Signals[order["signal"]])


def give_order(orders: Path, at: str, how: signal.Signals, count: int = 1) -> Path:
    """Have the process that reads `orders` receive `how` when it comes to the point `at` for the `count`-th time.

    The file is there for as long as it has not come to that.
    """
    draft = orders.with_suffix(".draft")
    draft.write_text(json.dumps({"at": at, "signal": how.name, "count": count}))
    return draft.replace(orders)


class Breakable:
    """Passes everything on to `target`; calls of the methods in `points` come by `<point>.before` and `.after`."""

    def __init__(self, target: Any, points: Mapping[str, str], breaking: FailPoints) -> None:
        self._target = target
        self._points = points
        self._breaking = breaking

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name not in self._points:
            return found
        point = self._points[name]

        async def passed_on(*arguments: Any, **named: Any) -> Any:
            self._breaking.reached(f"{point}.before")
            result = await found(*arguments, **named)
            self._breaking.reached(f"{point}.after")
            return result

        return passed_on


class BreakableViews(Breakable):
    """A `ViewStore` whose documents have fail points too."""

    def documents(self, view: str, generation: int) -> Any:
        return Breakable(self._target.documents(view, generation), DOCUMENTS, self._breaking)


class BreakableInbox:
    """An `Inbox` whose deliveries' acknowledgements are fail points."""

    def __init__(self, inbox: Any, breaking: FailPoints) -> None:
        self._inbox = inbox
        self._breaking = breaking

    async def fetch(self, limit: int, patience: float) -> Sequence[Any]:
        deliveries = await self._inbox.fetch(limit, patience)
        return [Breakable(delivery, DELIVERY, self._breaking) for delivery in deliveries]

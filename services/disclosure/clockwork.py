"""What happens to cases without anybody asking: what the clock makes due, and what a crash has left undone.

A follower of the log worker, so one process does it at a time; twice would do no harm. It decides nothing: `Tick` is
the decider's, leaves are `case_leaves`', having an intent co-signed is `opening`'s.
"""

import uuid
from collections.abc import Sequence
from typing import Final

from opentelemetry import metrics

from services.chassis.clock import Clock
from services.chassis.telemetry_log import log as logger
from services.chassis.telemetry_metrics import METER
from services.disclosure.case_leaves import CaseLeaves
from services.disclosure.casebook import CaseBook, Entry
from services.disclosure.cases import CaseHandler
from services.disclosure.domain.case import Intended
from services.disclosure.domain.case_decider import Tick, decide
from services.disclosure.domain.case_events import HalfTimePassed
from services.disclosure.opening import Opening
from services.disclosure.request import own

HALF_TIME_PASSED: Final = "case_half_time_passed"

_OVERDUE: Final = metrics.get_meter(METER).create_counter(
    "vouchsafe.cases.half_time", unit="{case}", description="Cases unanswered at half the time until an answer is due"
)
_log = logger(__name__)


class Clockwork:
    """Goes through all cases at every step."""

    def __init__(
        self, *, book: CaseBook, cases: CaseHandler, leaves: CaseLeaves, opening: Opening, clock: Clock
    ) -> None:
        self._book = book
        self._cases = cases
        self._leaves = leaves
        self._opening = opening
        self._clock = clock
        self._settled: dict[str, int] = {}

    async def step(self) -> bool:
        """Do all that is due now. What fails for one case holds up no other's clock."""
        entries = self._book.entries()
        for entry in entries:
            await self._tick(entry)
        for entry in entries:
            if self._settled.get(entry.stream) != entry.version:
                await self._leaves.settle(entry.stream)
                self._settled[entry.stream] = entry.version
        await self._witness(entries)
        return False

    async def _tick(self, entry: Entry) -> None:
        tick = Tick(int(self._clock.now().timestamp()))
        if not decide(tick, entry.state):
            return
        handled = await self._cases.handle(entry.stream, tick, **own(entry.stream, f"tick {uuid.uuid4()}"))
        if any(isinstance(event, HalfTimePassed) for event in handled.events):
            _log.warning(HALF_TIME_PASSED)
            _OVERDUE.add(1)

    async def _witness(self, entries: Sequence[Entry]) -> None:
        """Nobody need call again for an intent to be co-signed, and its delay to run."""
        for entry in entries:
            if isinstance(entry.state, Intended) and entry.state.facts.case_salt:
                await self._opening.witness(entry.stream)

"""Follows another service's public events and answers each with a command of our own, once and in order.

The producer's marks decide what to do with a message, not the bus: one that is known is dropped, one that follows is
applied, and when anything is missing in between it is fetched from the producer's log first. When the bus has nothing,
the log is asked once and then every minute, for the bus may have lost the last of it. The mark is saved in our
own database after the reactions and before the acknowledgements, so an event is never skipped; that a repeat changes
nothing is owed to the reaction's command, whose commit id is derived from the event (`ForeignEvent.commit_id`). One
saved mark therefore answers for a whole batch. The lease's epoch guards it, and no event is begun when the mark was
last saved more than half a second ago: a process that slept through the loss of its lease does at most one more. After
a failure the mark is read again, under a new claim if a write was not answered, so that it cannot land later (`claim`).

An event that cannot be applied is tried a few times and then parked, and whatever of its key follows is parked behind
it, until an operator has it redriven or discarded (`dead_letters`, `parking`); other keys flow on. What can mend by
itself, such as a store that is away, is never parked: the line waits. So it does where there is no place to park, where
too much is parked already, and when a reaction says that the producer cannot be believed (`ProducerDistrusted`).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.chassis.clock import Clock, SystemClock
from services.chassis.integration.bus import BusUnavailable, Delivery, Inbox, Message, PublicEvent, foreign_commit_id
from services.chassis.integration.claim import Claim
from services.chassis.integration.dead_letters import DeadLetters
from services.chassis.integration.log_reader import LogReader, PublicPage
from services.chassis.integration.mending import mends_itself
from services.chassis.integration.parking import Parking
from services.chassis.integration.saved_mark import SavedMark
from services.chassis.log.eventstore import START, Checkpoints, LogGap, Mark
from services.chassis.rpc_errors import RpcError
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import CONSUMER_LAG
from services.chassis.tracelink import span

EVENT_REFUSED: Final = "foreign_event_refused"
GAP_FOUND: Final = "foreign_gap_found"
LOG_NOT_READ: Final = "foreign_log_not_read"

MOST_PARKED: Final = 10_000
"""Letters of one producer that may wait by default."""

MOST_PARKED_BYTES: Final = 64 * 1024 * 1024
"""Bytes that these may hold."""

_BATCH = 100
_PATIENCE_SECONDS = 5.0
_PATIENCE_WITH_LETTERS = 1.0
_TRIES = 3
_PAUSE_SECONDS = 0.05
_ASK_SECONDS = 60.0

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class ForeignEvent:
    """Another service's event; `data` is the stored message, `commit_id` is for the command that it causes."""

    producer: str
    mark: Mark
    type: str
    data: bytes
    commit_id: str


Reaction = Callable[[ForeignEvent], Awaitable[None]]
"""Carries out what an event asks for. Returns also when there is nothing to do; raises what keeps it from that.

It must bear an old event again after later ones: a process that slept through the loss of its lease may apply one more
before its mark is refused. `ForeignEvent.commit_id` makes the repeat of a command harmless; what is done without a
command, or under an id of its own, must not undo what a later event brought.
"""


class ProducerDistrusted(Exception):
    """What the producer says contradicts what it said before: nothing more is taken in from it, whatever the key."""


class Consumer:
    """Follows one producer. `epoch` is that of the lease it runs under; make a new one for each lease.

    `reactions` maps stored type names, e.g. `vouchsafe.identity.events.v1.PersonErased`; other events pass by.
    `dead_letters`: where to park, None to stop the line instead; `most_parked`: how many letters may be, and
    `most_parked_bytes` how large in all.
    """

    def __init__(
        self,
        *,
        producer: str,
        inbox: Inbox,
        reader: LogReader,
        checkpoints: Checkpoints,
        epoch: int,
        reactions: Mapping[str, Reaction],
        dead_letters: DeadLetters | None = None,
        most_parked: int = MOST_PARKED,
        most_parked_bytes: int = MOST_PARKED_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._producer = producer
        self._inbox = inbox
        self._reader = reader
        claim = Claim(epoch)
        self._marks = SavedMark(checkpoints, follower_name(producer), claim)
        self._reactions = reactions
        self._parking: Parking | None = None
        if dead_letters is not None:
            self._parking = Parking(
                dead_letters,
                producer=producer,
                claim=claim,
                limit=most_parked,
                most_bytes=most_parked_bytes,
                clock=clock or SystemClock(),
            )
        self._ready = False
        self._seen = START
        self._read_through = START
        self._ask_at = 0.0

    async def step(self) -> bool:
        """Take in what the bus delivers within a few seconds. True: it has waited enough and may be called at once.

        Raises LeaseLost, StoreUnavailable, BusUnavailable, RpcError, LogGap, ParkingFull, ProducerDistrusted, and what
        a reaction raises where nothing is parked; what was not taken in is then delivered again.
        """
        try:
            await self._begin()
            if self._parking is not None:
                await self._parking.carry_out(self._answer)
            letters = self._parking is not None and len(self._parking) > 0
            deliveries = await self._inbox.fetch(_BATCH, _PATIENCE_WITH_LETTERS if letters else _PATIENCE_SECONDS)
            await self._take_in_all(deliveries)
            if not deliveries and time.monotonic() >= self._ask_at:
                await self._look_for_more()
        except BaseException:
            self._ready = False  # What is written and what is remembered may differ now.
            raise
        return True

    async def _begin(self) -> None:
        """Claim what we keep and read where we stand, under this lease for the first time or after a failure."""
        if not self._ready:
            await self._marks.load()
            self._read_through = START
            if self._parking is not None:
                await self._parking.take_over(self._marks.mark)
            self._ready = True

    async def _take_in_all(self, deliveries: Sequence[Delivery]) -> None:
        """Apply what was delivered up to the first failure, save how far that was, and only then acknowledge it."""
        self._measure(max((each.message.event.mark for each in deliveries if each.message), default=START))
        acknowledged = 0
        try:
            taken, failure = await self._taken_in(deliveries)
            await self._marks.save()
            for delivery in deliveries[:taken]:
                await delivery.ack()
                acknowledged += 1
        except BaseException:
            await _hand_back(deliveries[acknowledged:])
            raise
        self._measure(START)
        if failure is not None:
            await _hand_back(deliveries[taken:])
            raise failure

    async def _taken_in(self, deliveries: Sequence[Delivery]) -> tuple[int, Exception | None]:
        """How many of the deliveries were taken in, and why not the next one."""
        for done, delivery in enumerate(deliveries):
            try:
                await self._take_in(delivery.message)
            except Exception as error:  # noqa: BLE001 -- raised when what was reached is saved
                return done, error
        return len(deliveries), None

    async def _take_in(self, message: Message | None) -> None:
        """Apply the message, and before it what is missing since our mark."""
        if message is None:  # Unreadable: the log says what it was.
            await self._catch_up(None)
            return
        mark = self._marks.mark
        if message.previous > mark and message.event.mark > mark:
            _log.warning(GAP_FOUND, consumer=self._producer, first=mark.position, last=message.previous.position)
            await self._catch_up(message.previous)
        if message.event.mark > self._marks.mark:
            await self._apply(message.event)

    async def _look_for_more(self) -> None:
        """Apply what the producer's log holds and the bus never brought; if it does not answer, some other time."""
        self._ask_at = time.monotonic() + _ASK_SECONDS * random.uniform(0.5, 1.0)  # noqa: S311
        at_end = False
        while not at_end:
            try:
                page = await self._next_page()
            except (RpcError, LogGap) as error:
                _log.warning(LOG_NOT_READ, consumer=self._producer, error_type=type(error).__name__)
                return
            await self._apply_page(page)
            at_end = page.at_end

    async def _catch_up(self, until: Mark | None) -> None:
        """Apply from the producer's log, at least up to `until` or, when None, up to its end."""
        at_end = False
        while not at_end and (until is None or self._through < until):
            page = await self._next_page()
            self._measure(until or START)
            await self._apply_page(page)
            at_end = page.at_end
        if until is not None and self._through < until:
            raise LogGap(f"{self._producer}'s log does not hold what its relay has published")

    async def _next_page(self) -> PublicPage:
        """What the log holds next; raises RpcError, LogGap when whoever answers leaves out what we react to."""
        page = await self._reader.read_events(self._through, _BATCH)
        if not self._reactions.keys() <= page.types:
            # An older replica than the relay, in the middle of an update: another one will tell it all.
            raise LogGap(f"{self._producer} does not tell of all that is reacted to")
        return page

    async def _apply_page(self, page: PublicPage) -> None:
        self._measure(page.through)
        for event in page.events:
            await self._apply(event)
        await self._marks.save()
        self._read_through = page.through
        self._measure(START)

    async def _apply(self, event: PublicEvent) -> None:
        """Answer the event, or park it; then we stand at its mark."""
        await self._marks.save_if_old()
        if event.type in self._reactions:
            if self._parking is not None and self._parking.holds(event):
                await self._parking.park(event, None)
            elif error := await self._answer(event):
                if self._parking is None:
                    raise error
                await self._parking.park(event, error)
        self._marks.reached(event.mark)

    async def _answer(self, event: PublicEvent) -> Exception | None:
        """Have the event's reaction answer it; the error if trying does not mend it. Raises what time may mend."""
        reaction = self._reactions.get(event.type)
        if reaction is None:  # There was one when the event was parked.
            return None
        commit_id = foreign_commit_id(self._producer, event.mark)
        foreign = ForeignEvent(self._producer, event.mark, event.type, event.data, commit_id)
        with span("consume", [event.traceparent], consumer=self._producer, event_type=event.type):
            for attempt in range(1, _TRIES + 1):
                try:
                    await reaction(foreign)
                except Exception as error:
                    self._tell(event, error, attempt)
                    if mends_itself(error) or isinstance(error, ProducerDistrusted):
                        raise
                    if attempt == _TRIES:
                        return error
                    await asyncio.sleep(_PAUSE_SECONDS * attempt)
                else:
                    break
        return None

    def _tell(self, event: PublicEvent, error: Exception, attempt: int) -> None:
        _log.error(
            EVENT_REFUSED,
            consumer=self._producer,
            event_type=event.type,
            position=event.mark.position,
            error_type=type(error).__name__,
            at=where(error),
            attempts=attempt,
        )

    @property
    def _through(self) -> Mark:
        """Up to where we know all that is public: the log may go on for long after the last such event."""
        return max(self._marks.mark, self._read_through)

    def _measure(self, seen: Mark) -> None:
        """Tell how far we are behind the furthest place of the producer's log that anything has shown us."""
        self._seen = max(self._seen, seen)
        behind = max(0, self._seen.position - self._through.position)
        CONSUMER_LAG.set(behind, {"consumer": self._producer})


def follower_name(producer: str) -> str:
    """The name under which a consumer of that producer keeps its mark."""
    return f"consumer of {producer}"


async def _hand_back(deliveries: Sequence[Delivery]) -> None:
    """Ask for these again soon; without it they come back by themselves, only later."""
    with suppress(BusUnavailable):
        for delivery in deliveries:
            await delivery.nak()

"""Follows another service's public events and answers each with a command of our own, once and in order.

The producer's marks decide what to do with a message, not the bus: one that is known is dropped, one that follows is
applied, and when anything is missing in between it is fetched from the producer's log first. The mark is saved in our
own database after the reaction and before the acknowledgement, so an event is never skipped; that a repeat changes
nothing is owed to the reaction's command, whose commit id is derived from the event (`ForeignEvent.commit_id`).

An event that cannot be applied stops the line: it is never skipped, and whatever follows waits behind it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from services.chassis.bus import BusUnavailable, Delivery, Inbox, Message, PublicEvent, foreign_commit_id
from services.chassis.eventstore import Checkpoints, LogGap, Mark
from services.chassis.log_reader import LogReader
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.tracelink import span

EVENT_REFUSED: Final = "foreign_event_refused"
GAP_FOUND: Final = "foreign_gap_found"

_BATCH = 100
_PATIENCE_SECONDS = 5.0

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
"""Carries out what an event asks for. Returns also when there is nothing to do; raises to stop the line.

It must bear an old event again after later ones: a process that slept through the loss of its lease may apply one more
before its mark is refused. `ForeignEvent.commit_id` makes the repeat of a command harmless; what is done without a
command, or under an id of its own, must not undo what a later event brought.
"""


class DeadLetters(Protocol):
    """Where events go that cannot be applied, with all that must wait behind them."""

    async def park(self, event: ForeignEvent, error: Exception) -> bool:
        """Keep the event for later; False when it cannot be kept, so that the line must stop."""
        ...


class HoldTheLine:
    """Parks nothing."""

    async def park(self, event: ForeignEvent, error: Exception) -> bool:  # noqa: ARG002
        """See `DeadLetters.park`."""
        return False


class Consumer:
    """Follows one producer. `epoch` is that of the lease it runs under; make a new one for each lease.

    `reactions` maps stored type names, e.g. `vouchsafe.identity.events.v1.PersonErased`; other events pass by.
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
    ) -> None:
        self._producer = producer
        self._follower = f"consumer of {producer}"
        self._inbox = inbox
        self._reader = reader
        self._checkpoints = checkpoints
        self._epoch = epoch
        self._reactions = reactions
        self._dead_letters = dead_letters or HoldTheLine()
        self._mark: Mark | None = None

    async def step(self) -> bool:
        """Take in what the bus delivers within a few seconds. True: it has waited enough and may be called at once.

        Raises LeaseLost, StoreUnavailable, BusUnavailable, RpcError, LogGap, and what a reaction raises; what was not
        taken in is then delivered again.
        """
        if self._mark is None:
            self._mark = await self._checkpoints.load_mark(self._follower)
        deliveries = await self._inbox.fetch(_BATCH, _PATIENCE_SECONDS)
        for done, delivery in enumerate(deliveries):
            try:
                self._mark = await self._take_in(delivery.message, self._mark)
            except BaseException:
                self._mark = None
                await _hand_back(deliveries[done:])
                raise
            await delivery.ack()
        return True

    async def _take_in(self, message: Message | None, mark: Mark) -> Mark:
        """Apply the message, and before it what is missing since `mark`; the mark reached."""
        if message is None:  # Unreadable: the log says what it was.
            return await self._catch_up(mark, None)
        if message.event.mark <= mark:
            return mark
        if message.previous > mark:
            _log.warning(GAP_FOUND, consumer=self._producer, first=mark.position, last=message.previous.position)
            mark = await self._catch_up(mark, message.previous)
            if message.event.mark <= mark:
                return mark
        return await self._apply(message.event)

    async def _catch_up(self, mark: Mark, until: Mark | None) -> Mark:
        """Apply from the producer's log, at least up to `until` or, when None, up to its end."""
        through = mark
        while until is None or mark < until:
            page = await self._reader.read_events(through, _BATCH)
            for event in page.events:
                mark = await self._apply(event)
            if page.at_end and until is not None and mark < until:
                raise LogGap(f"{self._producer}'s log does not hold what its relay has published")
            if page.at_end:
                break
            through = page.through
        return mark

    async def _apply(self, event: PublicEvent) -> Mark:
        reaction = self._reactions.get(event.type)
        if reaction is not None:
            with span("consume", [event.traceparent], consumer=self._producer, event_type=event.type):
                await self._react(reaction, event)
        await self._checkpoints.save_mark(self._follower, event.mark, self._epoch)
        return event.mark

    async def _react(self, reaction: Reaction, event: PublicEvent) -> None:
        commit_id = foreign_commit_id(self._producer, event.mark)
        foreign = ForeignEvent(self._producer, event.mark, event.type, event.data, commit_id)
        try:
            await reaction(foreign)
        except Exception as error:
            _log.error(
                EVENT_REFUSED,
                consumer=self._producer,
                event_type=event.type,
                position=event.mark.position,
                error_type=type(error).__name__,
                at=where(error),
            )
            if not await self._dead_letters.park(foreign, error):
                raise


async def _hand_back(deliveries: Sequence[Delivery]) -> None:
    """Ask for these again soon; without it they come back by themselves, only later."""
    with suppress(BusUnavailable):
        for delivery in deliveries:
            await delivery.nak()

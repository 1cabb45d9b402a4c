"""Publishes a service's public events on the bus, each once and in the order of the log.

The bus itself is the relay's memory: the last stored message says how far it got, so there is no second checkpoint to
disagree with it; it is read anew every minute, for a bus may lose what it held. Every publication names the sequence
number it must follow; a relay that slept through the loss of its lease is refused by the bus (`Fenced`) and changes
nothing. Which events are public is said by the `Curation`.
"""

import time

from services.chassis.bus import Curation, Fenced, Message, Outbox, Tail
from services.chassis.eventstore import CommitLog
from services.chassis.lease import LeaseLost
from services.chassis.tracelink import span

_COMMITS = 200
_MESSAGES = 100
_LOOK_SECONDS = 60.0


class Relay:
    """Publishes from one service's log to its own stream. Make a new one for each lease."""

    def __init__(self, log: CommitLog, outbox: Outbox, curation: Curation) -> None:
        self._log = log
        self._outbox = outbox
        self._curation = curation
        self._tail: Tail | None = None
        self._read_up_to = 0
        self._looked_at = 0.0

    async def step(self) -> bool:
        """Publish what the next page of the log holds; whether there may be more at once.

        Raises LeaseLost when another relay has published, LogGap, StoreUnavailable, BusUnavailable. After any of
        these the last message is read again before anything is published.
        """
        self._tail = await self._present_tail()
        commits = await self._log.read_log(self._read_up_to, _COMMITS)
        messages = self._curation.messages(commits, self._tail.mark)
        for start in range(0, len(messages), _MESSAGES):
            await self._publish(messages[start : start + _MESSAGES])
        self._read_up_to += len(commits)
        return len(commits) == _COMMITS

    async def _present_tail(self) -> Tail:
        if self._tail is not None and time.monotonic() < self._looked_at + _LOOK_SECONDS:
            return self._tail
        tail = await self._outbox.tail()
        self._looked_at = time.monotonic()
        # By its sequence, for that stays when the messages have only grown too old to be kept.
        if self._tail is not None and tail.sequence == self._tail.sequence:
            return self._tail
        # The commit of the last message again, for its later events: the mark says which ones are out.
        self._read_up_to = max(tail.mark.position - 1, 0)
        return tail

    async def _publish(self, messages: list[Message]) -> None:
        tail, self._tail = self._tail or Tail(), None  # Unknown until the bus has confirmed.
        last = messages[-1].event.mark
        with span("publish", [message.event.traceparent for message in messages], count=len(messages)):
            try:
                sequence = await self._outbox.publish(messages, tail.sequence)
            except Fenced as fenced:
                raise LeaseLost("another relay is at work") from fenced
        self._tail = Tail(last, sequence)

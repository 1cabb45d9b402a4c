"""Publishes a service's public events on the bus, each once and in the order of the log.

The bus itself is the relay's memory: the last stored message says how far it got, so there is no second checkpoint to
disagree with it. It is read anew every minute and after every failure, for a bus may lose what it held: then all that
follows its last message is published again. Every publication names the sequence number it must follow; a relay that
slept through the loss of its lease is refused by the bus (`Fenced`) and changes nothing. Which events are public is
said by the `Curation`.

Where few events are public the log goes on for long after the last of them. How far it has been read without finding
another is kept as a mark, so that a new relay does not read it all again. That mark is a fact about the log and the
curation, true whoever wrote it and whenever; it is used only where the bus ends at the very commit that it begins with.
"""

import asyncio
import time
from typing import NamedTuple

from services.chassis.integration.bus import Curation, Fenced, Message, Outbox, Tail
from services.chassis.log.eventstore import Checkpoints, Commit, CommitLog, LogGap, Mark
from services.chassis.log.lease import LeaseLost
from services.chassis.log.pages import is_full
from services.chassis.telemetry_metrics import RELAY_LAG
from services.chassis.tracelink import span

_COMMITS = 1000
_MOST_COMMITS = 4000
_GROWTH = 4
_QUICK_SECONDS = 0.04
_LAG_SECONDS = 5.0
_LOOK_SECONDS = 60.0
_QUIET_COMMITS = 500


class _Page(NamedTuple):
    """What a read of the log for so many commits has answered, and how long that took."""

    commits: list[Commit]
    asked: int
    seconds: float

    @property
    def next_asked(self) -> int:
        """How many to ask for next: more where reading is quick, for the end of each page is waited for on the bus.

        Where it is slow the bus waits for the page, the less the smaller that is.
        """
        return min(_GROWTH * self.asked, _MOST_COMMITS) if self.seconds < _QUICK_SECONDS else _COMMITS


class Relay:
    """Publishes from one service's log to its own stream. `epoch` is that of its lease; make a new one for each."""

    def __init__(
        self, log: CommitLog, outbox: Outbox, curation: Curation, *, checkpoints: Checkpoints, epoch: int
    ) -> None:
        self._log = log
        self._outbox = outbox
        self._curation = curation
        self._checkpoints = checkpoints
        self._epoch = epoch
        self._quiet_name = f"relay without news {curation.digest}"
        self._tail: Tail | None = None
        self._looked_at = 0.0
        self._read_up_to = 0
        self._ahead: _Page | None = None
        self._measured_at = 0.0
        self._quiet = Mark(0)

    async def step(self) -> bool:
        """Publish what the next page of the log holds; whether there may be more at once.

        Raises LeaseLost when another relay has published, LogGap, StoreUnavailable, BusUnavailable. After any of
        these the last message is read again before anything is published.
        """
        await self._look()
        page = self._ahead or await self._read(self._read_up_to, _COMMITS)
        self._ahead = None
        full = is_full(page.commits, page.asked)
        await self._measure(len(page.commits), full=full)
        if full:
            # The store answers while the bus does.
            published, ahead = await asyncio.gather(
                self._publish(page.commits),
                self._read(self._read_up_to + len(page.commits), page.next_asked),
                return_exceptions=True,
            )
            if isinstance(published, BaseException):
                raise published
            self._ahead = None if isinstance(ahead, BaseException) else ahead
        else:
            await self._publish(page.commits)
        self._read_up_to += len(page.commits)
        await self._note_quiet()
        return full

    async def _read(self, after: int, count: int) -> "_Page":
        began = time.monotonic()
        return _Page(await self._log.read_log(after, count), count, time.monotonic() - began)

    async def _measure(self, found: int, *, full: bool) -> None:
        if not full:
            RELAY_LAG.set(found)
        elif time.monotonic() > self._measured_at + _LAG_SECONDS:
            self._measured_at = time.monotonic()
            RELAY_LAG.set(max(await self._log.head_position() - self._read_up_to, 0))

    async def _look(self) -> None:
        """Have the bus's last message before us, and go on from there when it is another than it was."""
        if self._tail is not None and time.monotonic() < self._looked_at + _LOOK_SECONDS:
            return
        was, self._tail = self._tail, None
        tail = await self._outbox.tail()
        self._looked_at = time.monotonic()
        # Messages that have grown too old to be kept take the mark with them, but leave the sequence.
        if was is not None and tail in (was, Tail(sequence=was.sequence)):
            self._tail = was
        else:
            await self._go_on_after(tail)

    async def _go_on_after(self, tail: Tail) -> None:
        self._ahead = None
        last = tail.mark.position
        # That commit may have later events: the mark says which ones are out.
        rest = await self._log.read_log(last - 1, 1) if last else []
        if last and not rest:
            raise LogGap(f"the bus holds position {last}, which the log does not: it is another or an older log")
        quiet = await self._checkpoints.load_mark(self._quiet_name)
        self._tail = tail
        await self._publish(rest)
        self._quiet = quiet if quiet.position == last else Mark(last)
        self._read_up_to = self._quiet.position + self._quiet.offset

    async def _publish(self, commits: list[Commit]) -> None:
        assert self._tail is not None  # noqa: S101 -- `_look` has read it
        messages = self._curation.messages(commits, self._tail.mark)
        if messages:
            await self._send(messages, self._tail.sequence)

    async def _send(self, messages: list[Message], after: int) -> None:
        self._tail = None  # Unknown until the bus has confirmed.
        with span("publish", [message.event.traceparent for message in messages], count=len(messages)):
            try:
                sequence = await self._outbox.publish(messages, after)
            except Fenced as fenced:
                raise LeaseLost("another relay is at work") from fenced
        self._tail = Tail(messages[-1].event.mark, sequence)

    async def _note_quiet(self) -> None:
        """Keep how many commits after the last public one hold nothing public, when there are many more than noted."""
        assert self._tail is not None  # noqa: S101 -- what was published has been confirmed
        last = self._tail.mark.position
        noted = self._quiet.position + self._quiet.offset if self._quiet.position == last else last
        if self._read_up_to - noted >= _QUIET_COMMITS:
            quiet = Mark(last, self._read_up_to - last)
            await self._checkpoints.save_mark(self._quiet_name, quiet, self._epoch)
            self._quiet = quiet

"""Gives every commit its place in the log of the service: a dense position, counted from 1.

One process does this at a time, under a lease that it takes no notice of here: what keeps the log right is that
`assign_positions` stops at a commit that has a place and at a place that is taken. A batch, however old, therefore
fills a place only after it has filled all places between that and the head that it counts from: no hole can come about.
So two sequencers at once cost time, never order.

A commit never passes an earlier one of its stream, although the scan for work is no snapshot: it may show a commit and
miss an earlier one that was written meanwhile. What it shows of a stream is taken as it is only where that is known to
lack nothing: it begins with the stream's first version, or with the one after a version of which this sequencer knows
that it has its place (which nothing can undo), and goes on without a hole. For all other streams a second scan is made,
after the first, and so finds whatever precedes what the first one saw (`in_stream_order`).

What this very process has appended is told to it (`appends`), and goes from here to those who follow the log in this
process, position and all (`log_window`): neither asks the store for it. The scan still finds what others have appended,
and whatever became uncertain: it is made twice a second under load, whenever nothing was told, and after any failure.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.chassis.log.eventstore import Commit, PositionsLost, SequencingLog, StoreUnavailable, Unsequenced
from services.chassis.log.lease import LeaseLost
from services.chassis.log.log_window import LogWindow
from services.chassis.telemetry_metrics import SEQUENCER_LAG
from services.chassis.tracelink import span

_BATCH = 500
_FIRST = _LEAST = 50
_LONG_SECONDS = 0.5
_SCAN_SECONDS = 0.5
_NOTE_COMMITS = 500
_REMEMBERED_STREAMS = 20_000


class Sequencer:
    """Sequences one service's commits, and tells `window` of each batch. Make a new one for each lease."""

    def __init__(self, log: SequencingLog, window: LogWindow, *, batch: int = _BATCH) -> None:
        self._log = log
        self._window = window
        # Few at first: a batch that the store cannot place in time goes on there, in the way of the next.
        self._most, self._batch = batch, min(_FIRST, batch)
        self._appended = log.appended.feed()
        self._contents: dict[str, Commit] = {}
        self._scan_at = 0.0
        self._head: int | None = None
        self._noted = 0
        self._placed: OrderedDict[str, int] = OrderedDict()

    async def step(self) -> bool:
        """Place one batch; whether there may be more to place at once.

        Raises LeaseLost when another sequencer turns out to be at work. After a failure fewer are tried, and so they
        are when it took long, for all of a batch becomes visible together; more again when that went well.
        """
        began = time.monotonic()
        try:
            more = await self._step()
        except StoreUnavailable:
            self._batch = max(1, self._batch // 2)
            raise
        if time.monotonic() - began >= _LONG_SECONDS:
            self._batch = max(min(_LEAST, self._most), self._batch // 2)
        elif more:  # A step with little to do says nothing of a larger batch.
            self._batch = min(self._most, 2 * self._batch)
        return more

    async def _step(self) -> bool:
        seen, scan_at, full = await self._seen()
        SEQUENCER_LAG.set(len(seen) + len(self._appended))
        if not seen:
            if self._head is None:  # Whoever placed last may have died before it noted that.
                self._head = await self._log.head_position()
            await self._note_head(1)
            return False
        order = in_stream_order(seen, await self._waiting(seen))[: self._batch]
        if order:
            await self._place(order)
        if len(order) == len(seen) and not full:
            self._scan_at = scan_at
        # What was appended meanwhile, if it is less than a batch, is left to fill one (`worker.Pace`).
        return full or len(order) == self._batch or len(self._appended) >= self._batch

    async def _seen(self) -> tuple[list[Unsequenced], float, bool]:
        """What waits, as told and scanned for; when to scan again if all gets its place; whether there is more."""
        told, dropped = self._told()
        now = time.monotonic()
        if told and not dropped and now < self._scan_at:
            scan_at, self._scan_at = self._scan_at, 0.0
            return told, scan_at, False
        self._scan_at = 0.0  # Until all has gone well.
        scanned = await self._log.unsequenced(self._batch)
        return list(dict.fromkeys(told + scanned)), now + _SCAN_SECONDS, len(scanned) == self._batch

    def _told(self) -> tuple[list[Unsequenced], bool]:
        """What this process has appended, unless it is known to have its place; whether something was left out."""
        told, dropped = self._appended.take(self._batch)
        waiting = [commit for commit in told if self._placed.get(commit.stream, 0) < commit.first]
        self._contents = {commit.commit_id: commit for commit in waiting}
        return [Unsequenced(each.commit_id, each.stream, each.first, each.last) for each in waiting], dropped

    async def _waiting(self, seen: Iterable[Unsequenced]) -> list[Unsequenced]:
        """What waits of the streams seen, with all that precedes what was seen of them."""
        streams: defaultdict[str, list[Unsequenced]] = defaultdict(list)
        for commit in sorted(seen, key=lambda commit: commit.first):
            streams[commit.stream].append(commit)
        unsure = sorted(stream for stream, commits in streams.items() if not self._lacks_nothing(stream, commits))
        # After the scan, so that whatever precedes a commit that was seen is found now, if it waits at all.
        again = await self._log.unsequenced_of(unsure) if unsure else []
        return again + [commit for stream in streams.keys() - set(unsure) for commit in streams[stream]]

    def _lacks_nothing(self, stream: str, commits: Iterable[Unsequenced]) -> bool:
        """Whether these of the stream's commits, by version, go on without a hole from what has its place."""
        through = self._placed.get(stream, 0)
        for commit in commits:
            if commit.first != through + 1:
                return False
            through = commit.last
        return True

    async def _place(self, order: Sequence[Unsequenced]) -> None:
        head = await self._log.head_position() if self._head is None else self._head
        self._head = None  # Unknown until the write is known to have succeeded.
        with span("sequence", first=head + 1, count=len(order)):
            try:
                with self._window.placing():
                    await self._log.assign_positions(head, [commit.commit_id for commit in order])
            except PositionsLost as lost:
                raise LeaseLost("another sequencer is at work") from lost
        self._head = head + len(order)
        self._remember(order)
        known = enumerate((self._contents.get(commit.commit_id) for commit in order), start=head + 1)
        self._window.placed([replace(commit, position=place) for place, commit in known if commit], self._head)

        await self._note_head(_NOTE_COMMITS)

    async def _note_head(self, least: int) -> None:
        """Note the head if so many commits, or more, have been placed since it was noted last: it costs a write."""
        if self._head is not None and self._head >= self._noted + least:
            await self._log.note_head(self._head)
            self._noted = self._head

    def _remember(self, order: Iterable[Unsequenced]) -> None:
        for commit in order:
            self._placed[commit.stream] = commit.last
            self._placed.move_to_end(commit.stream)
        while len(self._placed) > _REMEMBERED_STREAMS:
            self._placed.popitem(last=False)


def in_stream_order(seen: Iterable[Unsequenced], waiting: Iterable[Unsequenced]) -> list[Unsequenced]:
    """The commits to place: those `seen`, each after all that its stream has `waiting` before it.

    `waiting` is a later scan of the same streams. It contains everything below a seen commit that still waits, but
    above that it may have holes itself; what lies beyond a hole is left for the next time.
    """
    chains: dict[str, list[Unsequenced]] = {}
    for commit in sorted(waiting, key=lambda commit: commit.first):
        chain = chains.setdefault(commit.stream, [])
        if not chain or commit.first == chain[-1].last + 1:
            chain.append(commit)
    order: dict[str, Unsequenced] = {}
    for commit in seen:
        for earlier in chains.get(commit.stream, []):
            if earlier.first > commit.first:
                break
            order.setdefault(earlier.commit_id, earlier)
    return list(order.values())

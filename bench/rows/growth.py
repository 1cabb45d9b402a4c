"""Appending to a log of 200,000 commits beside appending to one of 2,000, one commit at a time.

Both logs lie in one store and are appended to in turn, so that whatever the machine does meets both. They are filled
through the plain driver with commits that have their positions already, and little in them, for what grows with a log
is its indexes; what is appended is posts, which begin streams and continue them.

The large log is measured on its way, too, and at each size beside bare inserts of the same documents by the driver, in
turn with the appends: what those take longer is the store's growth and not the log's.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import sample
from bench.figures import Aim, Comparison, Side, Target
from bench.filling import fill
from bench.machine import running_store
from bench.rounds import Meter
from bench.settings import Settings
from services.chassis.log.commit_documents import to_document
from services.chassis.log.eventstore import Commit, EventData, Write, new_commit
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore

_SMALL = 2_000
_POSTS_IN_A_THREAD = 20

Append = Callable[[str, int, Write], Awaitable[object]]


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    sizes = (20_000, 60_000, 200_000) if not settings.quick else (10_000,)
    notes: dict[str, float] = {}
    with running_store(settings.directory) as store, ExitStack() as stack:
        small, large = [_Log(stack.enter_context(store.fresh(large=True)), stack) for _ in range(2)]
        await small.grow(_SMALL)
        for size in sizes:
            await large.grow(size)
            sides = [_Figures(log, Meter(store.pid)) for log in (small, large)]
            await _in_turn(settings, sides)
            notes |= _told(size, *sides)
        for log in (small, large):
            await log.store.close()
    raw, ours = [
        Side(what=f"a log of {size:,} commits", figures=side.appends[1:], store_cpu=side.meter.shares[1:])
        for size, side in zip((_SMALL, sizes[-1]), sides, strict=True)
    ]
    return [
        Comparison(
            name="growth",
            what=f"append p50 at {sizes[-1]:,} commits against {_SMALL:,}",
            unit="ms",
            raw=raw,
            ours=ours,
            target=Target(aim=Aim.AT_MOST, value=1.2),
            notes=notes,
        )
    ]


class _Log:
    """A log that grows, and two ways to append to it: ours, and a bare insert."""

    def __init__(self, uri: str, stack: ExitStack) -> None:
        self._uri = uri
        database = MongoDatabase(uri)
        stack.callback(database.close)
        self.store = MongoEventStore(database)
        self._commits = database.collection("commits")
        self._size = 0

    async def grow(self, size: int) -> None:
        """Fill up to so many commits, not counting what has been appended since."""
        await fill(self._uri, _history(self._size, size))
        self._size = size

    async def append(self, stream: str, version: int, write: Write) -> None:
        """As a service does."""
        await self.store.append(stream, version, [write])

    async def insert(self, stream: str, version: int, write: Write) -> None:
        """The document alone."""
        document: dict[str, Any] = to_document(new_commit(stream, version, [write]))
        await self._commits.insert_one(document)


@dataclass
class _Figures:
    """Milliseconds of an append and of a bare insert, a figure for each round, the first of which does not count."""

    log: _Log
    meter: Meter
    appends: list[float] = field(default_factory=list)
    inserts: list[float] = field(default_factory=list)


async def _in_turn(settings: Settings, sides: list[_Figures]) -> None:
    count = settings.sized(50, 20)
    for turn in range(settings.rounds + 1):
        for side in sides if turn % 2 else reversed(sides):
            async with side.meter.watching():
                side.appends.append(await _milliseconds(side.log.append, count))
            side.inserts.append(await _milliseconds(side.log.insert, count))


def _told(size: int, small: _Figures, large: _Figures) -> dict[str, float]:
    """How many times as long both ways took at this size as in the small log."""
    told = {
        f"appends at {size:,}, times": median(large.appends[1:]) / median(small.appends[1:]),
        f"bare inserts at {size:,}, times": median(large.inserts[1:]) / median(small.inserts[1:]),
    }
    if small.meter.seconds:
        seconds = sum(large.meter.seconds[1:]) / sum(small.meter.seconds[1:])
        told[f"the store's processor time for appends at {size:,}, times"] = seconds
    return told


def _history(after: int, size: int) -> Iterator[Commit]:
    """Commits at the positions after that one, 20 to a stream."""
    event = EventData(sample.CODEC.encode(sample.post(sample.new_id(), 0)).type, b"little")
    count = size - after
    threads = [f"thread-{sample.new_id()}" for _ in range(count // _POSTS_IN_A_THREAD)]
    yield from sample.sequenced(((threads[number % len(threads)], event) for number in range(count)), after=after)


async def _milliseconds(append: Append, count: int) -> float:
    """The median of single appends, the first and the second event of new streams."""
    taken: list[float] = []
    for _ in range(count // 2):
        thread = sample.new_id()
        for version in (0, 1):
            write = sample.write(sample.post(thread, version))
            started = time.perf_counter()
            await append(f"thread-{thread}", version, write)
            taken.append((time.perf_counter() - started) * 1000)
            # Whoever appends in turn leaves the store time to breathe, as callers over a network do.
            await asyncio.sleep(0)
    return median(taken)

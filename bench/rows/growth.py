"""Appending to a log of 200,000 commits beside appending to one of 2,000, one commit at a time.

Both logs lie in one store and are appended to in turn, so that whatever the machine does meets both. They are filled
through the plain driver with commits that have their positions already, and little in them, for what grows with a log
is its indexes; what is appended is posts, which begin streams and continue them.
"""

import asyncio
import time
from contextlib import ExitStack
from statistics import median

from bench import sample
from bench.figures import Aim, Comparison, Side, Target
from bench.filling import fill
from bench.machine import running_store
from bench.rounds import Meter
from bench.settings import Settings
from services.chassis.log.eventstore import EventData
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore

_SMALL = 2_000
_POSTS_IN_A_THREAD = 20


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    large = settings.sized(200_000, 10_000)
    appends = settings.sized(100, 20)
    with running_store(settings.directory) as store, ExitStack() as stack:
        small_log, large_log = [
            await _filled(stack.enter_context(store.fresh(large=True)), commits, stack) for commits in (_SMALL, large)
        ]
        sides: dict[str, tuple[MongoEventStore, list[float], Meter]] = {
            f"a log of {_SMALL:,} commits": (small_log, [], Meter(store.pid)),
            f"a log of {large:,} commits": (large_log, [], Meter(store.pid)),
        }
        for turn in range(settings.rounds + 1):
            for log, figures, meter in sides.values() if turn % 2 else reversed(sides.values()):
                async with meter.watching():
                    figures.append(await _milliseconds(log, appends))
        for log, _, _ in sides.values():
            await log.close()
    raw, ours = [
        Side(what=what, figures=figures[1:], store_cpu=meter.shares[1:]) for what, (_, figures, meter) in sides.items()
    ]
    return [
        Comparison(
            name="growth",
            what=f"append p50 at {large:,} commits against {_SMALL:,}",
            unit="ms",
            raw=raw,
            ours=ours,
            target=Target(aim=Aim.AT_MOST, value=1.2),
            notes={"appends in a round": appends},
        )
    ]


async def _filled(uri: str, commits: int, stack: ExitStack) -> MongoEventStore:
    database = MongoDatabase(uri)
    stack.callback(database.close)
    log = MongoEventStore(database)
    event = EventData(sample.CODEC.encode(sample.post(sample.new_id(), 0)).type, b"little")
    threads = [f"thread-{sample.new_id()}" for _ in range(commits // _POSTS_IN_A_THREAD)]
    history = sample.sequenced((threads[number % len(threads)], event) for number in range(commits))
    await fill(uri, history)
    return log


async def _milliseconds(log: MongoEventStore, appends: int) -> float:
    """The median of single appends, the first and the second event of new streams."""
    taken: list[float] = []
    for _ in range(appends // 2):
        thread = sample.new_id()
        for version in (0, 1):
            write = sample.write(sample.post(thread, version))
            started = time.perf_counter()
            await log.append(f"thread-{thread}", version, [write])
            taken.append((time.perf_counter() - started) * 1000)
            # Whoever appends in turn leaves the store time to breathe, as callers over a network do.
            await asyncio.sleep(0)
    return median(taken)

"""How things are measured: rounds of all sides in turn, many jobs at once, and a store's share of a processor."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import psutil

from bench.figures import Side

T = TypeVar("T")

CONCURRENT = 64


@dataclass
class Meter:
    """Collects what a process had of a processor while something else was measured, as seconds and shares of the time.

    Seconds tell on a busy machine, too, what something costs.
    """

    pid: int | None
    shares: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Note the process's share over the block."""
        process = None if self.pid is None else psutil.Process(self.pid)
        before, started = _seconds(process), time.perf_counter()
        yield
        if process is not None:
            self.seconds.append(_seconds(process) - before)
            self.shares.append(self.seconds[-1] / (time.perf_counter() - started))


Round = Callable[[Meter], Awaitable[float]]
"""Does one round and says its figure; what counts of it, it does while `Meter.watching`."""


def _seconds(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    used = process.cpu_times()
    return used.user + used.system


async def interleaved(
    rounds: int, *, raw: Round, ours: Round, raw_is: str, ours_is: str, store_pid: int | None = None
) -> tuple[Side, Side]:
    """`in_turn` of two sides."""
    raw_side, our_side = await in_turn(rounds, [(raw_is, raw), (ours_is, ours)], store_pid=store_pid)
    return raw_side, our_side


async def in_turn(rounds: int, sides: Sequence[tuple[str, Round]], *, store_pid: int | None = None) -> list[Side]:
    """`rounds` of each side, in turn, after one of each that does not count; which goes first changes every time."""
    for _, warm_up in sides:
        await warm_up(Meter(None))
    found: list[tuple[Round, list[float], Meter]] = [(measure, [], Meter(store_pid)) for _, measure in sides]
    for turn in range(rounds):
        for measure, figures, meter in found if turn % 2 == 0 else reversed(found):
            figures.append(await measure(meter))
    return [
        Side(what=what, figures=figures, store_cpu=meter.shares)
        for (what, _), (_, figures, meter) in zip(sides, found, strict=True)
    ]


async def rate(jobs: Sequence[T], work: Callable[[T], Awaitable[object]], *, workers: int = CONCURRENT) -> float:
    """How many of `jobs` are done in a second when `workers` do them at once, each taking the next one in turn."""
    waiting = iter(jobs)

    async def worker() -> None:
        for job in waiting:
            await work(job)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
    return len(jobs) / (time.perf_counter() - started)

"""Processes for work that takes long on a processor, so that it neither stops the event loop nor one call the next.

Processes that are started anew (spawned) and know nothing of their service: no configuration, no connection, no key.
They end with it, however it ends. One that dies takes the others of its pool along; new ones are started, and the work
in progress is done once more. What the work is, and whether it may be done twice, is for the caller to know.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

from services.chassis.telemetry_log import log

REPLACED: Final = "worker_processes_replaced"

_ATTEMPTS = 2
_log = log(__name__)

T = TypeVar("T")


class WorkersDied(Exception):
    """Processes died over this work, and those that took their place did too."""


class WorkerProcesses:
    """A pool of `count` processes, started when first used or by `start`."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start the processes now, so that the first work does not wait for them; returns when all are there."""
        pool = await self._running()
        await asyncio.gather(*(asyncio.wrap_future(pool.submit(_ready)) for _ in range(self._count)))

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """`work(*arguments)` in one of the processes; all of it must be picklable. Raises what it raises; WorkersDied.

        Cancelled, it goes on there to its end if it has begun.
        """
        for _ in range(_ATTEMPTS):
            pool = await self._running()
            try:
                return await asyncio.wrap_future(pool.submit(work, *arguments))
            except BrokenProcessPool:
                self._forget(pool)
        raise WorkersDied("worker processes died, and so did those in their place")

    async def close(self) -> None:
        """End the processes when what they do is done."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    async def _running(self) -> ProcessPoolExecutor:
        async with self._starting:
            if self._pool is None:
                # In a thread: each process is started by the submission that needs it.
                self._pool = await asyncio.to_thread(_pool, self._count)
            return self._pool

    def _forget(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            self._pool = None
            _log.warning(REPLACED, count=self._count)
            broken.shutdown(wait=False)


def _pool(count: int) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    for _ in range(count):
        pool.submit(_ready)
    return pool


def _begin() -> None:
    """In the worker: leave interrupts to the service, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Nothing, in a process that has started."""

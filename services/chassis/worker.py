"""The background work of one service on its log, done by one process at a time.

Whoever holds the service's lease sequences the log and runs the followers: relay, projectors and consumers. Each is
tried again after a failure, alone and ever more slowly, without holding up the others. When the lease is lost, or a
write shows that it must have been, all of them stop and begin anew under the next lease. Nothing depends on the lease
for correctness, see `lease`; any number of processes may run a worker on one store.
"""

import asyncio
import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from services.chassis.eventstore import EventStoreError, LogStore
from services.chassis.lease import LeaseLost
from services.chassis.nudge import Nudge
from services.chassis.sequencer import Sequencer
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log

LEADING: Final = "log_worker_leading"
STEPPED_DOWN: Final = "log_worker_stepped_down"
STEP_FAILED: Final = "log_worker_step_failed"

_LEASE = "log worker"
_FIRST_BACKOFF = 0.1
_LONGEST_BACKOFF = 15.0
_RELEASE_SECONDS = 2.0
_FOLLOWER_PATIENCE = 8

_log = log(__name__)


class Follower(Protocol):
    """Something that goes through a log step by step."""

    async def step(self) -> bool:
        """Do the next piece; True when there may be more to do at once. Cancelling it must be harmless."""
        ...


MakeFollower = Callable[[int], Follower]
"""Makes a follower for the lease of that epoch."""


class LogWorker:
    """Runs the background work of one service; every process of the service has one.

    `lease_seconds`: for how long a process that vanished keeps the others waiting. `poll_seconds`: after how long
    without a nudge to look for commits of other processes; the followers, whom the sequencer nudges, look more rarely.
    """

    def __init__(self, store: LogStore, *, lease_seconds: float = 5.0, poll_seconds: float = 0.25) -> None:
        self._store = store
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._owner = uuid.uuid4().hex
        self._followers: dict[str, MakeFollower] = {}
        self._sequenced = Nudge()
        self.epoch: int | None = None
        """That of the lease held now; None while another process works."""

    def add(self, name: str, make: MakeFollower) -> None:
        """Have a follower run under each lease; `name` is for logs. Call before `run`."""
        self._followers[name] = make

    async def run(self) -> None:
        """Work until cancelled, then give the lease back."""
        while True:
            epoch = await self._lease()
            _log.info(LEADING, worker=_LEASE, epoch=epoch)
            self.epoch = epoch
            try:
                await self._lead(epoch)
            finally:
                self.epoch = None
                await self._give_back(epoch)
                _log.info(STEPPED_DOWN, worker=_LEASE, epoch=epoch)
            await asyncio.sleep(random.uniform(0.5, 1.0) * self._poll_seconds)  # noqa: S311 -- not a secret

    async def _lease(self) -> int:
        while True:
            try:
                epoch = await self._store.acquire_lease(_LEASE, self._owner, self._lease_seconds)
            except EventStoreError as error:
                _log.warning(STEP_FAILED, worker="lease", error_type=type(error).__name__, at=where(error))
                epoch = None
            if epoch is not None:
                return epoch
            await asyncio.sleep(random.uniform(0.5, 1.0) * self._lease_seconds / 4)  # noqa: S311 -- not a secret

    async def _lead(self, epoch: int) -> None:
        """Run everything until the lease is lost."""
        with suppress(LeaseLost):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._renew(epoch))
                    sequencer = Sequencer(self._store, self._sequenced)
                    group.create_task(self._follow("sequencer", sequencer, self._store.appended, self._poll_seconds))
                    rarely = _FOLLOWER_PATIENCE * self._poll_seconds
                    for name, make in self._followers.items():
                        group.create_task(self._follow(name, make(epoch), self._sequenced, rarely))
            except BaseExceptionGroup as failures:
                # Several may notice at once; anything but a lost lease is a fault of ours and goes on up.
                lost, others = failures.split(LeaseLost)
                if others is not None:
                    raise others from None
                raise LeaseLost from lost

    async def _renew(self, epoch: int) -> None:
        clock = asyncio.get_running_loop()
        ends = clock.time() + self._lease_seconds
        while clock.time() < ends:
            await asyncio.sleep(self._lease_seconds / 4)
            asked = clock.time()
            # Another try is made, for as long as the lease may still be ours; an answer that comes later is none.
            with suppress(EventStoreError, TimeoutError):
                async with asyncio.timeout_at(ends):
                    held = await self._store.renew_lease(_LEASE, self._owner, epoch, self._lease_seconds)
                if not held:
                    break
                ends = asked + self._lease_seconds
        raise LeaseLost(_LEASE)

    async def _follow(self, name: str, follower: Follower, nudge: Nudge, patience: float) -> None:
        failures = 0
        with nudge.listen() as listener:
            while True:
                try:
                    more = await follower.step()
                except LeaseLost:
                    raise
                except Exception as error:  # noqa: BLE001 -- one that stops must not stop the others
                    failures += 1
                    await self._back_off(name, failures, error)
                    continue
                failures = 0
                if not more:
                    await listener.wait(patience)

    async def _back_off(self, name: str, failures: int, error: Exception) -> None:
        pause = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        _log.error(
            STEP_FAILED,
            worker=name,
            error_type=type(error).__name__,
            at=where(error),
            attempts=failures,
            backoff_ms=int(pause * 1000),
        )
        await asyncio.sleep(pause)

    async def _give_back(self, epoch: int) -> None:
        with suppress(EventStoreError, TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._store.release_lease(_LEASE, self._owner, epoch)

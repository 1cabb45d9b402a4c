"""The background work of one service on its log, done by one process at a time.

Whoever holds the log's lease sequences the log and runs the followers: relay and consumers. A follower may run under a
lease of its own instead, such as a projection's version, and then another process may hold that. Each is tried again
after a failure, alone and ever more slowly, without holding up the others. When a lease is lost, or a write shows that
it must have been, all that ran under it stops and begins anew under the next. Nothing depends on a lease for
correctness, see `lease`; any number of processes may run a worker on one store.
"""

import asyncio
import random
import uuid
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol

from services.chassis.log.eventstore import LogStore
from services.chassis.log.leadership import Leadership
from services.chassis.log.lease import LeaseLost
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log

STEP_FAILED: Final = "log_worker_step_failed"

LOG_LEASE: Final = "log worker"
"""The lease under which the log is sequenced, and under which a follower runs that asks for no other."""

_FIRST_BACKOFF = 0.1
_LONGEST_BACKOFF = 15.0
_FOLLOWER_PATIENCE = 8

_log = log(__name__)


class Follower(Protocol):
    """Something that goes through a log step by step."""

    async def step(self) -> bool:
        """Do the next piece; True when there may be more to do at once. Cancelling it must be harmless."""
        ...


MakeFollower = Callable[[int], Follower]
"""Makes a follower for the lease of that epoch."""


class Pace(NamedTuple):
    """How far apart steps begin: `times` as long as the last one took, but within `least` and `most` seconds.

    A step costs much the same for one commit as for a page of them, so under load pages are left to fill, the more the
    slower the store is: all that follows the log leaves it most of its time. After a while of quiet nothing waits.
    """

    times: float
    least: float
    most: float

    def after(self, took: float) -> float:
        """Seconds from the beginning of a step that took so long to that of the next."""
        return min(max(self.least, self.times * took), self.most)


class _Beat(NamedTuple):
    """What a follower that is up to date waits for: a nudge or the end of its patience, and in any case its pace."""

    nudge: Nudge
    patience: Callable[[], float]
    pace: Pace


_SEQUENCING: Final = Pace(times=3.0, least=0.02, most=0.5)
_FOLLOWING: Final = Pace(times=5.0, least=0.1, most=1.0)


class LogWorker:
    """Runs the background work of one service; every process of the service has one.

    `lease_seconds`: for how long a process that vanished keeps the others waiting. `poll_seconds`: after how long
    without a nudge to look for commits of other processes; followers, whom a sequencer in this process nudges, then
    look more rarely. `sequenced` is that nudge: it rings when this process has given positions to commits. `log` is the
    log that followers should read, a window that they share.
    """

    def __init__(self, store: LogStore, *, lease_seconds: float = 5.0, poll_seconds: float = 0.25) -> None:
        self.sequenced = Nudge()
        self.log = LogWindow(store, self.sequenced)
        self._store = store
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._owner = uuid.uuid4().hex
        self._followers: defaultdict[str, dict[str, MakeFollower]] = defaultdict(dict)
        self._sequencing = self._leadership(LOG_LEASE)

    @property
    def epoch(self) -> int | None:
        """That of the log's lease held now; None while another process sequences."""
        return self._sequencing.epoch

    def add(self, name: str, make: MakeFollower, *, lease: str = LOG_LEASE) -> None:
        """Have a follower run whenever this process holds `lease`; `name` is for logs. Call before `run`.

        The lease's name is kept in the database: two versions of a service that must not do the same work at once have
        to use the same.
        """
        self._followers[lease][name] = make

    async def run(self) -> None:
        """Work until cancelled, then give all leases back."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sequencing.run(self._sequence))
            for lease in self._followers.keys() - {LOG_LEASE}:
                group.create_task(self._leadership(lease).run(partial(self._follow_all, lease)))

    def _leadership(self, lease: str) -> Leadership:
        return Leadership(self._store, lease, owner=self._owner, seconds=self._lease_seconds)

    async def _sequence(self, epoch: int) -> None:
        """What is done under the log's lease."""
        async with asyncio.TaskGroup() as group:
            sequencer = Sequencer(self._store, self.log)
            beat = _Beat(self._store.appended, lambda: self._poll_seconds, _SEQUENCING)
            group.create_task(self._follow("sequencer", sequencer, beat))
            group.create_task(self._follow_all(LOG_LEASE, epoch))

    async def _follow_all(self, lease: str, epoch: int) -> None:
        async with asyncio.TaskGroup() as group:
            for name, make in self._followers[lease].items():
                beat = _Beat(self.sequenced, self._patience, _FOLLOWING)
                group.create_task(self._follow(name, make(epoch), beat))

    def _patience(self) -> float:
        """How long a follower waits for a nudge, which comes only if the commits are sequenced in this process."""
        return self._poll_seconds * (1 if self.epoch is None else _FOLLOWER_PATIENCE)

    async def _follow(self, name: str, follower: Follower, beat: "_Beat") -> None:
        failures, clock = 0, asyncio.get_running_loop()
        with beat.nudge.listen() as listener:
            while True:
                _go_on_unless_cancelled()
                began = clock.time()
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
                    due = began + beat.pace.after(clock.time() - began)
                    await listener.wait(beat.patience())
                    await asyncio.sleep(max(0.0, due - clock.time()))

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


def _go_on_unless_cancelled() -> None:
    """Raise the cancellation of this task that a wait inside it has lost.

    `asyncio.wait_for` of Python 3.11 does when what it waits for ends at that very moment (bpo-37658), as the bus's
    client has it often. Whoever then went on would keep the lost lease from being taken again.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

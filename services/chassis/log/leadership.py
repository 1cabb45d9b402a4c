"""Holds one lease, again and again, and has work done for as long as it is held.

What the lease protects and what it does not is told at `lease`; what the work is, is the caller's business (`worker`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from services.chassis.log.eventstore import EventStoreError
from services.chassis.log.lease import LeaseLost, Leases
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log

LEADING: Final = "log_worker_leading"
STEPPED_DOWN: Final = "log_worker_stepped_down"
LEASE_FAILED: Final = "log_worker_lease_failed"

_RELEASE_SECONDS = 2.0
_LONGEST_PAUSE = 0.25

_log = log(__name__)

Work = Callable[[int], Coroutine[Any, Any, None]]
"""What to do under the lease of that epoch, until it is cancelled or raises LeaseLost."""


class Leadership:
    """One process's claim to one lease. `owner` names this run of this process; `seconds` is the lease's length."""

    def __init__(self, leases: Leases, name: str, *, owner: str, seconds: float) -> None:
        self._leases = leases
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self.epoch: int | None = None
        """That of the lease held now; None while another process leads."""

    async def run(self, work: Work) -> None:
        """Do `work` whenever the lease is held, until cancelled; then give the lease back.

        Raises, as a group, whatever but LeaseLost the work raises.
        """
        while True:
            epoch = await self._taken()
            self.epoch = epoch
            _log.info(LEADING, worker=self._name, epoch=epoch)
            try:
                await self._lead(epoch, work)
            finally:
                self.epoch = None
                await self._give_back(epoch)
                _log.info(STEPPED_DOWN, worker=self._name, epoch=epoch)
            # So that two who each believe that they were overtaken do not chase one another.
            await _some(min(self._seconds / 10, _LONGEST_PAUSE))

    async def _taken(self) -> int:
        while True:
            try:
                epoch = await self._leases.acquire_lease(self._name, self._owner, self._seconds)
            except EventStoreError as error:
                _log.warning(LEASE_FAILED, worker=self._name, error_type=type(error).__name__, at=where(error))
                epoch = None
            if epoch is not None:
                return epoch
            await _some(self._seconds / 4)

    async def _lead(self, epoch: int, work: Work) -> None:
        """Work until the lease is lost."""
        tasks = [asyncio.create_task(each) for each in (self._renew(epoch), work(epoch))]
        try:
            # No task group, which tells of what failed in place of having been cancelled at the same time.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [each for each in ended if isinstance(each, Exception)]
        if failures:
            # Several may notice at once; anything but a lost lease is a fault of ours and goes on up.
            _, others = ExceptionGroup("while leading", failures).split(LeaseLost)
            if others is not None:
                raise others

    async def _renew(self, epoch: int) -> None:
        clock = asyncio.get_running_loop()
        ends = clock.time() + self._seconds
        while clock.time() < ends:
            await asyncio.sleep(self._seconds / 4)
            asked = clock.time()
            # Another try is made, for as long as the lease may still be ours; an answer that comes later is none.
            with suppress(EventStoreError, TimeoutError):
                async with asyncio.timeout_at(ends):
                    held = await self._leases.renew_lease(self._name, self._owner, epoch, self._seconds)
                if not held:
                    break
                ends = asked + self._seconds
        raise LeaseLost(self._name)

    async def _give_back(self, epoch: int) -> None:
        with suppress(EventStoreError, TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._leases.release_lease(self._name, self._owner, epoch)


def _some(seconds: float) -> Awaitable[None]:
    """A sleep of at most that long, of another length each time."""
    return asyncio.sleep(random.uniform(0.5, 1.0) * seconds)  # noqa: S311 -- not a secret

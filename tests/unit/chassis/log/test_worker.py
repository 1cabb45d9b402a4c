"""One process at a time works on a log; what fails is tried again and does not hold up the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.log.worker import LogWorker, Pace
from tests.support.commits import append


@asynccontextmanager
async def running(worker: LogWorker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- what is waited for has no event
            await asyncio.sleep(0.005)


def worker(store: MemoryEventStore) -> LogWorker:
    return LogWorker(store, lease_seconds=0.2, poll_seconds=0.02)


class Steps:
    """A follower that counts its steps, under all leases together, and fails as told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.epochs: list[int] = []
        self.count = 0

    def make(self, epoch: int) -> "Steps":
        self.epochs.append(epoch)
        return self

    async def step(self) -> bool:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return False


async def test_commits_are_sequenced_soon_after_they_are_appended() -> None:
    store = MemoryEventStore()
    async with running(worker(store)):
        for version in range(3):
            await append(store, "thread-1", version)
        await until(lambda: len(store._log) == 3)


async def test_a_follower_is_nudged_when_commits_were_sequenced() -> None:
    store, steps = MemoryEventStore(), Steps()
    patient = LogWorker(store, poll_seconds=60)
    patient.add("steps", steps.make)
    async with running(patient):
        await until(lambda: steps.count == 1)
        await append(store, "thread-1", 0)
        await until(lambda: steps.count == 2)


async def test_one_of_two_workers_leads_and_the_other_takes_over() -> None:
    store, first, second = MemoryEventStore(), Steps(), Steps()
    one, two = worker(store), worker(store)
    one.add("steps", first.make)
    two.add("steps", second.make)
    async with running(two):
        async with running(one):
            await until(lambda: first.count + second.count > 3)
            assert (one.epoch is None) != (two.epoch is None)
        await until(lambda: two.epoch is not None)
        await until(lambda: second.count > 0)
        assert first.epochs + second.epochs == [1] or second.epochs[-1] == 2


async def test_a_lease_is_given_back_at_the_end() -> None:
    store = MemoryEventStore()
    long = LogWorker(store, lease_seconds=3600)
    async with running(long):
        await until(lambda: long.epoch == 1)
    assert long.epoch is None
    assert await store.acquire_lease("log worker", "another", 1) == 2


async def test_a_failing_follower_is_tried_again_and_holds_up_nobody() -> None:
    store, bad, good = MemoryEventStore(), Steps(ValueError(), StoreUnavailable(), ValueError()), Steps()
    both = worker(store)
    both.add("bad", bad.make)
    both.add("good", good.make)
    async with running(both):
        await until(lambda: good.count > 1)
        await until(lambda: bad.count > 3)
        assert both.epoch == 1


async def test_everything_begins_anew_when_a_write_shows_that_the_lease_was_lost() -> None:
    store, steps, other = MemoryEventStore(), Steps(LeaseLost()), Steps()
    both = worker(store)
    both.add("steps", steps.make)
    both.add("other", other.make)
    async with running(both):
        await until(lambda: steps.count > 1)
    assert steps.epochs == other.epochs == [1, 2]


class DownStore(MemoryEventStore):
    down = False

    async def renew_lease(self, name: str, owner: str, epoch: int, seconds: float) -> bool:
        if self.down:
            raise StoreUnavailable
        return await super().renew_lease(name, owner, epoch, seconds)


async def test_a_worker_that_cannot_renew_stops_in_time() -> None:
    store = DownStore()
    lonely = worker(store)
    async with running(lonely):
        await until(lambda: lonely.epoch == 1)
        store.down = True
        await until(lambda: lonely.epoch is None)
        store.down = False
        await until(lambda: lonely.epoch is not None)


async def test_a_worker_survives_a_store_that_is_down_at_the_start() -> None:
    class LateStore(MemoryEventStore):
        refusals = 1

        async def acquire_lease(self, name: str, owner: str, seconds: float) -> int | None:
            self.refusals -= 1
            if self.refusals >= 0:
                raise StoreUnavailable
            return await super().acquire_lease(name, owner, seconds)

    late = worker(LateStore())
    async with running(late):
        await until(lambda: late.epoch == 1)


async def test_a_mistake_in_making_a_follower_is_not_hidden() -> None:
    def mistake(epoch: int) -> Steps:
        raise TypeError

    broken = worker(MemoryEventStore())
    broken.add("broken", mistake)
    with pytest.raises(ExceptionGroup):
        await broken.run()


class HungStore(MemoryEventStore):
    """Takes questions and answers none, as a server does that was stopped without being ended."""

    async def renew_lease(self, name: str, owner: str, epoch: int, seconds: float) -> bool:
        await asyncio.Event().wait()
        return True


async def test_a_worker_whose_store_hangs_stops_when_the_lease_ends() -> None:
    lonely = worker(HungStore())
    async with running(lonely):
        await until(lambda: lonely.epoch == 1)
        await until(lambda: lonely.epoch != 1)


async def test_a_lease_of_its_own_is_held_by_another_process_than_the_log() -> None:
    store, mine, theirs = MemoryEventStore(), Steps(), Steps()
    assert await store.acquire_lease("log worker", "another", 3600) == 1
    one, two = worker(store), worker(store)
    one.add("views", mine.make, lease="views 1")
    two.add("views", theirs.make, lease="views 2")
    async with running(one), running(two):
        await until(lambda: mine.count > 1 and theirs.count > 1)
        assert one.epoch is two.epoch is None


async def test_a_lost_lease_stops_only_what_ran_under_it() -> None:
    store, bad, good = MemoryEventStore(), Steps(LeaseLost()), Steps()
    both = worker(store)
    both.add("bad", bad.make, lease="views 1")
    both.add("good", good.make)
    async with running(both):
        await until(lambda: bad.epochs == [1, 2])
        assert good.epochs == [1]
        assert both.epoch == 1


async def test_all_leases_are_given_back_at_the_end() -> None:
    store, steps = MemoryEventStore(), Steps()
    long = LogWorker(store, lease_seconds=3600)
    long.add("views", steps.make, lease="views 1")
    async with running(long):
        await until(lambda: steps.count > 0 and long.epoch == 1)
    assert await store.acquire_lease("views 1", "another", 1) == 2
    assert await store.acquire_lease("log worker", "another", 1) == 2


async def test_a_follower_whose_log_another_process_sequences_looks_by_itself() -> None:
    store, steps = MemoryEventStore(), Steps()
    assert await store.acquire_lease("log worker", "another", 3600) == 1
    alone = LogWorker(store, poll_seconds=0.02)
    alone.add("views", steps.make, lease="views 1")
    async with running(alone):
        await until(lambda: steps.count > 3)


def test_steps_are_the_further_apart_the_longer_they_take_within_bounds() -> None:
    pace = Pace(times=3.0, least=0.1, most=1.0)
    assert [pace.after(took) for took in (0.0, 0.02, 0.2, 5.0)] == [0.1, 0.1, pytest.approx(0.6), 1.0]


async def test_whoever_is_cancelled_while_the_lease_is_lost_ends() -> None:
    """A step that is interrupted may find that it was overtaken, and say that instead."""

    class Overtaken:
        begun = asyncio.Event()

        async def step(self) -> bool:
            self.begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                raise LeaseLost("overtaken")

    follower, working = Overtaken(), worker(MemoryEventStore())
    working.add("overtaken", lambda _epoch: follower)
    task = asyncio.create_task(working.run())
    await follower.begun.wait()
    task.cancel()
    _, going_on = await asyncio.wait({task}, timeout=5)
    task.cancel()
    assert not going_on


class Lossy(Steps):
    """Its first step loses the cancellation that it gets, as `asyncio.wait_for` may."""

    async def step(self) -> bool:
        self.count += 1
        if self.count == 1:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return False


async def test_a_step_that_loses_its_cancellation_does_not_keep_the_lease_from_being_taken_again() -> None:
    store, lossy, beaten = MemoryEventStore(), Lossy(), Steps(LeaseLost("overtaken"))
    leading = worker(store)
    leading.add("lossy", lossy.make)
    leading.add("beaten", beaten.make)
    async with running(leading):
        await until(lambda: len(lossy.epochs) == 2)
        await append(store, "thread-1", 0)
        await until(lambda: len(store._log) == 1)

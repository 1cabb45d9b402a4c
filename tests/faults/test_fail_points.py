# ruff: noqa: ASYNC110 -- what another process does is seen by looking
"""Killed, or stopped past its lease, exactly before and after each thing that a process does to the world."""

import asyncio
import signal

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.breaking import give_order
from tests.faults.rig.rig import DUPLICATE_WINDOW_SECONDS, LEASE_SECONDS, LEDGER, MIRROR, Rig

POINTS = [
    *((LEDGER, point) for point in ("insert", "sequence", "publish", "view")),
    *((MIRROR, point) for point in ("insert", "checkpoint", "ack")),
]
OF_THE_LEADER = [
    *((LEDGER, point) for point in ("sequence", "publish", "view")),
    *((MIRROR, point) for point in ("insert", "checkpoint")),
]
"""What only the holder of a lease does."""

_PATIENCE_SECONDS = 40


@pytest.mark.long
async def test_killed_at_a_fail_point(rig: Rig, prove: Prove) -> None:
    for replicas, point in POINTS:
        async with rig.load():
            for moment in ("before", "after"):
                await _one_comes_to(rig, replicas, f"{point}.{moment}", signal.SIGKILL)
                await asyncio.sleep(1)
        await prove()


@pytest.mark.long
async def test_the_leader_stopped_at_a_fail_point_past_its_lease(rig: Rig, prove: Prove) -> None:
    for replicas, point in OF_THE_LEADER:
        async with rig.load():
            stopped = await _one_comes_to(rig, replicas, f"{point}.before", signal.SIGSTOP)
            await asyncio.sleep(1.25 * (LEASE_SECONDS + DUPLICATE_WINDOW_SECONDS))
            rig.resume(stopped)
            await asyncio.sleep(1)
        await prove()


async def _one_comes_to(rig: Rig, replicas: tuple[str, ...], at: str, how: signal.Signals) -> str:
    """Order it of all, for who leads may change; the name of the first to come there."""
    count = rig.chance.randint(1, 3)
    orders = {name: give_order(rig.deployed[name].orders, at, how, count) for name in replicas}
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while all(path.exists() for path in orders.values()):
            await asyncio.sleep(0.01)
    (name, *others) = sorted(orders, key=lambda each: orders[each].exists())
    for other in others:
        # Taken back, unless that one was as fast.
        rig.faults[f"{how.name} at {at}"] += not orders[other].exists()
        orders[other].unlink(missing_ok=True)
    rig.faults[f"{how.name} at {at}"] += 1
    return name

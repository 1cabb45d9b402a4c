# ruff: noqa: ASYNC110 -- what another process does is seen by looking
"""Killed, or stopped past its lease, exactly before and after each thing that a process does to the world."""

import asyncio
import signal

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.rig import DUPLICATE_WINDOW_SECONDS, LEASE_SECONDS, LEDGER, MIRROR, Rig

POINTS = [
    *((LEDGER, point) for point in ("insert", "sequence", "publish", "view", "view_checkpoint")),
    *((MIRROR, point) for point in ("insert", "checkpoint", "ack")),
]
OF_THE_LEADER = [
    *((LEDGER, point) for point in ("sequence", "publish", "view", "view_checkpoint")),
    *((MIRROR, point) for point in ("insert", "checkpoint")),
]


@pytest.mark.long
async def test_killed_at_a_fail_point(rig: Rig, prove: Prove) -> None:
    for replicas, point in POINTS:
        async with rig.load():
            for moment in ("before", "after"):
                await _all_come_to(rig, replicas, f"{point}.{moment}", signal.SIGKILL)
        await prove()


@pytest.mark.long
async def test_the_leader_stopped_at_a_fail_point_past_its_lease(rig: Rig, prove: Prove) -> None:
    for replicas, point in OF_THE_LEADER:
        async with rig.load():
            leader = await rig.leader(replicas[0].partition("-")[0])
            rig.order(leader, f"{point}.before", signal.SIGSTOP, rig.chance.randint(1, 3))
            await _carried_out(rig, leader)
            await asyncio.sleep(2 * (LEASE_SECONDS + DUPLICATE_WINDOW_SECONDS))
            rig.resume(leader)
            await asyncio.sleep(1)
        await prove()


async def _all_come_to(rig: Rig, replicas: tuple[str, ...], at: str, how: signal.Signals) -> None:
    """Every replica is ordered to die there, so that whoever leads next does, too."""
    for name in replicas:
        rig.order(name, at, how, rig.chance.randint(1, 3))
    await asyncio.gather(*(_carried_out(rig, name) for name in replicas))


async def _carried_out(rig: Rig, name: str) -> None:
    async with asyncio.timeout(40):
        while rig.deployed[name].orders.exists():
            await asyncio.sleep(0.02)

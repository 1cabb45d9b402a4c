"""A process that stood still, past its lease and past the time in which the bus knows a message again, and goes on."""

import asyncio

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.rig import DUPLICATE_WINDOW_SECONDS, LEASE_SECONDS, REPLICAS, Rig

PAST_EVERYTHING = 1.5 * (LEASE_SECONDS + DUPLICATE_WINDOW_SECONDS)


@pytest.mark.parametrize("service", ["ledger", pytest.param("mirror", marks=pytest.mark.long)])
async def test_the_leader_stopped_past_its_lease(rig: Rig, prove: Prove, service: str) -> None:
    async with rig.load():
        leader = await rig.leader(service)
        rig.pause(leader)
        await asyncio.sleep(PAST_EVERYTHING)
        assert await rig.leader(service) != leader
        rig.resume(leader)
        await asyncio.sleep(2)
    await prove()


@pytest.mark.long
async def test_anybody_stopped_for_a_while(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for _ in range(6):
            name = rig.chance.choice(REPLICAS)
            rig.pause(name)
            await asyncio.sleep(rig.chance.uniform(0.5, PAST_EVERYTHING / 2))
            rig.resume(name)
            await asyncio.sleep(0.5)
    await prove()

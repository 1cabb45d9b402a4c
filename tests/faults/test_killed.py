"""SIGKILL, of every process, under load."""

import asyncio

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.rig import BUS, LEDGER, MIRROR, REPLICAS, STORES, Rig

ROUNDS = 4
KILLS = 28
VICTIMS = (*REPLICAS, *REPLICAS, *STORES, BUS)
"""Whom chance may hit: a replica as often as all servers together, and a bit more."""


async def test_each_process_killed_once(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for name in (await rig.leader("ledger"), await rig.leader("mirror"), *STORES, BUS):
            rig.kill(name)
            await asyncio.sleep(1.5)
    await prove()


@pytest.mark.long
async def test_killed_at_random(rig: Rig, prove: Prove) -> None:
    for _ in range(ROUNDS):
        async with rig.load():
            for _ in range(KILLS):
                rig.kill(rig.chance.choice(VICTIMS), down_for=rig.chance.choice((0, 0, 1)))
                await asyncio.sleep(rig.chance.uniform(0.2, 1.4))
        await prove()


@pytest.mark.long
@pytest.mark.parametrize("replicas", [LEDGER, MIRROR], ids=["ledger", "mirror"])
async def test_all_of_a_service_killed(rig: Rig, prove: Prove, replicas: tuple[str, ...]) -> None:
    async with rig.load():
        for _ in range(3):
            for name in replicas:
                rig.kill(name)
            await asyncio.sleep(4)
    await prove()

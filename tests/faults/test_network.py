"""Connections cut, half-closed, delayed and swallowed, between any two processes."""

import asyncio

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.rig import BUS, LEDGER, STORES, Rig

pytestmark = pytest.mark.long

LINKS = (*STORES, BUS, *LEDGER)


async def test_connections_cut(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for _ in range(40):
            rig.faults["connections cut"] += rig.proxies[rig.chance.choice(LINKS)].cut()
            await asyncio.sleep(rig.chance.uniform(0, 0.6))
    await prove()


async def test_connections_half_closed(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for _ in range(15):
            rig.faults["connections half-closed"] += rig.proxies[rig.chance.choice(LINKS)].half_close()
            await asyncio.sleep(rig.chance.uniform(0.2, 1.0))
        for link in LINKS:
            rig.proxies[link].cut()
    await prove()


async def test_connections_delayed(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for link in LINKS:
            rig.faults["links delayed"] += 1
            rig.proxies[link].delay(lambda: rig.chance.uniform(0.05, 0.15))
            await asyncio.sleep(3)
            rig.proxies[link].heal()
        for link in LINKS:
            rig.proxies[link].delay(lambda: rig.chance.uniform(0, 0.03))
        await asyncio.sleep(4)
        for link in LINKS:
            rig.proxies[link].heal()
    await prove()


async def test_links_swallow_everything_for_a_while(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for link in LINKS:
            rig.faults["links black-holed"] += 1
            rig.proxies[link].black_hole()
            await asyncio.sleep(rig.chance.uniform(2, 7))
            rig.proxies[link].heal()
            await asyncio.sleep(1)
    await prove()


async def test_links_refuse_for_a_while(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for link in LINKS:
            rig.faults["links refusing"] += 1
            rig.proxies[link].refuse()
            await asyncio.sleep(rig.chance.uniform(1, 3))
            rig.proxies[link].heal()
            await asyncio.sleep(1)
    await prove()

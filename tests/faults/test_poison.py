# ruff: noqa: ASYNC110 -- what other processes do is seen by looking
"""An event that cannot be taken in, killed around its parking, and redriven when it can be."""

import asyncio
import signal

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.breaking import give_order
from tests.faults.rig.driver import Load
from tests.faults.rig.rig import MIRROR, Rig

pytestmark = pytest.mark.long

POISONOUS = Load(poison=0.03)
_PATIENCE_SECONDS = 60


async def test_poison_is_parked_then_redriven(rig: Rig, prove: Prove) -> None:
    rig.indigestible(True)
    async with rig.load(POISONOUS):
        await _parked(rig, 3)
        for at in ("park.before", "park.after", "checkpoint.before"):
            await _killed(rig, at)
        await asyncio.sleep(2)
        rig.indigestible(False)
        rig.faults["redrive"] += await rig.operators.redrive()
        for at in ("redriven.before", "redriven.after"):
            await _killed(rig, at)
        await rig.operators.redrive()
    await _redriven(rig)
    await prove()


async def test_what_waits_behind_poison_stays_in_order_while_it_is_redriven(rig: Rig, prove: Prove) -> None:
    async with rig.load(POISONOUS):
        for _ in range(3):
            rig.indigestible(True)
            await _parked(rig, 2)
            await asyncio.sleep(1)
            rig.indigestible(False)
            rig.faults["redrive"] += await rig.operators.redrive()
            rig.kill(await rig.leader("mirror"))
    await _redriven(rig)
    await prove()


async def _parked(rig: Rig, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await rig.operators.parked() < count:
            await asyncio.sleep(0.1)


async def _redriven(rig: Rig) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await rig.operators.parked():
            await rig.operators.redrive()
            await asyncio.sleep(0.5)


async def _killed(rig: Rig, at: str) -> None:
    """Whoever comes there within a few seconds dies; nobody need, if there is nothing to park or redrive any more."""
    orders = [give_order(rig.deployed[name].orders, at, signal.SIGKILL) for name in MIRROR]
    for _ in range(50):
        await asyncio.sleep(0.1)
        if not all(order.exists() for order in orders):
            break
    for order in orders:
        rig.faults[f"SIGKILL at {at}"] += not order.exists()
        order.unlink(missing_ok=True)

# ruff: noqa: ASYNC110 -- what other processes do is seen by looking
"""A view built anew under load: killed midway, flipped while it is read, and in the end the same as the one before."""

import asyncio
import signal

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig import checks
from tests.faults.rig.breaking import give_order
from tests.faults.rig.driver import Load
from tests.faults.rig.rig import LEDGER, Rig

pytestmark = pytest.mark.long

_PATIENCE_SECONDS = 90


async def test_the_flip_is_noticed_by_no_reader(rig: Rig, prove: Prove) -> None:
    async with rig.load(Load(pause=0.02)):
        for _ in range(3):
            await asyncio.sleep(1)
            await _rebuilt(rig, "ledger")
            rig.faults["flip"] += 1
    evidence = await rig.evidence()
    assert list(checks.no_view_went_back(evidence)) == []
    await prove()


async def test_a_rebuild_killed_midway(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        await asyncio.sleep(3)
        for at in ("take_over.after", "view.before", "swap.before", "swap.after", "drop.before", "drop.after"):
            generation = await rig.operators.rebuild("ledger")
            for name in LEDGER:
                give_order(rig.deployed[name].orders, at, signal.SIGKILL)
            await asyncio.sleep(2)
            for name in LEDGER:
                rig.faults[f"SIGKILL at {at}"] += not rig.deployed[name].orders.exists()
                rig.deployed[name].orders.unlink(missing_ok=True)
            await _reads(rig, "ledger", generation)
    await prove()


async def test_rebuilt_is_the_same_as_live(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        await asyncio.sleep(5)
    await rig.quiet()
    live = (await rig.evidence()).ledger.views
    await _rebuilt(rig, "ledger")
    rig.faults["rebuild"] += 1
    assert (await rig.evidence()).ledger.views == live
    await prove()


async def _rebuilt(rig: Rig, service: str) -> None:
    await _reads(rig, service, await rig.operators.rebuild(service))


async def _reads(rig: Rig, service: str, generation: int) -> None:
    """Return when readers are sent to that generation."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await rig.operators.generation(service) < generation:
            await asyncio.sleep(0.1)

"""The stores and the bus: gone for a while, standing still, and the bus without its data or with that of yesterday."""

import asyncio
import shutil
import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.rig import BUS, STORES, Rig

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", [*STORES, BUS])
async def test_gone_for_a_while(rig: Rig, prove: Prove, name: str) -> None:
    async with rig.load():
        for seconds in (0, 1, 3):
            rig.kill(name, down_for=seconds)
            await rig.mended()
            await asyncio.sleep(2)
    await prove()


async def test_the_bus_loses_its_data(rig: Rig, prove: Prove) -> None:
    async with rig.load():
        for _ in range(2):
            await asyncio.sleep(2)
            await _with_the_bus_down(rig, "data wiped", rig.nats.lose_everything)
            await rig.provision()
    await prove()


async def test_the_bus_comes_back_from_an_old_copy(rig: Rig, prove: Prove, tmp_path: Path) -> None:
    data, copy = tmp_path / BUS / "jetstream", tmp_path / "copy"
    async with rig.load():
        await asyncio.sleep(2)
        await _with_the_bus_down(rig, "copy taken", lambda: shutil.copytree(data, copy))
        await asyncio.sleep(4)

        def restore() -> None:
            rig.nats.lose_everything()
            shutil.copytree(copy, data)

        await _with_the_bus_down(rig, "old copy restored", restore)
        await asyncio.sleep(2)
    await prove()


async def _with_the_bus_down(rig: Rig, what: str, change: object) -> None:
    rig.faults[what] += 1
    await asyncio.to_thread(rig.nats.stop, signal.SIGKILL)
    await asyncio.to_thread(change)  # type: ignore[arg-type]
    await asyncio.to_thread(rig.nats.start)

"""Commands that make it hard: two at once, again, cancelled, too large, and all of them on one stream."""

import asyncio
from collections import Counter

import pytest

from tests.faults.conftest import Prove
from tests.faults.rig.driver import Load
from tests.faults.rig.rig import REPLICAS, Rig

pytestmark = pytest.mark.long

HARD = ("twice", "again", "cancelled", "too_large", "many", "hot")


async def test_many_writers_on_few_streams(rig: Rig, prove: Prove) -> None:
    async with rig.load(Load(accounts=2, lanes=24, pause=0.01)):
        await asyncio.sleep(15)
    kinds = Counter(sent.kind for sent in rig.record.sent.values())
    rig.faults.update({kind: count for kind, count in kinds.items() if kind in HARD})
    assert kinds["twice"]
    assert kinds["cancelled"]
    assert kinds["too_large"] == len(rig.record.refused)
    await prove()


async def test_wall_clocks_jump(rig: Rig, prove: Prove) -> None:
    """Leases are on the database's clock: however a replica's own jumps, nobody takes over."""
    async with rig.load():
        epochs = [await rig.epoch(service) for service in ("ledger", "mirror")]
        for _ in range(12):
            rig.jump(rig.chance.choice(REPLICAS), rig.chance.choice((-86400.0, -5.0, 0.0, 5.0, 3600.0, 86400.0)))
            await asyncio.sleep(0.7)
        assert [await rig.epoch(service) for service in ("ledger", "mirror")] == epochs
    await prove()

"""A mirror as a process: what it serves, and that no moment at which it is killed leaves anything else than a tree."""

import asyncio
import random
from pathlib import Path

from services.chassis.clock import SystemClock
from services.seal import tiles
from services.tlog.follower import LogFollower
from services.tlog.reader import MirrorReader
from services.tlog.tile_store import TileStore
from services.tlog.verified import VerifiedLog
from tests.support.log_service import LogServicer
from tests.support.mirror_process import MirrorProcess, log_service
from tests.support.public_log import PublicLog

KILLS = 8


async def checked(log: PublicLog, tree: Path) -> int:
    """How many leaves the files show. Each file of the specification is there and says what the log says."""
    store = TileStore(tree)
    if store.is_empty:
        return 0
    size = (await VerifiedLog(log.trust.log_policy(), first_leaf=log.leaves[0]).take(store)).signed.size
    for tile in tiles.tiles_of(size):
        full = tree / tiles.Tile(tile.level, tile.index).path
        path = tree / tile.path
        data = path.read_bytes() if path.exists() else full.read_bytes()[: 32 * tile.width]
        assert data == tiles.encode_tile(log.tree, tile)
    return size


async def test_what_is_served_is_the_log_and_follows_it(tmp_path: Path):
    log = PublicLog()
    log.grow(299)
    servicer = LogServicer(log)
    async with log_service(servicer) as service:
        mirror = MirrorProcess(tmp_path / "mirror", log.keys.text, service.address, poll_seconds=0.05)
        async with mirror.running() as process:
            view = LogFollower(log.trust, [MirrorReader(mirror.url)], clock=SystemClock(), patience=30.0)
            assert (await view.view(300)).size == 300
            log.grow(400)
            assert (await view.view(700)).size == 700
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await checked(log, mirror.tree) == 700


async def test_killed_at_any_instant_it_leaves_a_tree(tmp_path: Path):
    log = PublicLog()
    moments = random.Random(7)
    sizes = [0]
    async with log_service(LogServicer(log, growth=90)) as service:
        mirror = MirrorProcess(tmp_path / "mirror", log.keys.text, service.address, poll_seconds=0.001)
        for _ in range(KILLS):
            async with mirror.running() as process:
                await asyncio.sleep(moments.uniform(0.0, 0.4))
                process.kill()
            sizes.append(await checked(log, mirror.tree))
        assert sizes == sorted(sizes)
        assert sizes[-1] > sizes[1] > 0
        async with mirror.running():
            view = LogFollower(log.trust, [MirrorReader(mirror.url)], clock=SystemClock(), patience=30.0)
            assert (await view.view(sizes[-1] + 1)).void == 0


async def test_a_fork_of_the_log_is_never_served(tmp_path: Path):
    log = PublicLog()
    log.grow(9)
    servicer = LogServicer(log)
    async with log_service(servicer) as service:
        mirror = MirrorProcess(tmp_path / "mirror", log.keys.text, service.address, poll_seconds=0.02)
        async with mirror.running():
            reader = MirrorReader(mirror.url)
            view = LogFollower(log.trust, [reader], clock=SystemClock(), patience=30.0)
            await view.view(10)
            servicer.log = log.fork(5)
            servicer.log.grow(20, seed=1)
            seen = tmp_path / "mirror" / "state" / "seen"
            async with asyncio.timeout(30.0):
                while len(list(seen.glob("log-forked-*"))) < 2:  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.02)
            assert (await reader.checkpoint()).splitlines()[1] == "10"
    assert await checked(log, mirror.tree) == 10

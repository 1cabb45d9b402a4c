"""A mirror's files are whole at every instant, hold what was verified, and are taken up where they were left."""

import asyncio
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError
from services.seal import tiles
from services.seal.canonical import to_base64
from services.seal.merkle import leaf_hash
from services.tlog.errors import LogForked, SourceError
from services.tlog.kept import KeptLog
from services.tlog.mirroring import Mirroring
from services.tlog.tile_store import TileStore
from services.tlog.verified import VerifiedLog
from tests.support.public_log import MemorySource, PublicLog


async def opened(log: PublicLog, directory: Path) -> KeptLog:
    kept, _ = await KeptLog.open(log.trust, tree=directory / "tree", state=directory / "seen")
    return kept


def check_tree(log: PublicLog, directory: Path, size: int) -> None:
    """Every file of the tree of `size` leaves is there and says what the log says."""
    for tile in tiles.tiles_of(size):
        assert (directory / "tree" / tile.path).read_bytes() == tiles.encode_tile(log.tree, tile)
    for bundle in tiles.bundles_of(size):
        first = bundle.index * tiles.WIDTH
        entries = tiles.decode_bundle((directory / "tree" / bundle.path).read_bytes(), bundle.width)
        assert list(entries) == log.leaves[first : first + bundle.width]


@pytest.mark.parametrize("steps", [[1, 1, 254, 1, 256, 3], [600], [255, 2], [256, 256], [10, 700, 0, 1]])
async def test_the_files_are_those_of_the_specification(tmp_path: Path, steps: list[int]):
    log = PublicLog()
    source = MemorySource(log)
    source.at = 100
    kept = await opened(log, tmp_path)
    for growth in steps:
        log.grow(growth)
        await kept.take(source)
        assert kept.size == len(log.leaves)
        check_tree(log, tmp_path, kept.size)
        assert (tmp_path / "tree" / tiles.CHECKPOINT).read_text(encoding="utf-8") == log.head(at=source.at)
    assert source.served == len(log.leaves)
    await kept.close()


async def test_a_partial_tile_stays_until_the_full_one_is_there(tmp_path: Path):
    log = PublicLog()
    kept = await opened(log, tmp_path)
    log.grow(99)
    await kept.take(MemorySource(log))
    log.grow(100)
    await kept.take(MemorySource(log))
    partial = [tmp_path / "tree" / tiles.Tile(0, 0, width).path for width in (100, 200)]
    assert all(path.exists() for path in partial)
    log.grow(60)
    await kept.take(MemorySource(log))
    assert not any(path.exists() for path in partial)
    assert (tmp_path / "tree" / tiles.Tile(0, 0).path).exists()
    await kept.close()


async def test_a_later_process_goes_on_where_the_files_end(tmp_path: Path):
    log = PublicLog()
    for growth in (300, 41, 300):
        log.grow(growth)
        source = MemorySource(log)
        kept = await opened(log, tmp_path)
        before = kept.size
        await kept.take(source)
        assert source.served == len(log.leaves) - before
        check_tree(log, tmp_path, len(log.leaves))
        await kept.close()


async def test_a_fresher_co_signature_is_shown_and_an_older_one_is_not(tmp_path: Path):
    log = PublicLog()
    source = MemorySource(log)
    kept = await opened(log, tmp_path)
    for at, shown in ((100, 100), (160, 160), (130, 160)):
        source.at = at
        await kept.take(source)
        assert (tmp_path / "tree" / tiles.CHECKPOINT).read_text(encoding="utf-8") == log.head(at=shown)
    await kept.close()


async def test_a_line_that_comes_later_is_shown_and_stays(tmp_path: Path):
    class Cosigned(MemorySource):
        lines = 0

        async def checkpoint(self) -> str:
            return log.head(at=100) + f"— late.example {to_base64(bytes(76))}\n" * self.lines

    log = PublicLog()
    source = Cosigned(log)
    kept = await opened(log, tmp_path)
    for lines, shown in ((0, 0), (1, 1), (0, 1)):
        source.lines = lines
        await kept.take(source)
        assert (tmp_path / "tree" / tiles.CHECKPOINT).read_text(encoding="utf-8").count("late.example") == shown
    await kept.close()


async def test_nothing_is_shown_that_is_not_verified(tmp_path: Path):
    log = PublicLog()
    source = MemorySource(log)
    kept = await opened(log, tmp_path)
    source.garbled = True
    with pytest.raises(SourceError):
        await kept.take(source)
    assert TileStore(tmp_path / "tree").is_empty
    source.garbled = False
    await kept.take(source)
    await kept.close()


async def test_a_fork_stops_the_mirror_for_good_and_the_evidence_is_kept(tmp_path: Path):
    log = PublicLog()
    log.grow(9)
    source = MemorySource(log)
    source.at = 100
    kept = await opened(log, tmp_path)
    await kept.take(source)
    fork = log.fork(6)
    fork.grow(9, seed=1)
    source.log = fork
    with pytest.raises(LogForked):
        await kept.take(source)
    await kept.close()
    kept = {path.read_text(encoding="utf-8") for path in (tmp_path / "seen").glob("log-forked-*")}
    assert kept == {log.head(at=100), fork.head(at=100)}
    check_tree(log, tmp_path, 10)
    again = await opened(log, tmp_path)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Mirroring(source, again).run(0.0), 0.2)
    check_tree(log, tmp_path, 10)
    await again.close()


async def test_what_was_seen_binds_although_the_files_were_cut_off_before_it(tmp_path: Path, monkeypatch):
    log = PublicLog()
    log.grow(9)
    source = MemorySource(log)
    kept = await opened(log, tmp_path)
    await kept.take(source)
    log.grow(3)

    def cut_off(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(TileStore, "extend", cut_off)
        with pytest.raises(OSError, match="no space"):
            await kept.take(source)
    await kept.close()
    fork = log.fork(11)
    fork.grow(5, seed=1)
    source.log = fork
    again = await opened(log, tmp_path)
    with pytest.raises(LogForked):
        await again.take(source)
    await again.close()


@pytest.mark.parametrize("path", [tiles.CHECKPOINT, tiles.Bundle(0).path, tiles.Bundle(1, 45).path])
async def test_damaged_files_are_no_start(tmp_path: Path, path: str):
    log = PublicLog()
    log.grow(300)
    kept = await opened(log, tmp_path)
    await kept.take(MemorySource(log))
    await kept.close()
    file = tmp_path / "tree" / path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(StateError):
        await opened(log, tmp_path)


async def test_two_processes_cannot_write_one_tree(tmp_path: Path):
    log = PublicLog()
    kept = await opened(log, tmp_path)
    with pytest.raises(StateError):
        await opened(log, tmp_path)
    await kept.close()
    await (await opened(log, tmp_path)).close()


async def test_the_files_are_a_source_like_any_other(tmp_path: Path):
    log = PublicLog()
    log.grow(300)
    kept = await opened(log, tmp_path)
    await kept.take(MemorySource(log))
    await kept.close()
    store = TileStore(tmp_path / "tree")
    reader = VerifiedLog(log.trust.log_policy(), first_leaf=log.leaves[0])
    growth = await reader.take(store)
    assert list(growth.leaves) == log.leaves
    assert await store.root_at(200, growth.signed.checkpoint) == log.tree.root(200)
    assert [leaf_hash(leaf) for leaf in await store.entries(299, 301)] == [log.tree.complete(0, i) for i in (299, 300)]
    assert store.read("../seen/log-checkpoint") is None
    assert store.read("tile/0") is None
    assert store.read("tile/0/000/000") is None

"""`log follow`, `log mirror` and `log verify --mirror` as somebody types them, against real mirrors."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.seal import tiles
from services.tlog.reader import MirrorReader
from tests.support.mirror_http import mirrored, served
from tests.support.public_log import MemorySource, PublicLog
from vouchsafe.sdk import VouchsafeError, audit

ROOT = Path(__file__).parents[3]


class Bench:
    """A log, a mirror of it, and its trust material in a file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = PublicLog()
        self.log.grow(299)
        self.source = MemorySource(self.log)
        self.trust = directory / "trust.toml"
        self.trust.write_text(self.log.keys.text, encoding="utf-8")
        self.url = ""
        self.look: Callable[[], Awaitable[object]]

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        process = await started(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


async def started(*arguments: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "vouchsafe.cli.main", "--patience", "5", *arguments)
    return await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    async with mirrored(made.log.trust, made.source, tmp_path / "mirror") as look, served(tmp_path / "mirror") as url:
        await look()
        made.url, made.look = url, look
        yield made


async def test_a_log_is_followed_until_it_forks(bench: Bench):
    fork = bench.log.fork(200)
    fork.grow(200, seed=1)
    state, other = bench.directory / "state", bench.directory / "other"
    arguments = ["log", "follow", "--trust", str(bench.trust), "--state", str(state), "--pause", "0.05"]
    async with mirrored(bench.log.trust, MemorySource(fork), other) as look, served(other) as url:
        process = await started(*arguments, "--mirror", bench.url, "--mirror", url)
        assert process.stdout is not None
        first = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert "300 leaves" in first
        assert bench.log.tree.root().hex()[:16] in first
        bench.log.grow(5)
        await bench.look()
        assert "305 leaves" in (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        await look()
        _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert "LOG_FORKED" in err.decode()
    kept = {path.read_text(encoding="utf-8") for path in (state / "seen").glob("log-forked-*")}
    trees = (bench.directory / "mirror" / "tree", other / "tree")
    assert kept == {(tree / tiles.CHECKPOINT).read_text(encoding="utf-8") for tree in trees}


async def test_one_look_says_what_there_is_and_ends(bench: Bench):
    arguments = ["log", "follow", "--trust", str(bench.trust), "--once", "--mirror"]
    code, out, err = await bench.run(*arguments, bench.url)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 1
    assert "1 ceremony, 299 ownership" in out
    code, out, err = await bench.run(*arguments, "http://127.0.0.1:1", "--mirror", bench.url)
    assert (code, len(out.splitlines())) == (1, 1)
    assert "LOG_UNREACHABLE" in err


async def test_without_a_directory_the_evidence_is_shown(bench: Bench):
    wrong = bench.directory / "wrong"
    async with served(wrong) as url:
        note = bench.log.head(witnesses=1)
        (wrong / "tree" / tiles.CHECKPOINT).write_text(note, encoding="utf-8")
        code, _, err = await bench.run("log", "follow", "--trust", str(bench.trust), "--once", "--mirror", url)
    assert code == 1
    assert note.strip() in err
    assert "LOG_UNSIGNED" in err


async def test_anybody_keeps_a_mirror_of_a_mirror(bench: Bench):
    own = bench.directory / "own"
    arguments = ["log", "mirror", "--trust", str(bench.trust), "--once", "--to", str(own / "tree"), "--from"]
    assert (await bench.run(*arguments, bench.url))[0] == 0
    async with served(own) as url:
        code, out, _ = await bench.run("log", "follow", "--trust", str(bench.trust), "--once", "--mirror", url)
    assert (code, "300 leaves" in out) == (0, True)
    original = bench.directory / "mirror" / "tree"
    files = {path.relative_to(original) for path in original.rglob("*") if path.is_file()}
    assert files == {path.relative_to(own / "tree") for path in (own / "tree").rglob("*") if path.is_file()}
    assert all((original / file).read_bytes() == (own / "tree" / file).read_bytes() for file in files)


@pytest.mark.parametrize(("leaf", "old"), [(None, None), (0, 1), (256, 256), (299, 300)])
async def test_a_mirrors_log_is_verified_with_proofs_from_its_tiles(bench: Bench, leaf: int | None, old: int | None):
    snapshot = await audit.fetch_from_mirror(MirrorReader(bench.url), bench.log.trust, leaf_index=leaf, old_size=old)
    verdict = audit.verify(snapshot, bench.log.trust)
    assert (verdict.size, verdict.root) == (300, bench.log.tree.root())
    assert (verdict.leaf_index, verdict.old_size) == (299 if leaf is None else leaf, old or 150)
    with pytest.raises(VouchsafeError, match="OUT_OF_RANGE"):
        await audit.fetch_from_mirror(MirrorReader(bench.url), bench.log.trust, leaf_index=300)


async def test_a_mirror_that_is_not_there_is_said_to_be(bench: Bench):
    with pytest.raises(VouchsafeError, match="LOG_UNREACHABLE"):
        await audit.fetch_from_mirror(MirrorReader("http://127.0.0.1:1"), bench.log.trust)

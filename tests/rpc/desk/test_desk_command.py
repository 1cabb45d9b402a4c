"""The command as an officer starts it: one address on its output, and no desk for a key that is not his."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.rpc.desk.conftest import AtWork
from vouchsafe.sdk.key_file import write_key

PROFILE = """trust = "."
[person]
certificate = "{0}"\nkey = "{1}"\nauthority = "{2}"
identity = "127.0.0.1:1"\nverification = "127.0.0.1:1"\ndisclosure = "127.0.0.1:1"
[alias]
certificate = "{0}"\nkey = "{1}"\nauthority = "{2}"\nforum = "127.0.0.1:1"\ndisclosure = "127.0.0.1:1"
[officer]
certificate = "{0}"\nkey = "{1}"\nauthority = "{2}"\ndisclosure = "{3}"
"""


@pytest.fixture
def home(at_work: AtWork, tmp_path: Path) -> Path:
    """A directory with a profile, and the keys of two officers."""
    home = tmp_path / "home"
    home.mkdir()
    edge = at_work.edge
    profile = PROFILE.format(edge.certificate, edge.key, edge.authority, edge.disclosure)
    (home / "profile.toml").write_text(profile, encoding="utf-8")
    (home / "trust.toml").write_text(at_work.platform.ceremony.text, encoding="utf-8")
    for name in ("ann", "bob"):
        write_key(home / f"{name}.key", at_work.platform.ceremony.officers[name].seed())
    return home


@asynccontextmanager
async def started(home: Path, *options: str, key: str = "ann.key") -> AsyncIterator[Process]:
    arguments = ["--profile", str(home), "--officer", "ann", "--key", str(home / key), "--state", str(home / "state")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vouchsafe.desk.main", *arguments, *options, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def test_it_prints_one_address_that_starts_a_session(home: Path):
    async with started(home) as process, aiohttp.ClientSession() as http:
        assert process.stdout
        told = b""
        while b"Ctrl-C" not in told:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            assert line
            told += line
        (url,) = [word for word in told.decode().split() if word.startswith("http")]
        async with http.get(url, allow_redirects=False) as answer:
            assert answer.status == 303
        seed = (home / "ann.key").read_bytes()
        assert seed not in told
        assert seed.hex() not in told.decode()


@pytest.mark.parametrize(
    ("options", "key", "refusal"),
    [
        ((), "bob.key", "PROOF_INVALID: this key is not the officer's"),
        ((), "nobody.key", "FILE_UNREADABLE"),
        ((), "trust.toml", "FILE_UNREADABLE"),
        (("--host", "0.0.0.0"), "ann.key", "PROFILE_INVALID: the desk listens at a loopback address only"),  # noqa: S104
    ],
    ids=["another officer's key", "no key", "a file that others may read", "another address"],
)
async def test_it_refuses_in_one_line(home: Path, options: tuple[str, ...], key: str, refusal: str):
    async with started(home, *options, key=key) as process:
        stdout, stderr = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert stdout == b""
    assert stderr.decode().startswith(f"error: {refusal}")
    assert stderr.count(b"\n") == 1

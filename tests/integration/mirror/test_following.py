"""A process that follows the log remembers what it has seen, and whom it caught, through its restarts."""

from pathlib import Path

import pytest

from services.chassis.configfile import ConfigError
from services.chassis.deployment import Endpoints, Listen, Paths, ProcessName, PublicLog, Secrets
from services.chassis.lifecycle import Process
from services.tlog.errors import LogForked, LogUnavailable
from services.tlog.following import follow
from tests.support import public_log
from tests.support.mirror_http import mirrored, served
from tests.support.public_log import MemorySource


def process(directory: Path, *mirrors: str) -> Process:
    """A process, from its beginning, whose state is where the last one's was."""
    log, paths = PublicLog(mirrors), Paths(directory / "state", directory)
    endpoints = Endpoints(ProcessName("identity"), Listen(""), log=log, paths=paths)
    return Process(directory, endpoints, Secrets(directory))


async def test_a_restart_is_shown_neither_an_older_log_nor_another(tmp_path: Path):
    log = public_log.PublicLog()
    log.grow(9)
    fork = log.fork(5)
    fork.grow(20, seed=1)
    async with mirrored(log.trust, MemorySource(log), tmp_path / "good") as look, served(tmp_path / "good") as good:
        await look()
        assert (await follow(process(tmp_path, good), log.trust).view(0)).size == 10
        older = MemorySource(log)
        older.size = 7
        async with mirrored(log.trust, older, tmp_path / "older") as look, served(tmp_path / "older") as url:
            await look()
            restarted = follow(process(tmp_path, url), log.trust)
            with pytest.raises(LogUnavailable, match="seen before"):
                await restarted.view(0)
        async with mirrored(log.trust, MemorySource(fork), tmp_path / "fork") as look, served(tmp_path / "fork") as url:
            await look()
            with pytest.raises(LogForked):
                await follow(process(tmp_path, url), log.trust).view(0)
        with pytest.raises(LogForked):
            await follow(process(tmp_path, good), log.trust).view(0)


def test_nobody_follows_without_a_mirror(tmp_path: Path):
    with pytest.raises(ConfigError, match="mirrors"):
        follow(process(tmp_path), public_log.PublicLog().trust)

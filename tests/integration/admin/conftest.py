"""The operators' command as a real process on a real store."""

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from tests.support.store import store_uri


@pytest.fixture(scope="session")
def store_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with store_uri(tmp_path_factory.mktemp("store")) as uri:
        yield uri


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)

    @property
    def lines(self) -> list[list[str]]:
        return [line.split("\t") for line in self.output.splitlines()]


class Service:
    """A service's files and its database, as its own process has them."""

    def __init__(self, directory: Path, address: str, name: str = "forum") -> None:
        self._directory = directory
        uri = urlsplit(address)._replace(path=f"/test_{uuid.uuid4().hex[:16]}").geturl()
        (directory / "secrets").mkdir(parents=True)
        (directory / "secrets" / "mongodb-uri").write_text(uri)
        (directory / "endpoints.toml").write_text(f'[process]\nname = "{name}"\n[listen]\nrpc = "127.0.0.1:0"\n')
        self.database = MongoDatabase(uri)
        self.store = MongoEventStore(self.database)

    async def admin(self, *arguments: str) -> Answer:
        """Run the command; its answer."""
        given = ("--endpoints", str(self._directory / "endpoints.toml"), "--secrets", str(self._directory / "secrets"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.admin", *given, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, error = await asyncio.wait_for(process.communicate(), 60)
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return Answer(process.returncode or 0, output.decode(), error.decode())

    async def must(self, *arguments: str) -> Answer:
        """Run a command that must succeed."""
        answer = await self.admin(*arguments)
        assert answer.code == 0, answer.error
        return answer

    async def close(self) -> None:
        await self.store.close()
        self.database.close()


@pytest_asyncio.fixture
async def service(tmp_path: Path, store_address: str) -> Any:
    service = Service(tmp_path / "forum", store_address)
    await service.store.ensure_indexes()
    yield service
    await service.close()


@pytest_asyncio.fixture
async def empty(tmp_path: Path, store_address: str) -> Any:
    """The same service with another, empty database."""
    service = Service(tmp_path / "empty", store_address)
    yield service
    await service.close()

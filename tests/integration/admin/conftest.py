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
from tests.support.prepared import Prepared, prepared
from tests.support.store import store_uri


@pytest.fixture(scope="session")
def store_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with store_uri(tmp_path_factory.mktemp("store")) as uri:
        yield uri


@pytest.fixture(scope="session")
def command() -> Iterator[Prepared]:
    with prepared("services.admin", "services.admin.main") as made:
        yield made


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

    def __init__(self, directory: Path, address: str, command: Prepared, name: str = "forum") -> None:
        endpoints, secrets = directory / "endpoints.toml", directory / "secrets"
        self._given = ("--endpoints", str(endpoints), "--secrets", str(secrets))
        self._command = command
        uri = urlsplit(address)._replace(path=f"/test_{uuid.uuid4().hex[:16]}").geturl()
        secrets.mkdir(parents=True)
        (secrets / "mongodb-uri").write_text(uri)
        endpoints.write_text(f'[process]\nname = "{name}"\n[listen]\nrpc = "127.0.0.1:0"\n')
        self.database = MongoDatabase(uri)
        self.store = MongoEventStore(self.database)

    async def admin(self, *arguments: str) -> Answer:
        """Run the command; its answer."""
        ended = await self._command.run(*self._given, *arguments)
        return Answer(ended.code, ended.output, ended.error)

    async def started(self, *arguments: str) -> Answer:
        """The same, started as an operator starts it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.admin", *self._given, *arguments),
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
async def service(tmp_path: Path, store_address: str, command: Prepared) -> Any:
    service = Service(tmp_path / "forum", store_address, command)
    await service.store.ensure_indexes()
    yield service
    await service.close()


@pytest_asyncio.fixture
async def empty(tmp_path: Path, store_address: str, command: Prepared) -> Any:
    """The same service with another, empty database."""
    service = Service(tmp_path / "empty", store_address, command)
    yield service
    await service.close()

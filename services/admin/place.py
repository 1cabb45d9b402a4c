"""Which service's log a command works on, and opening it: the files that the service itself is started with.

Only the connections that a command asks for are made, and they are closed when it ends.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import typer

from services.admin.errors import AdminError
from services.chassis.deployment import Endpoints, Secrets, load_endpoints
from services.chassis.integration.bus_jetstream import Bus
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.overview_mongo import MongoOverview
from services.chassis.views.viewstore_mongo import MongoViewStore

MOUNTED: Final = Path("/etc/vouchsafe")

T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """A service's database, by what is done with it."""

    store: MongoEventStore
    views: MongoViewStore
    letters: MongoDeadLetters
    overview: MongoOverview


@dataclass(frozen=True)
class Place:
    """Where a service's files are; `as_json`: how to answer."""

    endpoints_file: Path
    secrets_directory: Path
    as_json: bool = False

    @classmethod
    def local(cls, platform: Path, service: str, *, as_json: bool) -> "Place":
        """A service of a local platform, which keeps them in one directory for each process."""
        directory = platform / service
        if not platform.is_dir():
            raise AdminError("NO_SUCH_PLATFORM", f"there is no platform at {platform}; `make up` starts one")
        if not service or Path(service).name != service or not (directory / "secrets").is_dir():
            raise AdminError("NO_SUCH_SERVICE", f"{platform} holds no service {service!r}; name one with --service")
        if not (directory / "secrets" / "mongodb-uri").is_file():
            raise AdminError("NO_LOG", f"{service} keeps no log")
        return cls(directory / "endpoints.toml", directory / "secrets", as_json)

    @classmethod
    def of(cls, context: typer.Context) -> "Place":
        """The place that the running command line names."""
        found = context.find_object(cls)
        if found is None:
            raise LookupError("the command line was not read")
        return found

    @property
    def endpoints(self) -> Endpoints:
        """The service's addresses; ConfigError."""
        return load_endpoints(self.endpoints_file)

    @property
    def secrets(self) -> Secrets:
        """The service's secrets."""
        return Secrets(self.secrets_directory)

    @property
    def service(self) -> str:
        """The service's name."""
        return self.endpoints.process.name

    def run(self, work: Callable[[Opened], Awaitable[T]]) -> T:
        """Carry out a command's asynchronous part on the open database."""

        async def opened() -> T:
            async with self._open() as found:
                return await work(found)

        return asyncio.run(opened())

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Opened]:
        database = MongoDatabase(self.secrets.text("mongodb-uri"))
        store = MongoEventStore(database)
        try:
            await database.ping()
            yield Opened(store, MongoViewStore(database), MongoDeadLetters(database), MongoOverview(database))
        finally:
            await store.close()
            await asyncio.to_thread(database.close)

    @asynccontextmanager
    async def bus(self) -> AsyncIterator[Bus]:
        """The service's own connection to the bus."""
        bus = Bus(self.endpoints.nats.url, self.service, self.secrets.bus_tls())
        try:
            yield bus
        finally:
            await bus.close()

"""A real store and a real bus, each started once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.chassis.integration.bus_jetstream import connect, stream_name
from services.chassis.integration.bus_provision import Stream, provision
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from tests.support.nats_server import CONSUMER, PRODUCER, NatsServer
from tests.support.store import fresh_database, store_uri

STREAM = Stream(
    account=PRODUCER,
    name=stream_name(PRODUCER),
    subjects=(f"{PRODUCER}.public.>",),
    consumers=(CONSUMER,),
    max_bytes=8 * 1024 * 1024,
    age_days=1,
)


@pytest.fixture(scope="session")
def store_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with store_uri(tmp_path_factory.mktemp("store")) as uri:
        yield uri


@pytest.fixture
def database(store_address: str) -> Iterator[MongoDatabase]:
    with fresh_database(store_address) as database:
        yield database


@pytest_asyncio.fixture
async def store(database: MongoDatabase) -> MongoEventStore:
    store = MongoEventStore(database)
    await store.ensure_indexes()
    return store


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """New for each test: a stream that is deleted and made again at once may come back with its old messages."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def producer_bus(nats_server: NatsServer) -> AsyncIterator[Client]:
    """A connection of the producer's account, with an empty stream and a fresh consumer."""
    connection = await connect(nats_server.url(PRODUCER), PRODUCER, None)
    await provision(connection.jetstream(), [STREAM])
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def consumer_bus(nats_server: NatsServer) -> AsyncIterator[Client]:
    """A connection of the consumer's account."""
    connection = await connect(nats_server.url(CONSUMER), CONSUMER, None)
    yield connection
    await connection.close()

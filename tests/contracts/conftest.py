"""Every contract runs against memory and against the real store."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.views.viewstore import Documents, ViewStore
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.support.store import fresh_database, store_uri


@pytest.fixture(scope="session")
def store_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with store_uri(tmp_path_factory.mktemp("store")) as uri:
        yield uri


@pytest.fixture
def database(store_address: str) -> Iterator[MongoDatabase]:
    with fresh_database(store_address) as database:
        yield database


@pytest_asyncio.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> LogStore:
    if request.param == "memory":
        return MemoryEventStore()
    store = MongoEventStore(request.getfixturevalue("database"))
    await store.ensure_indexes()
    return store


@pytest_asyncio.fixture(params=["memory", "mongo"])
async def views(request: pytest.FixtureRequest) -> ViewStore:
    if request.param == "memory":
        return MemoryViewStore()
    return MongoViewStore(request.getfixturevalue("database"))


@pytest.fixture
def documents(views: ViewStore) -> Documents:
    return views.documents("threads_v1", 1)

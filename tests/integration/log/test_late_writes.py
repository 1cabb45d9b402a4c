"""On the real store, where one write of a consumer is several: each of them may be carried out late, see `late`."""

import itertools
from typing import Any, cast

import pytest
from pymongo.errors import NetworkTimeout

from services.chassis.integration import consumer as consumer_module
from services.chassis.integration import parking
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from tests.support.late import Network, Story
from tests.support.store import fresh_database

WRITES = {"delete_many", "delete_one", "find_one_and_update", "update_many", "update_one"}


class FarDatabase:
    """A database by way of that network."""

    def __init__(self, network: Network, database: MongoDatabase) -> None:
        self._network = network
        self._database = database

    def collection(self, name: str) -> Any:
        return self._network.to(self._database.collection(name), WRITES)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(parking, "_LOOK_SECONDS", 0)


@pytest.mark.parametrize(("behind", "second"), [(2, 0), (3, 2), (4, 2)])
async def test_writes_that_arrive_late_lose_and_double_nothing(store_address: str, behind: int, second: int) -> None:
    seen = set()
    for write in itertools.count(1):
        network = Network({write, write + second}, behind, NetworkTimeout("no answer"))
        with fresh_database(store_address) as database:
            far = cast("MongoDatabase", FarDatabase(network, database))
            store, letters, desk = MongoEventStore(far), MongoDeadLetters(far), MongoDeadLetters(database)
            await Story(store=store, letters=letters, desk=desk, away=False, mended=True).run(network)
        seen |= set(network.writes)
        if len(network.writes) < write:
            break
    assert seen == WRITES

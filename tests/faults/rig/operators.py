"""What operators do to a running service, through the same functions as their command: rebuild, look, redrive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.eventstore_mongo import MongoDatabase
from services.chassis.views.rebuild import request_rebuild
from services.chassis.views.viewstore import collection_name
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.faults.rig.accounts import ACCOUNTS
from tests.support.nats_server import PRODUCER


class Operators:
    """At the stores of the rig's services; `uri_of("ledger")` says where one is."""

    def __init__(self, uri_of: Callable[[str], str]) -> None:
        self._uri_of = uri_of

    async def rebuild(self, service: str) -> int:
        """Ask for the service's view to be built anew: the generation that it will be."""
        with self._database(service) as database:
            return await request_rebuild(MongoViewStore(database), ACCOUNTS.name, ACCOUNTS.version)

    async def generation(self, service: str) -> int:
        """Which generation of the service's view is read."""
        with self._database(service) as database:
            generations = await MongoViewStore(database).generations()
        return generations[collection_name(ACCOUNTS.name, ACCOUNTS.version)].active

    async def parked(self) -> int:
        """How many letters the mirror has parked."""
        with self._database("mirror") as database:
            return len(await MongoDeadLetters(database).all_parked())

    async def redrive(self) -> int:
        """Have all of them taken in again; how many that are."""
        with self._database("mirror") as database:
            return await MongoDeadLetters(database).wish_redrive(PRODUCER, None)

    @contextmanager
    def _database(self, service: str) -> Iterator[MongoDatabase]:
        database = MongoDatabase(self._uri_of(service))
        try:
            yield database
        finally:
            database.close()

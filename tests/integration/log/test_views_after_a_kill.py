"""Views on a real store that is killed between two of a projector's writes."""

import signal
from pathlib import Path

from services.chassis.log.eventstore_mongo import MongoDatabase
from services.chassis.views.viewstore import Advance, StoredView
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.support.store import StoreProcess

NAMES = [f"t{number}" for number in range(20)]


async def test_what_comes_before_the_last_bulk_is_there(tmp_path: Path) -> None:
    process = StoreProcess(tmp_path)
    process.start()
    database = MongoDatabase(process.uri.replace("/?", "/views?"))
    try:
        documents = MongoViewStore(database).documents("threads_v1", 1)
        await documents.open(1)
        await documents.insert({name: StoredView({"n": 1}, 3) for name in NAMES})
        await documents.write({name: StoredView({"n": 2}, 4) for name in NAMES}, None, durable=True)
        process.stop(signal.SIGKILL)
        process.start()
        await documents.write({"last": StoredView({"n": 2}, 4)}, Advance(0, 4, 1))
        assert set(await documents.get_many([*NAMES, "last"])) == {*NAMES, "last"}
    finally:
        database.close()
        process.stop()

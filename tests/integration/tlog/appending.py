"""A process that appends leaves as fast as it may and says of each, once it was acknowledged, where it is.

`python -m tests.integration.tlog.appending URI NAME SHARED`: leaves of NAME, numbered, 32 at once, every other one of
SHARED, which another process appends under the same commit ids; `owner number index` a line.
"""

import asyncio
import sys

from services.chassis.clock import SystemClock
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.seal.canonical import sha256
from services.seal.leaves import OwnershipLeaf
from services.tlog.log import TransparencyLog


def leaf(name: str, number: int) -> OwnershipLeaf:
    """The leaf that the process called `name` appends as its `number`th."""
    return OwnershipLeaf(sha256(f"{name} {number}".encode()))


async def run(uri: str, name: str, shared: str) -> None:
    """Append until somebody kills this."""
    log = TransparencyLog(MongoEventStore(MongoDatabase(uri)), event_codec(), SystemClock())
    numbers = iter(range(10**9))

    async def append() -> None:
        for number in numbers:
            owner = shared if number % 2 else name
            index = await log.append(leaf(owner, number), commit_id=f"{owner}-{number}")
            print(owner, number, index, flush=True)  # noqa: T201  (the test reads it)

    async with asyncio.TaskGroup() as group:
        for _ in range(32):
            group.create_task(append())


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))

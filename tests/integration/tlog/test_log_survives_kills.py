"""Two processes append to one log on the real store and are killed, again and again: no acknowledged leaf is lost."""

import asyncio
import random
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from services.chassis.clock import SystemClock
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.disclosure.adapters.event_codec import event_codec
from services.tlog.log import TransparencyLog
from tests.integration.tlog.appending import leaf
from tests.support.store import store_uri

ROOT = Path(__file__).parents[3]
KILLS = 10


Told = dict[tuple[str, int], int]
"""The index of each acknowledged leaf, by its owner and number."""


async def acknowledged(uri: str, name: str, shared: str, seconds: float) -> Told:
    """What a process was told until it was killed at some instant after its first leaf."""
    command = (sys.executable, "-m", "tests.integration.tlog.appending", uri, name, shared)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    first = await process.stdout.readline()
    asyncio.get_running_loop().call_later(seconds, process.send_signal, signal.SIGKILL)
    rest = await process.stdout.read()
    assert await process.wait() == -signal.SIGKILL
    # The last line may have been cut off.
    lines = (first + rest).decode().split("\n")[:-1]
    return {(owner, int(number)): int(index) for owner, number, index in (line.split() for line in lines)}


async def test_no_acknowledged_leaf_is_lost_and_the_log_never_forks(tmp_path: Path):
    chance = random.Random(7)
    with store_uri(tmp_path) as given:
        uri = urlsplit(given)._replace(path="/log").geturl()
        database = MongoDatabase(uri)
        store = MongoEventStore(database)
        await store.ensure_indexes()
        watching = TransparencyLog(store, event_codec(), SystemClock())
        told: Told = {}
        common = 0
        for turn in range(KILLS // 2):
            shared = f"both{turn}"
            first, second = await asyncio.gather(
                *(acknowledged(uri, f"{name}{turn}", shared, chance.uniform(0.02, 0.5)) for name in "ab")
            )
            assert all(second[place] == first[place] for place in first.keys() & second.keys())
            common += len(first.keys() & second.keys())
            told |= first | second
            size = watching.size
            root = watching.root(size)
            # The tree that was seen before this turn is a beginning of what the log holds now.
            fresh = TransparencyLog(store, event_codec(), SystemClock())
            await fresh.refresh()
            assert fresh.root(size) == root
            await watching.refresh()
        leaves = list(watching.leaves(0, watching.size))
        assert len(set(leaves)) == len(leaves), "no leaf is there twice"
        assert len(told) > KILLS
        assert common > 0, "some were appended by both, under one commit id"
        for (name, number), index in told.items():
            assert leaves[index] == leaf(name, number).to_bytes()
        # A repeat of what was acknowledged, and of what was not, is told one place for good.
        (name, number), index = next(iter(told.items()))
        assert await watching.append(leaf(name, number), commit_id=f"{name}-{number}") == index
        await store.close()
        database.close()

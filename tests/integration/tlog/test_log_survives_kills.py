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


async def acknowledged(uri: str, name: str, seconds: float) -> dict[int, int]:
    """What a process was told, by its leaves' numbers, until it was killed at some instant after its first leaf."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.tlog.appending", uri, name), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    first = await process.stdout.readline()
    asyncio.get_running_loop().call_later(seconds, process.send_signal, signal.SIGKILL)
    rest = await process.stdout.read()
    assert await process.wait() == -signal.SIGKILL
    # The last line may have been cut off.
    lines = (first + rest).decode().split("\n")[:-1]
    return {int(number): int(index) for number, index in (line.split() for line in lines)}


async def test_no_acknowledged_leaf_is_lost_and_the_log_never_forks(tmp_path: Path):
    chance = random.Random(7)
    with store_uri(tmp_path) as given:
        uri = urlsplit(given)._replace(path="/log").geturl()
        database = MongoDatabase(uri)
        store = MongoEventStore(database)
        await store.ensure_indexes()
        watching = TransparencyLog(store, event_codec(), SystemClock())
        told: dict[str, dict[int, int]] = {}
        for turn in range(KILLS // 2):
            names = f"a{turn}", f"b{turn}"
            answers = await asyncio.gather(*(acknowledged(uri, n, chance.uniform(0.02, 0.5)) for n in names))
            told.update(zip(names, answers, strict=True))
            size = watching.size
            root = watching.root(size)
            # The tree that was seen before this turn is a beginning of what the log holds now.
            fresh = TransparencyLog(store, event_codec(), SystemClock())
            await fresh.refresh()
            assert fresh.root(size) == root
            await watching.refresh()
        leaves = list(watching.leaves(0, watching.size))
        assert len(set(leaves)) == len(leaves), "no leaf is there twice"
        assert sum(len(answers) for answers in told.values()) > KILLS
        for name, answers in told.items():
            for number, index in answers.items():
                assert leaves[index] == leaf(name, number).to_bytes()
        # A repeat of what was acknowledged, and of what was not, is told one place for good.
        name, answers = next(iter(told.items()))
        number, index = next(iter(answers.items()))
        assert await watching.append(leaf(name, number), commit_id=f"{name}-{number}") == index
        await store.close()
        database.close()

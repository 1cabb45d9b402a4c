"""The `eventsourcing` library with SQLite beside ours on our own store, the same events, in one process each way.

Theirs is an application with its SQLite recorder on a file and every setting as it comes: each command makes a post of
an aggregate and saves it, in whichever of 64 threads and one is the faster. Ours are 64 commands at once through a
command handler: fold, decide, encode, append. Both give each command its own stream and one event of the same fields.
Both are durable to the extent of their own defaults, and neither has a network.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench import sample
from bench.figures import Aim, Comparison, Target
from bench.machine import Store, running_store
from bench.rounds import CONCURRENT, Meter, interleaved, rate
from bench.settings import Settings
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.forum.domain.thread import PostPublished

_DECIDER = SimpleNamespace(
    initial=None, evolve=lambda _state, event: event.post_id, decide=lambda command, _state: (command,)
)


class Post(Aggregate):
    """A post as the library has it: one event, of the fields that ours has."""

    @event("Published")
    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    commands = settings.sized(2048, 128)
    with running_store(settings.directory) as store:
        threads = await _faster(settings.directory, commands // 4)
        directories = iter(range(1_000_000))

        async def raw(_: Meter) -> float:
            return await asyncio.to_thread(_theirs, settings.directory / f"es{next(directories)}", commands, threads)

        async def ours(meter: Meter) -> float:
            return await _ours(store, commands, meter)

        sides = await interleaved(
            settings.rounds,
            raw=raw,
            ours=ours,
            raw_is=f"eventsourcing with SQLite on a file, from {threads} thread{'s' if threads > 1 else ''}",
            ours_is=f"CommandHandler on MongoEventStore, {CONCURRENT} commands at once",
            store_pid=store.pid,
        )
    return [
        Comparison(
            name="library",
            what="the `eventsourcing` library with SQLite against ours, in-process",
            unit="commands/s",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_LEAST, value=1.0),
            notes={"commands in a round": commands},
        )
    ]


async def _faster(directory: Path, commands: int) -> int:
    """The number of threads, 1 or 64, with which the library does more."""
    rates = {
        threads: await asyncio.to_thread(_theirs, directory / f"es-with-{threads}", commands, threads)
        for threads in (1, CONCURRENT)
    }
    return max(rates, key=rates.__getitem__)


def _theirs(directory: Path, commands: int, threads: int) -> float:
    directory.mkdir()
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(directory / "events.db")}
    application: Application[Any] = Application(environment)
    posts = [_as_json(sample.post(sample.new_id(), 0)) for _ in range(commands)]

    def publish(fields: dict[str, Any]) -> None:
        application.save(Post(fields))

    try:
        with ThreadPoolExecutor(threads) as pool:
            started = time.perf_counter()
            for _ in pool.map(publish, posts):
                pass
            return commands / (time.perf_counter() - started)
    finally:
        application.close()


def _as_json(post: PostPublished) -> dict[str, Any]:
    """The fields as the library's own JSON can hold them."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in asdict(post).items()}


async def _ours(store: Store, commands: int, meter: Meter) -> float:
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        log = MongoEventStore(database)
        await log.ensure_indexes()
        handler: CommandHandler[Any, Any, Any] = CommandHandler(log, sample.CODEC, _DECIDER)

        async def publish(post: PostPublished) -> None:
            await handler.handle(
                f"post-{post.post_id}",
                post,
                commit_id=sample.new_id(),
                fingerprint=sample.META.fingerprint,
                caller=sample.META.caller,
                begins=True,
            )

        posts = [sample.post(sample.new_id(), 0) for _ in range(commands)]
        async with meter.watching():
            found = await rate(posts, publish)
        await log.close()
        await asyncio.to_thread(database.close)
    return found

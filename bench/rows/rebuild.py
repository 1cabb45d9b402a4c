"""Building a view from the whole log beside merely reading and decoding the same commits.

Both read the embedded store by pages of 500 and decode every event. The build is a projection's driver at work, from an
empty view until queries may read it: what it folds it must also write, to the same store. Twice: posts with 19 comments
each, so that a document takes 20 events, and posts alone, where every event is a document that the store must insert.
"""

import asyncio
import time
from collections.abc import Iterator

from bench import sample
from bench.figures import Aim, Comparison, Target
from bench.filling import fill
from bench.machine import Store, running_store
from bench.rounds import Meter, interleaved
from bench.settings import Settings
from services.chassis.log.eventstore import CommitLog, EventData
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.views.projection_driver import ProjectionDriver
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import collection_name
from services.chassis.views.viewstore_mongo import MongoViewStore
from services.forum.projections.posts import POSTS

_PAGE = 500
_VIEW = collection_name(POSTS.name, POSTS.version)


async def measure(settings: Settings) -> list[Comparison]:
    """Both rows."""
    commits = settings.sized(5_000, 500)
    with running_store(settings.directory / "store") as store:
        return [
            await _row(settings, store, "rebuild", "20 events a document", commits, comments=19),
            await _row(settings, store, "rebuild_inserts", "a document for each event", commits, comments=0),
        ]


async def _row(settings: Settings, store: Store, name: str, how: str, commits: int, *, comments: int) -> Comparison:
    with store.fresh() as uri:
        database = MongoDatabase(uri)
        log = MongoEventStore(database)
        await fill(uri, sample.sequenced(_events(commits, comments)))

        async def raw(meter: Meter) -> float:
            async with meter.watching():
                return commits / await _read(log)

        async def ours(meter: Meter) -> float:
            views = MongoViewStore(database)
            async with meter.watching():
                taken = await _build(log, views)
            await views.drop(_VIEW, 1)
            await database.collection("projections").delete_many({})
            return commits / taken

        sides = await interleaved(
            settings.rounds,
            raw=raw,
            ours=ours,
            raw_is="reading and decoding the commits",
            ours_is="building the view of posts from them",
            store_pid=store.pid,
        )
        await log.close()
        await asyncio.to_thread(database.close)
    return Comparison(
        name=name,
        what=f"projection rebuild, {how}, against reading and decoding",
        unit="commits/s",
        raw=sides[0],
        ours=sides[1],
        target=Target(aim=Aim.AT_LEAST, value=0.60),
        notes={"commits": commits, "documents": commits // (1 + comments)},
    )


def _events(commits: int, comments: int) -> Iterator[tuple[str, EventData]]:
    """Threads of one post each and so many comments, mingled as they come in life: ten threads are lively at a time."""
    rounds = 1 + comments
    for _ in range(0, commits, 10 * rounds):
        posts = [sample.post(sample.new_id(), 0) for _ in range(10)]
        for number in range(rounds):
            for post in posts:
                event = sample.comment(post.thread_id, post.post_id) if number else post
                yield f"thread-{post.thread_id}", sample.CODEC.encode(event)


async def _read(log: CommitLog) -> float:
    started, position = time.perf_counter(), 0
    while commits := await log.read_log(position, _PAGE):
        position += len(commits)
        for commit in commits:
            for event in commit.events:
                sample.CODEC.decode(event.type, event.data)
    return time.perf_counter() - started


async def _build(log: CommitLog, views: MongoViewStore) -> float:
    catalog = ViewCatalog(views)
    driver = ProjectionDriver(log=log, codec=sample.CODEC, projection=POSTS, catalog=catalog, epoch=1)
    started = time.perf_counter()
    while not (await catalog.look(_VIEW))[0].active:
        await driver.step()
    return time.perf_counter() - started

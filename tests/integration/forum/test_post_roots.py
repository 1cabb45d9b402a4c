"""A day that is over, on the real store and the real bus: its root comes to disclosure, once, whoever made it."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from services.chassis.deployment import Secrets
from services.chassis.integration import bus_jetstream
from services.chassis.log.eventstore import Write
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.forum.adapters.event_codec import event_codec
from services.forum.domain.post_root import day_of
from services.forum.domain.text_commitment import TextCommitted
from tests.integration.forum.conftest import Cluster, until
from tests.support.commits import META, new_id, sequence_all
from tests.unit.forum.test_forum_views import published
from tests.unit.forum.test_post_roots import check
from vouchsafe.forum.events.v1 import post_roots_pb2

DAY = 24 * 60 * 60
POSTS = 70
GRACE = 600  # so that yesterday has been closed, even at midnight


async def test_roots_of_past_days_come_to_disclosure_over_the_bus(cluster: Cluster) -> None:
    now = int(time.time()) - GRACE
    async with forums_store(cluster) as store:
        for number in range(POSTS):
            await write_post(store, now - (2 - 2 * number // POSTS) * DAY)
        # What has no position yet when a day is closed would count for today.
        await sequence_all(store)
    await asyncio.gather(cluster.start_forum("forum-1"), cluster.start_forum("forum-2"))

    async with disclosures_inbox(cluster) as inbox:
        days: list[int] = []

        async def yesterday_is_rooted() -> bool:
            for delivery in await inbox.fetch(10, 0.5):
                assert delivery.message is not None
                days.append(post_roots_pb2.PostsRooted.FromString(delivery.message.event.data).day)
                await delivery.ack()
            return bool(days) and days[-1] >= yesterday

        yesterday = day_of(now) - 1
        await until(yesterday_is_rooted, within=60)
    # The first day is that of the first text in the log; no day behind it is left out.
    assert days == list(range(days[0], days[-1] + 1))

    async with forums_store(cluster) as store:
        codec, commits = event_codec(), await store.read_log(0, 1000)
        told = [event for each in commits for stored in each.events for event in codec.decode(stored.type, stored.data)]
    kept = [event for event in told if isinstance(event, TextCommitted)]
    assert len(kept) == POSTS
    check(kept, [event for event in told if type(event).__name__ == "PostsRooted"])


async def write_post(store: MongoEventStore, at: int) -> None:
    """A post of that moment, as its thread's own commit."""
    post = replace(published(new_id(), at, thread_id=new_id()), body="Words. More of them.")
    write = Write(new_id(), [event_codec().encode(post)], META)
    await store.append(f"thread-{post.thread_id}", 0, [write])


@asynccontextmanager
async def forums_store(cluster: Cluster) -> AsyncIterator[MongoEventStore]:
    secrets = Secrets(cluster.platform.layout.secrets("forum"))
    database = MongoDatabase(secrets.text("mongodb-uri"))
    store = MongoEventStore(database)
    await store.ensure_indexes()
    try:
        yield store
    finally:
        await store.close()
        await asyncio.to_thread(database.close)


@asynccontextmanager
async def disclosures_inbox(cluster: Cluster) -> AsyncIterator[bus_jetstream.JetStreamInbox]:
    """The one consumer of the forum's stream that disclosure's account may pull from."""
    secrets = Secrets(cluster.platform.layout.secrets("disclosure"))
    tls = ssl.create_default_context(cafile=str(secrets.path("ca.crt")))
    tls.load_cert_chain(secrets.path("nats.crt"), secrets.path("nats.key"))
    connection = await bus_jetstream.connect(cluster.platform.bus_url, "disclosure", tls)
    try:
        yield bus_jetstream.JetStreamInbox(connection, producer="forum", service="disclosure")
    finally:
        await connection.close()

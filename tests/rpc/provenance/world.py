"""A forum, disclosure's log and two witnesses, and the SDK's alias side on both: where provenance files are made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.chassis.log.eventstore_memory import MemoryEventStore
from services.disclosure.reactions.post_roots import PostRoots
from tests.rpc.disclosure.world import DOMAIN, Ceremony, Platform, Served, foreign, tls_of
from tests.rpc.forum.world import World as ForumWorld
from tests.rpc.forum.world import key_published, label_activated, running_forum
from tests.unit.forum.authors import Author, issuer_key
from vouchsafe.forum.events.v1 import post_roots_pb2
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.profile import AliasEdge

EDGE_URI = f"spiffe://{DOMAIN}/ns/vouchsafe-edge/sa/alias-edge"


@dataclass(frozen=True)
class World:
    """Both services with one open label, and an alias side that is connected to them."""

    forum: ForumWorld
    served: Served
    ceremony: Ceremony
    side: AliasSide

    async def day_over(self) -> None:
        """Let the day pass; the forum roots it, and disclosure takes the root into the log."""
        await self.forum.settled()
        before = len(self.forum.published.stored)
        self.forum.clock.advance(timedelta(days=1, minutes=5))
        await self.forum.until(lambda: len(self.forum.published.stored) > before)
        await self.forum.settled()
        reactions = PostRoots(self.served.service.log)
        for position, message in enumerate(self.forum.published.stored, start=1):
            rooted = post_roots_pb2.PostsRooted.FromString(message.event.data)
            await reactions.posts_rooted(foreign("forum", position, rooted))

    async def publish(self, *events: Any) -> None:
        """What verification publishes, as disclosure is told it."""
        published = self.served.service.published.of_verification()
        for position, event in enumerate(events, start=len(await self.served.leaves())):
            await published[event.DESCRIPTOR.full_name](foreign("verification", position, event))


def alias_of(author: Author, *threads: str) -> Alias:
    """The author's alias as a wallet holds it."""
    credential = author.credential()
    return Alias(
        label=credential.label,
        label_name="Harbour Games",
        epoch=credential.epoch,
        slot=0,
        secret=author.secret,
        envelope=b"",
        envelope_hash=credential.envelope_hash,
        prefix=credential.prefix,
        issuer_key=issuer_key().public_key,
        signature=credential.signature,
        deposit_request_id="",
        create_request_id="",
        threads=threads,
    )


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[World]:
    """All of it, until the block ends."""
    ceremony = Ceremony()
    async with running_forum(EDGE_URI) as forum, Platform(directory, ceremony, MemoryEventStore()) as platform:
        await platform.start("witness-1", "witness-2")
        served = await platform.disclosure()
        async with AliasSide(_edge(directory, forum, served), ceremony.trust, patience=10) as side:
            world = World(forum, served, ceremony, side)
            await forum.open_label()
            await world.publish(key_published(issuer_key()), label_activated())
            yield world


def _edge(directory: Path, forum: ForumWorld, served: Served) -> AliasEdge:
    tls, files = tls_of("alias-edge"), {}
    for name, content in (("certificate", tls.certificate), ("key", tls.key), ("authority", tls.authority)):
        files[name] = directory / f"edge-{name}.pem"
        files[name].write_bytes(content)
    return AliasEdge(**files, forum=forum.running.address, disclosure=served.address)

"""The whole forum in one process: its own wiring on memory stores, a real server with mutual TLS, and a bus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from services.chassis.clock import FixedClock
from services.chassis.integration.bus import Curation, PublicEvent
from services.chassis.integration.bus import Message as BusMessage
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.log.eventstore import Mark
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.forum.api.errors import ERRORS
from services.forum.config import Config
from services.forum.domain.verified import IssuerKey
from services.forum.projections.memory import Memory
from services.forum.wiring import PROJECTIONS, SERVICE, Forum, Keys, Source
from services.seal.secret import SecretBytes
from tests.rpc.forum.requests import alias_request, open_request, post_request
from tests.support.rpc import Running, identity, serving
from tests.unit.forum.authors import EPOCH, LABEL, RECEIPT_KEY, Author, issuer_key
from vouchsafe.forum.v1 import alias_service_pb2
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from vouchsafe.forum.v1.provenance_service_pb2_grpc import ProvenanceServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

EDGE, DISCLOSURE = "alias-edge", "disclosure"
ALLOW: dict[str, frozenset[str]] = {
    "vouchsafe.forum.v1.AliasService": frozenset({identity(EDGE)}),
    "vouchsafe.forum.v1.ThreadService": frozenset({identity(EDGE)}),
    "vouchsafe.forum.v1.ReadingService": frozenset({identity(EDGE)}),
    "vouchsafe.forum.v1.EvidenceService": frozenset({identity(DISCLOSURE)}),
    "vouchsafe.forum.v1.ProvenanceService": frozenset({identity(EDGE)}),
    "vouchsafe.log.v1.EventLogService": frozenset({identity(DISCLOSURE)}),
}
KEYS = Keys(
    nonce=SecretBytes(b"n" * 32),
    page=SecretBytes(b"p" * 32),
    commitment=SecretBytes(b"c" * 32),
    receipt_public=RECEIPT_KEY.public_key,
)


@dataclass
class World:
    """A running forum and those around it."""

    running: Running
    store: MemoryEventStore
    catalog: ViewCatalog
    memory: Memory
    clock: FixedClock
    verification: MemoryBus
    dead_letters: MemoryDeadLetters
    edge: RpcChannel
    disclosure: RpcChannel
    published: MemoryBus
    told: MemoryBus

    def __post_init__(self) -> None:
        self.aliases = AliasServiceStub(self.edge.channel)
        self.threads = ThreadServiceStub(self.edge.channel)
        self.reading = ReadingServiceStub(self.edge.channel)
        self.evidence = EvidenceServiceStub(self.disclosure.channel)
        self.provenance = ProvenanceServiceStub(self.edge.channel)

    def publish(self, *events: Any) -> None:
        """Have verification publish these messages."""
        for event in events:
            previous = self.verification.stored[-1].event.mark if self.verification.stored else Mark(0)
            mark = Mark(previous.position + 1)
            kind = event.DESCRIPTOR.full_name
            public = PublicEvent(mark, kind, event.SerializeToString(), key=f"{event.label} {event.epoch}")
            self.verification.stored.append(
                BusMessage(f"verification.public.{event.DESCRIPTOR.name}.v1", public, previous)
            )

    async def tell(self, *events: Any) -> None:
        """Have disclosure publish these messages, and wait until the forum has taken them in."""
        for event in events:
            previous = self.told.stored[-1].event.mark if self.told.stored else Mark(0)
            mark = Mark(previous.position + 1)
            public = PublicEvent(mark, event.DESCRIPTOR.full_name, event.SerializeToString(), key=event.alias_key.hex())
            self.told.stored.append(BusMessage(f"disclosure.public.{event.DESCRIPTOR.name}.v1", public, previous))
        await self.until(lambda: self.taken_in("disclosure") >= len(self.told.stored))

    async def open_label(self, key: IssuerKey | None = None) -> None:
        """Publish the issuer key and the activation of a label, and wait until the forum has taken them in."""
        key = key or issuer_key()
        self.publish(key_published(key), label_activated(key.label))
        await self.until(lambda: self.verification_taken_in() >= len(self.verification.stored))

    def verification_taken_in(self) -> int:
        return self.taken_in("verification")

    def taken_in(self, producer: str) -> int:
        """Up to which position of its log the forum has taken a producer's events in."""
        mark, _ = self.store._marks.get(f"consumer of {producer}", (Mark(0), 0))
        return mark.position

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 -- the condition is other people's state
                await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Wait until every view, and memory, has everything that was written."""
        await self.until(lambda: all(c.position is not None for c in self.store._commits.values()))
        head = await self.store.head_position()
        async with asyncio.timeout(60):
            await self.memory.tail.reached(head)
            for projection in PROJECTIONS:
                await self.catalog.views(projection).reached(head)

    async def alias_request(self, author: Author, **changes: Any) -> alias_service_pb2.CreateAliasRequest:
        """A true request for the author's alias, with a fresh nonce, and then with these fields changed."""
        nonce = (await self.edge.unary(self.aliases.CreateChallenge, alias_service_pb2.CreateChallengeRequest())).nonce
        request = alias_request(author, nonce)
        fields = {field.name: getattr(request, field.name) for field in request.DESCRIPTOR.fields}
        return alias_service_pb2.CreateAliasRequest(**fields | changes)

    async def newcomer(self, **fields: Any) -> Author:
        """Somebody with an alias."""
        author = Author(**fields)
        await self.edge.unary(self.aliases.CreateAlias, await self.alias_request(author))
        return author

    async def open_thread(
        self, author: Author, title: str = "A title", body: str = "words", **ids: str
    ) -> tuple[str, str]:
        """Open a thread; its id and that of its first post."""
        request = open_request(author, title, body, **ids)
        await self.edge.unary(self.threads.OpenThread, request)
        return request.thread_id, request.post_id

    async def post(self, author: Author, thread_id: str, body: str = "words") -> str:
        """Add a post; its id."""
        request = post_request(author, thread_id, body)
        await self.edge.unary(self.threads.CreatePost, request)
        return request.post_id


def key_published(key: IssuerKey) -> verification_pb.IssuerKeyPublished:
    return verification_pb.IssuerKeyPublished(
        label=key.label,
        epoch=key.epoch,
        label_name=key.label_name,
        parent="",
        public_key=key.public_key,
        ends_at=key.ends_at,
    )


def label_revoked(label: str = LABEL) -> verification_pb.LabelRevoked:
    return verification_pb.LabelRevoked(label=label, epoch=EPOCH, reason="key-compromised")


def label_activated(label: str = LABEL) -> verification_pb.LabelActivated:
    return verification_pb.LabelActivated(label=label, epoch=EPOCH, crowd_bucket=20)


async def refused(call: Awaitable[Any]) -> str:
    """The reason for which a call is refused."""
    with pytest.raises(RpcError) as refusal:
        await call
    return refusal.value.reason


@asynccontextmanager
async def running_forum(edge_uri: str = "") -> AsyncIterator[World]:
    """A forum of its own, with its background work, until the block ends. `edge_uri` is another name of the edge."""
    allow = {name: uris | {edge_uri} if edge_uri and identity(EDGE) in uris else uris for name, uris in ALLOW.items()}
    store, clock, bus = MemoryEventStore(), FixedClock(), MemoryBus()
    config = Config(allow=allow)
    epoch = await store.store_epoch()
    forum = Forum(store=store, store_epoch=epoch, views=MemoryViewStore(), keys=KEYS, config=config, clock=clock)
    # The others' logs are empty: these tests lose nothing on the bus.
    letters, published, told = MemoryDeadLetters(), MemoryBus(), MemoryBus()

    def source(producer: str, bus: MemoryBus) -> Source:
        reader = CuratedLog(MemoryEventStore(), Curation(producer, {}))
        return Source(inbox=bus.inbox(), reader=reader, dead_letters=letters)

    worker = forum.worker(
        outbox=published, verification=source("verification", bus), disclosure=source("disclosure", told)
    )
    background = asyncio.gather(worker.run(), forum.follow())
    try:
        await forum.ready()
        async with serving(SERVICE, list(forum.services()), allow=allow, errors=ERRORS) as running:
            options: dict[str, Any] = {"retry": NO_RETRY}
            async with running.channel(EDGE, **options) as edge, running.channel(DISCLOSURE, **options) as disclosure:
                yield World(
                    running, store, forum.catalog, forum._memory, clock, bus, letters, edge, disclosure, published, told
                )
    finally:
        background.cancel()
        with suppress(asyncio.CancelledError):
            await background

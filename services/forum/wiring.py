"""Puts the forum together, and is the only place that constructs adapters.

`Forum` is the service on any store and any bus; `start` opens the real ones for a process.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from services.chassis import configfile
from services.chassis.clock import Clock, SystemClock
from services.chassis.coarse_clock import CoarseClock
from services.chassis.deployment import Secrets
from services.chassis.identity_uri import server_name
from services.chassis.integration import bus_jetstream
from services.chassis.integration.bus import Inbox, Outbox
from services.chassis.integration.consumer import Consumer, Reaction
from services.chassis.integration.dead_letters import DeadLetters
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer, LogReader, RpcLogReader
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.consistency import ConsistencyTokens, Waiter
from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.folded import FoldedStates
from services.chassis.log.handle import CommandHandler
from services.chassis.log.snapshots import Snapshots
from services.chassis.log.snapshots_mongo import MongoSnapshots
from services.chassis.log.worker import Follower, LogWorker
from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_page import PageTokens
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.views.projection_driver import drive_all
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import ViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore
from services.forum.adapters.event_codec import event_codec
from services.forum.adapters.published_posts import PublishedPosts
from services.forum.adapters.thread_snapshots import thread_snapshots
from services.forum.adapters.token_sealer import TokenSealer
from services.forum.api.alias_servicer import AliasServicer
from services.forum.api.errors import ERRORS
from services.forum.api.evidence_servicer import EvidenceServicer
from services.forum.api.freshness import AllOf, Freshness
from services.forum.api.nonces import Nonces
from services.forum.api.provenance_servicer import ProvenanceServicer, Sources
from services.forum.api.reading_servicer import ReadingServicer
from services.forum.api.thread_servicer import ThreadServicer
from services.forum.config import Config
from services.forum.curation import CURATION
from services.forum.domain import (
    alias,
    alias_decider,
    label_decider,
    notices_decider,
    post_root_decider,
    text_commitment,
    thread_decider,
)
from services.forum.post_roots import PostRoots
from services.forum.projections.commitments import COMMITMENTS
from services.forum.projections.feed import FEED_DAYS, FEED_MINUTES, FEED_POSTS, FeedIndex
from services.forum.projections.memory import Memory
from services.forum.projections.posts import COMMENTS, POSTS
from services.forum.projections.threads import THREAD_PAGES, THREADS, ThreadIndex
from services.forum.reactions import labels, notices
from services.forum.reactions.labels import LabelReactions
from services.forum.reactions.notices import NoticeReactions
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from vouchsafe.forum.v1.alias_service_pb2_grpc import add_AliasServiceServicer_to_server
from vouchsafe.forum.v1.evidence_service_pb2_grpc import add_EvidenceServiceServicer_to_server
from vouchsafe.forum.v1.provenance_service_pb2_grpc import add_ProvenanceServiceServicer_to_server
from vouchsafe.forum.v1.reading_service_pb2_grpc import add_ReadingServiceServicer_to_server
from vouchsafe.forum.v1.thread_service_pb2_grpc import add_ThreadServiceServicer_to_server
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server

SERVICE: Final = "forum"

PROJECTIONS: Final = (POSTS, COMMENTS, THREADS, THREAD_PAGES, FEED_DAYS, FEED_MINUTES, FEED_POSTS, COMMITMENTS)

_ALIASES: Final = 20_000
"""Aliases that a process remembers: about 1 kB each, and one for every author who is active."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The forum's own secrets, 32 bytes each, and disclosure's public receipt key."""

    nonce: SecretBytes
    page: SecretBytes
    commitment: SecretBytes
    receipt_public: bytes


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where another service's public events come from, the bus and its log for what the bus has lost, and where those
    wait that cannot be taken in.
    """

    inbox: Inbox
    reader: LogReader
    dead_letters: DeadLetters


class Forum:
    """The forum on a store, with the documents of `PROJECTIONS` in `views`. `store_epoch`: see `LogOperations`."""

    def __init__(
        self,
        *,
        store: LogStore,
        store_epoch: str,
        views: ViewStore,
        snapshots: Snapshots | None = None,
        keys: Keys,
        config: Config,
        clock: Clock,
    ) -> None:
        self.catalog = ViewCatalog(views)
        self._store = store
        self._keys = keys
        self._config = config
        self._clock = clock
        self._coarse = CoarseClock(clock, config.time_resolution_seconds)
        self._codec = event_codec()
        self._labels = CommandHandler(store, self._codec, label_decider, self._coarse)
        states: FoldedStates[alias.State] = FoldedStates(streams=_ALIASES)
        self._aliases = CommandHandler(store, self._codec, alias_decider, self._coarse, states=states)
        self._long_threads = thread_snapshots(snapshots) if snapshots else None
        self._threads = CommandHandler(store, self._codec, thread_decider, self._coarse, snapshots=self._long_threads)
        self._notices = CommandHandler(store, self._codec, notices_decider, self._coarse)
        self._roots = CommandHandler(store, self._codec, post_root_decider, self._coarse)
        self._commitments = CommandHandler(store, self._codec, text_commitment, self._coarse)
        self._tokens = ConsistencyTokens(TokenSealer(keys.page), store_epoch)
        self._nonces = Nonces(key=keys.nonce, lifetime_seconds=config.nonce_lifetime_seconds, clock=clock)
        self._worker = LogWorker(store)
        self._memory = Memory(
            log=self._worker.log,
            news=self._worker.sequenced,
            codec=self._codec,
            feed=self._feed_index(),
            views=self._all_views(),
            observers=(self._labels.observe, self._aliases.observe, self._threads.observe),
        )

    async def close(self) -> None:
        """Finish what nobody waits for; call it before the store is closed."""
        if self._long_threads:
            await self._long_threads.settle()

    def services(self) -> Sequence[ServiceBinding[Any]]:
        """Everything that it serves."""
        evidence = EvidenceServicer(posts=PublishedPosts(self._store, self._codec), aliases=self._aliases)
        event_log = EventLogServicer(CuratedLog(self._store, CURATION))
        return (
            ServiceBinding(add_AliasServiceServicer_to_server, self._alias_servicer()),
            ServiceBinding(add_ThreadServiceServicer_to_server, self._thread_servicer()),
            ServiceBinding(add_ReadingServiceServicer_to_server, self._reading_servicer()),
            ServiceBinding(add_EvidenceServiceServicer_to_server, evidence),
            ServiceBinding(add_ProvenanceServiceServicer_to_server, self._provenance_servicer()),
            ServiceBinding(add_EventLogServiceServicer_to_server, event_log),
        )

    def worker(self, *, outbox: Outbox, verification: Source, disclosure: Source) -> LogWorker:
        """The background work: sequencing, publishing, views, daily roots, and what others say. Ask once."""
        worker = self._worker
        if CURATION:
            relay = partial(Relay, worker.log, outbox, CURATION, checkpoints=self._store)
            worker.add("relay", lambda epoch: relay(epoch=epoch))
        said = LabelReactions(self._labels).by_type()
        told = NoticeReactions(self._notices).by_type()
        worker.add("labels", lambda epoch: self._consumer(labels.PRODUCER, verification, said, epoch))
        worker.add("notices", lambda epoch: self._consumer(notices.PRODUCER, disclosure, told, epoch))
        worker.add("post roots", lambda _epoch: self._post_roots())
        drive_all(worker, PROJECTIONS, history=self._store, codec=self._codec, catalog=self.catalog)
        return worker

    async def follow(self) -> None:
        """Keep in memory what is new, in every process, until cancelled."""
        await self._memory.follow()

    async def ready(self) -> None:
        """Return when everything that is read can be read, while the background work and `follow` run."""
        await self.catalog.built(PROJECTIONS)
        await self._memory.ready()

    def _alias_servicer(self) -> AliasServicer:
        return AliasServicer(
            aliases=self._aliases,
            labels=self._labels,
            notices=self._notices,
            nonces=self._nonces,
            receipt_key=self._keys.receipt_public,
            grace=self._config.grace(),
            clock=self._coarse,
        )

    def _thread_servicer(self) -> ThreadServicer:
        return ThreadServicer(
            aliases=self._aliases,
            labels=self._labels,
            threads=self._threads,
            tokens=self._tokens,
            grace=self._config.grace(),
            clock=self._coarse,
        )

    def _reading_servicer(self) -> ReadingServicer:
        views, memory = self.catalog.views, self._memory
        waiter = Waiter(self._store, memory.tail, self._tokens)
        return ReadingServicer(
            hot=memory.hot,
            feed=self._feed_index(),
            threads=ThreadIndex(threads=views(THREADS), pages=views(THREAD_PAGES)),
            posts=views(POSTS),
            comments=views(COMMENTS),
            freshness=Freshness(waiter, memory=memory.tail, views=self._all_views()),
            tokens=PageTokens(self._keys.page.reveal()),
        )

    def _provenance_servicer(self) -> ProvenanceServicer:
        views = self.catalog.views
        sources = Sources(
            published=PublishedPosts(self._store, self._codec),
            aliases=self._aliases,
            posts=views(POSTS),
            comments=views(COMMENTS),
            commitments=views(COMMITMENTS),
        )
        return ProvenanceServicer(sources, nonces=self._nonces, secret=self._keys.commitment)

    def _post_roots(self) -> PostRoots:
        return PostRoots(
            log=self._store,
            codec=self._codec,
            roots=self._roots,
            commitments=self._commitments,
            secret=self._keys.commitment,
            clock=self._clock,
        )

    def _feed_index(self) -> FeedIndex:
        views = self.catalog.views
        return FeedIndex(days=views(FEED_DAYS), minutes=views(FEED_MINUTES), posts=views(FEED_POSTS))

    def _all_views(self) -> AllOf:
        return AllOf(*map(self.catalog.views, PROJECTIONS))

    def _consumer(self, producer: str, source: Source, reactions: Mapping[str, Reaction], epoch: int) -> Follower:
        return Consumer(
            producer=producer,
            inbox=source.inbox,
            reader=source.reader,
            checkpoints=self._store,
            epoch=epoch,
            reactions=reactions,
            dead_letters=source.dead_letters,
        )


async def start(process: Process) -> None:
    """Open store and bus, and hand over what is to run. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    database = MongoDatabase(process.secrets.text("mongodb-uri"))
    # In a thread: dropping connections waits for the driver's own threads.
    process.on_close(partial(asyncio.to_thread, database.close))
    store = MongoEventStore(database)
    process.on_close(store.close)
    await store.ensure_indexes()
    keys = _keys(process.secrets, process.endpoints.paths.trust)
    forum = Forum(
        store=store,
        store_epoch=await store.store_epoch(),
        views=MongoViewStore(database),
        snapshots=MongoSnapshots(database),
        keys=keys,
        config=config,
        clock=SystemClock(),
    )

    bus = bus_jetstream.Bus(process.endpoints.nats.url, SERVICE, process.secrets.bus_tls())

    def source(producer: str) -> Source:
        channel = RpcChannel(
            process.endpoints.peer(producer), server_name=server_name(producer), tls=process.secrets.tls()
        )
        process.on_close(channel.close)
        inbox = bus_jetstream.JetStreamInbox(bus, producer=producer, service=SERVICE)
        return Source(inbox=inbox, reader=RpcLogReader(channel), dead_letters=MongoDeadLetters(database))

    process.on_close(forum.close)
    worker = forum.worker(
        outbox=bus_jetstream.JetStreamOutbox(bus, SERVICE),
        verification=source(labels.PRODUCER),
        disclosure=source(notices.PRODUCER),
    )

    process.worker("log", worker.run)
    process.worker("memory", forum.follow)
    process.ready_when("reading", forum.ready)
    process.on_close(bus.close)
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            tls=process.secrets.tls(),
            services=forum.services(),
            allow=config.allow,
            errors=ERRORS,
            reflect=config.reflection,
        )
    )


def _keys(secrets: Secrets, trust: Path) -> Keys:
    material = Trust.parse((trust / "trust.toml").read_text(encoding="utf-8"))
    return Keys(
        nonce=SecretBytes(secrets.read("nonce.key")),
        page=SecretBytes(secrets.read("page.key")),
        commitment=SecretBytes(secrets.read("commitment.key")),
        receipt_public=material.receipt_public,
    )

"""Puts disclosure together. Only this file constructs adapters; `build` takes them, so tests wire the same service."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from services.chassis import configfile
from services.chassis.clock import Clock, SystemClock
from services.chassis.coarse_clock import CoarseClock
from services.chassis.integration.bus_jetstream import Bus, JetStreamInbox, JetStreamOutbox
from services.chassis.integration.consumer import Consumer
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer, RpcLogReader
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.tailing import LogTail
from services.chassis.log.worker import Follower, LogWorker, MakeFollower
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.adapters.peers import Channels, Peers, connect
from services.disclosure.adapters.witnesses import witness_clients
from services.disclosure.api.case import CaseServicer
from services.disclosure.api.deposit import DepositServicer
from services.disclosure.api.errors import ERRORS
from services.disclosure.api.governance import GovernanceServicer
from services.disclosure.api.transparency_log import TransparencyLogServicer
from services.disclosure.asking import Facts
from services.disclosure.case_leaves import CaseLeaves
from services.disclosure.casebook import CaseBook
from services.disclosure.cases import CaseHandler, Cases
from services.disclosure.clockwork import Clockwork
from services.disclosure.config import HOUR, Config, Keys, read_keys, read_trust
from services.disclosure.curation import CURATION
from services.disclosure.deposits import Deposits
from services.disclosure.domain import case_decider, deposit, label
from services.disclosure.governance import LogGovernance
from services.disclosure.labels import Labels
from services.disclosure.opening import Opening
from services.disclosure.reactions import post_roots
from services.disclosure.reactions.post_roots import PostRoots
from services.disclosure.reactions.published import Published
from services.disclosure.shelf import DepositHandler, Shelf
from services.disclosure.vault import Vault
from services.seal.trust import Trust
from services.tlog.checkpoints import Checkpoints
from services.tlog.errors import LeafConflict
from services.tlog.log import TransparencyLog
from vouchsafe.disclosure.v1.case_service_pb2_grpc import add_CaseServiceServicer_to_server
from vouchsafe.disclosure.v1.deposit_service_pb2_grpc import add_DepositServiceServicer_to_server
from vouchsafe.disclosure.v1.governance_service_pb2_grpc import add_GovernanceServiceServicer_to_server
from vouchsafe.disclosure.v1.transparency_log_service_pb2_grpc import add_TransparencyLogServiceServicer_to_server
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server

SERVICE: Final = "disclosure"
CEREMONY: Final = "ceremony"


@dataclass(frozen=True)
class Disclosure:
    """The service without its edges: what it serves, what it does about others' events, what runs behind."""

    log: TransparencyLog
    checkpoints: Checkpoints
    published: Published
    book: CaseBook
    clockwork: Clockwork
    services: tuple[ServiceBinding[Any], ...]
    weakened: Mapping[str, int]


def build(
    *, store: LogStore, trust: Trust, keys: Keys, peers: Peers, clock: Clock, time_resolution_seconds: int = HOUR
) -> Disclosure:
    """The service on these adapters. Call `open_log` before serving."""
    # Cases are about moments, so theirs are exact; of a deposit nobody needs to know more than the order.
    coarse = CoarseClock(clock, time_resolution_seconds)
    codec = event_codec()
    cases: CaseHandler = CommandHandler(store, codec, case_decider, clock)
    kept: DepositHandler = CommandHandler(store, codec, deposit, coarse)
    labels = Labels(CommandHandler(store, codec, label, coarse))
    shelf = Shelf(kept, labels)

    log = TransparencyLog(store, codec, coarse)
    policy = trust.log_policy()
    checkpoints = Checkpoints(log, signer=keys.log, policy=policy, witnesses=peers.witnesses)
    governance = LogGovernance(log, trust)

    leaves = CaseLeaves(store=store, codec=codec, log=log)
    facts = Facts(shelf=shelf, forum=peers.forum, governance=governance)
    desk = Cases(cases=cases, leaves=leaves, facts=facts, governance=governance, clock=clock)
    opening = Opening(
        cases=cases,
        leaves=leaves,
        shelf=shelf,
        log=log,
        checkpoints=checkpoints,
        governance=governance,
        vault=Vault(trust=trust, trustees=peers.trustees, identity=peers.identity),
        policy=policy,
        clock=clock,
    )
    book = CaseBook(codec)
    clockwork = Clockwork(book=book, cases=cases, leaves=leaves, opening=opening, clock=clock)
    deposits = Deposits(deposits=kept, labels=labels, receipt_key=keys.receipt)
    services = (
        ServiceBinding(add_CaseServiceServicer_to_server, CaseServicer(desk, opening, shelf, book)),
        ServiceBinding(add_GovernanceServiceServicer_to_server, GovernanceServicer(governance)),
        ServiceBinding(add_DepositServiceServicer_to_server, DepositServicer(deposits)),
        ServiceBinding(add_TransparencyLogServiceServicer_to_server, TransparencyLogServicer(log, checkpoints)),
        ServiceBinding(add_EventLogServiceServicer_to_server, EventLogServicer(CuratedLog(store, CURATION))),
    )
    weakened = trust.policy.shortened_delays()
    return Disclosure(log, checkpoints, Published(log, labels), book, clockwork, services, weakened)


async def open_log(disclosure: Disclosure, trust: Trust) -> None:
    """Catch the log up, and begin it with the ceremony's leaf; LeafConflict when it began with another one."""
    await disclosure.log.refresh()
    leaf = trust.ceremony_leaf()
    if await disclosure.log.append(leaf, commit_id=CEREMONY) != 0:
        raise LeafConflict("the log does not begin with the ceremony")


async def start(process: Process) -> None:
    """Open what the process needs and hand it over. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    trust = read_trust(process.endpoints.paths.trust)
    keys = read_keys(process.secrets, trust)
    tls = process.secrets.tls()

    database = MongoDatabase(process.secrets.text("mongodb-uri"))
    store = MongoEventStore(database)
    await store.ensure_indexes()
    channels = Channels(process.endpoints, tls)
    witnesses = witness_clients(
        trust, process.endpoints.witnesses, config.foreign_witnesses, process.secrets.web_client_tls()
    )
    peers = connect(channels, trustees=len(trust.share_public_keys), witnesses=witnesses)

    disclosure = build(
        store=store,
        trust=trust,
        keys=keys,
        peers=peers,
        clock=SystemClock(),
        time_resolution_seconds=config.time_resolution_seconds,
    )
    await open_log(disclosure, trust)

    bus = Bus(process.endpoints.nats.url, SERVICE, process.secrets.bus_tls())
    worker = LogWorker(store)
    tail = LogTail(worker.log, news=worker.sequenced, models=[disclosure.book], window=sys.maxsize)
    outbox = JetStreamOutbox(bus, SERVICE)
    worker.add("clockwork", lambda _epoch: disclosure.clockwork)
    worker.add("relay", _led(partial(Relay, worker.log, outbox, CURATION, checkpoints=store)))
    react(disclosure, worker, bus=bus, channels=channels, store=store, database=database)
    process.worker("log worker", worker.run)
    process.worker("case book", tail.run)
    process.ready_when("cases", tail.ready)
    process.worker("checkpoints", disclosure.checkpoints.run)
    process.serve(server(process, disclosure, config))

    async def close() -> None:
        await disclosure.checkpoints.close()
        for witness in witnesses.values():
            await witness.close()
        await bus.close()
        await channels.close()
        await store.close()
        database.close()

    process.on_close(close)


def react(
    disclosure: Disclosure,
    worker: LogWorker,
    *,
    bus: Bus,
    channels: Channels,
    store: MongoEventStore,
    database: MongoDatabase,
) -> None:
    """Have the log worker follow what identity, verification and the forum publish."""
    for producer, reactions in (
        ("identity", disclosure.published.of_identity()),
        ("verification", disclosure.published.of_verification()),
        (post_roots.PRODUCER, PostRoots(disclosure.log).by_type()),
    ):
        reacting = partial(
            Consumer,
            producer=producer,
            inbox=JetStreamInbox(bus, producer=producer, service=SERVICE),
            reader=RpcLogReader(channels.to(producer)),
            checkpoints=store,
            reactions=reactions,
            dead_letters=MongoDeadLetters(database),
        )
        worker.add(f"consumer of {producer}", _led(reacting))


def server(process: Process, disclosure: Disclosure, config: Config) -> RpcServer:
    """The service behind mutual TLS."""
    return RpcServer(
        listen=process.endpoints.listen.rpc,
        health_listen=process.endpoints.listen.health,
        tls=process.secrets.tls(),
        services=disclosure.services,
        allow=config.allow,
        errors=ERRORS,
        reflect=config.reflection,
        weakened=disclosure.weakened,
    )


def _led(make: Callable[..., Follower]) -> MakeFollower:
    """What the log worker makes a follower with, at each epoch of its lease."""
    return lambda epoch: make(epoch=epoch)

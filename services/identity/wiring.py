"""Puts identity together. `assemble` joins its parts on any store; `start` opens the real ones and hands them over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.chassis import configfile
from services.chassis.clock import Clock, SystemClock
from services.chassis.coarse_clock import CoarseClock
from services.chassis.integration.bus_jetstream import Bus, JetStreamOutbox
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.worker import LogWorker
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.views.projection_driver import drive_all
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import ViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore
from services.identity.adapters.attempts import Attempts
from services.identity.adapters.event_codec import event_codec
from services.identity.adapters.logins import Logins
from services.identity.adapters.passwords import Passwords
from services.identity.adapters.profiles import Profiles
from services.identity.adapters.tokens import Assertions, Sessions
from services.identity.api.errors import ERRORS
from services.identity.api.person_servicer import PersonServicer
from services.identity.api.release_servicer import ReleaseServicer
from services.identity.config import Config
from services.identity.curation import CURATION
from services.identity.domain import person_decider
from services.identity.domain.errors import DomainError, Reason
from services.identity.keys import Keys
from services.identity.projections.persons_by_escrow import persons_by_escrow
from services.seal.trust import Trust
from services.stops.servicer import LockServicer
from services.stops.stops import Stops
from services.tlog.follower import LogView
from services.tlog.following import follow
from vouchsafe.identity.v1.person_service_pb2_grpc import add_PersonServiceServicer_to_server
from vouchsafe.identity.v1.release_service_pb2_grpc import add_ReleaseServiceServicer_to_server
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server
from vouchsafe.trustee.v1.lock_service_pb2_grpc import add_LockServiceServicer_to_server

SERVICE = "identity"


@dataclass(frozen=True)
class Assembly:
    """What is served, what runs in the background, and what is awaited before serving and at the end."""

    bindings: list[ServiceBinding[Any]]
    worker: LogWorker
    ready: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


def assemble(
    *,
    config: Config,
    keys: Keys,
    trust: Trust,
    log: LogView,
    stops: Stops,
    store: LogStore,
    views: ViewStore,
    clock: Clock,
) -> Assembly:
    """Identity on `store`, with the documents of `persons_by_escrow` in `views`; `log` shows it the public log."""
    codec = event_codec()
    persons = CommandHandler(store, codec, person_decider, CoarseClock(clock, config.time_resolution_seconds))
    profiles = Profiles(keys.kek)
    passwords = Passwords(config.password)
    person_servicer = PersonServicer(
        persons=persons,
        logins=Logins(keys.login_mac),
        passwords=passwords,
        profiles=profiles,
        attempts=Attempts(config.attempts, clock),
        sessions=Sessions(keys.session, clock, config.tokens.session_seconds),
        assertions=Assertions(keys.assertion, clock, config.tokens.assertion_seconds),
    )
    catalog, by_escrow = ViewCatalog(views), persons_by_escrow()
    release_servicer = ReleaseServicer(
        persons=persons,
        persons_by_escrow=catalog.views(by_escrow),
        profiles=profiles,
        trust=trust,
        log=log,
        stops=stops,
        clock=clock,
    )
    bindings: list[ServiceBinding[Any]] = [
        ServiceBinding(add_PersonServiceServicer_to_server, person_servicer),
        ServiceBinding(add_ReleaseServiceServicer_to_server, release_servicer),
        ServiceBinding(add_LockServiceServicer_to_server, LockServicer(stops, lambda _: DomainError(Reason.REFUSED))),
        ServiceBinding(add_EventLogServiceServicer_to_server, EventLogServicer(CuratedLog(store, CURATION))),
    ]
    worker = LogWorker(store)
    drive_all(worker, [by_escrow], history=store, codec=codec, catalog=catalog)
    return Assembly(bindings, worker, partial(catalog.built, [by_escrow]), passwords.close)


async def start(process: Process) -> None:
    """Open what the process needs and hand it over. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    trust = Trust.parse((process.endpoints.paths.trust / "trust.toml").read_text(encoding="utf-8"))
    database = MongoDatabase(process.secrets.text("mongodb-uri"))
    # In a thread: dropping connections waits for the driver's own threads.
    process.on_close(partial(asyncio.to_thread, database.close))
    store = MongoEventStore(database)
    process.on_close(store.close)
    await store.ensure_indexes()
    public_log = follow(process, trust)
    stops = Stops.open(process.endpoints.paths.state, public_log)
    process.on_close(stops.close)
    assembly = assemble(
        config=config,
        keys=Keys.read(process.secrets),
        trust=trust,
        log=public_log,
        stops=stops,
        store=store,
        views=MongoViewStore(database),
        clock=SystemClock(),
    )
    process.on_close(assembly.close)
    bus = Bus(process.endpoints.nats.url, SERVICE, process.secrets.bus_tls())
    process.on_close(bus.close)
    outbox = JetStreamOutbox(bus, SERVICE)
    log = assembly.worker.log
    assembly.worker.add("relay", lambda epoch: Relay(log, outbox, CURATION, checkpoints=store, epoch=epoch))
    process.worker("log", assembly.worker.run)
    process.ready_when("views", assembly.ready)
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            reflect=config.reflection,
            tls=process.secrets.tls(),
            services=assembly.bindings,
            allow=config.allow,
            errors=ERRORS,
            weakened=trust.policy.shortened_delays(),
            continue_traces_from=config.continue_traces_from,
        )
    )

"""Opens the real store, bus and mail server of verification, and hands over what `assembly` joins on them.

Verification follows no other service yet: what identity publishes asks nothing of it.
"""

import asyncio
import ssl
from functools import partial

from services.chassis import configfile
from services.chassis.clock import SystemClock
from services.chassis.integration.bus_jetstream import Bus, JetStreamOutbox
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.worker import LogWorker
from services.chassis.rpc_server import RpcServer
from services.seal.trust import Trust
from services.verification.adapters.mailer import Mailer
from services.verification.api.errors import ERRORS
from services.verification.assembly import Assembly
from services.verification.config import Config, KeyBackend, load_organisations
from services.verification.curation import CURATION
from services.verification.keys import Keys

SERVICE = "verification"


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
    assembly = Assembly(
        config=config,
        keys=Keys.read(process.secrets, token=config.issuer_keys.backend is KeyBackend.PKCS11),
        trust=trust,
        organisations=load_organisations(config.organisations),
        store=store,
        mailer=_mailer(config, process),
        clock=SystemClock(),
    )
    process.on_close(assembly.close)
    bus = Bus(process.endpoints.nats.url, SERVICE, process.secrets.bus_tls())
    process.on_close(bus.close)
    process.ready_when("candidates can be checked", assembly.begin)
    process.worker("issuer keys", assembly.schedule.run)
    process.worker("crowds", assembly.crowds.run)
    if assembly.clearance is not None:
        process.worker("closed issuer keys", assembly.clearance.run)
    process.worker("log", _log_worker(store, JetStreamOutbox(bus, SERVICE)).run)
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            reflect=config.reflection,
            tls=process.secrets.tls(),
            services=assembly.bindings,
            allow=config.allow,
            errors=ERRORS,
            weakened=config.weakened(),
        )
    )


def _log_worker(store: LogStore, outbox: JetStreamOutbox) -> LogWorker:
    worker = LogWorker(store)
    worker.add("relay", lambda epoch: Relay(worker.log, outbox, CURATION, checkpoints=store, epoch=epoch))
    return worker


def _mailer(config: Config, process: Process) -> Mailer:
    # A mail server inside the platform shows a certificate of our own authority; one outside, of a public one.
    tls = ssl.create_default_context()
    tls.load_verify_locations(process.secrets.path("ca.crt"))
    password = process.secrets.text("smtp-password") if config.mail.username else None
    return Mailer(config.mail, process.endpoints.smtp.address, tls=tls, password=password, clock=SystemClock())

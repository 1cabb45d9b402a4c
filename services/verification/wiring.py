"""Puts verification together. `assemble` joins its parts on any store; `start` opens the real ones and hands them over.

Verification follows no other service yet: what identity publishes asks nothing of it.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from services.chassis import configfile
from services.chassis.clock import Clock, SystemClock
from services.chassis.coarse_clock import CoarseClock
from services.chassis.configfile import ConfigError
from services.chassis.integration.bus_jetstream import Bus, JetStreamOutbox
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.eventstore import LogStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.log.worker import LogWorker
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.worker_processes import WorkerProcesses
from services.seal import cut_and_choose
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.adapters.codes import Codes
from services.verification.adapters.event_codec import event_codec
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.adapters.key_clearance import KeyClearance
from services.verification.adapters.key_schedule import KeySchedule
from services.verification.adapters.keystore_log import KeySealing, LogKeystore
from services.verification.adapters.keystore_token import TokenKeystore, attributes
from services.verification.adapters.mailboxes import Mailboxes
from services.verification.adapters.mailer import Mailer
from services.verification.adapters.token import Token
from services.verification.api.employment_servicer import EmploymentServicer
from services.verification.api.errors import ERRORS
from services.verification.api.issuance_servicer import IssuanceServicer
from services.verification.api.label_servicer import LabelRevocationServicer, LabelServicer
from services.verification.challenges import Challenges
from services.verification.config import Config, IssuerKeySettings, KeyBackend, load_organisations
from services.verification.crowds import Crowds
from services.verification.curation import CURATION
from services.verification.domain import (
    allowance_decider,
    crowd_decider,
    employment_decider,
    issuer_key_decider,
    mailbox_decider,
    slots_decider,
)
from services.verification.domain.epoch import epoch_at
from services.verification.domain.organisation import Organisations
from services.verification.keys import Keys
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server
from vouchsafe.verification.v1.employment_service_pb2_grpc import add_EmploymentServiceServicer_to_server
from vouchsafe.verification.v1.issuance_service_pb2_grpc import add_IssuanceServiceServicer_to_server
from vouchsafe.verification.v1.label_service_pb2_grpc import (
    add_LabelRevocationServiceServicer_to_server,
    add_LabelServiceServicer_to_server,
)

SERVICE = "verification"


@dataclass(frozen=True)
class Assembly:
    """What is served, what runs in the background, what is awaited before serving, and what at the end."""

    bindings: list[ServiceBinding[Any]]
    schedule: KeySchedule
    begin: Callable[[], Awaitable[None]]
    crowds: Crowds
    close: Callable[[], Awaitable[None]]
    clearance: KeyClearance | None = None


def assemble(
    *,
    config: Config,
    keys: Keys,
    trust: Trust,
    organisations: Organisations,
    store: LogStore,
    mailer: Mailer,
    clock: Clock,
) -> Assembly:
    """Verification on `store`, with codes sent by `mailer`."""
    codec = event_codec()
    coarse = CoarseClock(clock, config.time_resolution_seconds)
    assertions = AssertionVerifier(trust.assertion_public, clock)
    employments = CommandHandler(store, codec, employment_decider, coarse)
    issuance = config.issuance.policy()
    token = _token(config.issuer_keys, keys.token_pin)
    issuer_keys = IssuerKeys(
        CommandHandler(store, codec, issuer_key_decider, coarse),
        LogKeystore(KeySealing(keys.kek)),
        token=token,
        length=config.issuance.epoch,
    )
    crowds = Crowds(
        crowds=CommandHandler(store, codec, crowd_decider, coarse),
        employments=employments,
        organisations=organisations,
        policy=config.issuance.crowd_policy(),
        length=config.issuance.epoch,
        clock=clock,
    )
    employment_servicer = EmploymentServicer(
        mailboxes=CommandHandler(store, codec, mailbox_decider, coarse),
        allowances=CommandHandler(store, codec, allowance_decider, coarse),
        employments=employments,
        assertions=assertions,
        organisations=organisations,
        addresses=Mailboxes(keys.mail_mac),
        codes=Codes(keys.code),
        mailer=mailer,
        policy=config.mail_policy(),
        clock=clock,
    )
    workers = WorkerProcesses(config.challenges.workers)
    issuance_servicer = IssuanceServicer(
        challenges=Challenges(
            slots=CommandHandler(store, codec, slots_decider, coarse),
            check=partial(workers.run, cut_and_choose.check),
            policy=config.challenge_policy(),
            clock=clock,
        ),
        opening_key=trust.opening_key,
        crowds=crowds,
        assertions=assertions,
        organisations=organisations,
        keys=issuer_keys,
        policy=issuance,
        clock=clock,
    )
    label_servicer = LabelServicer(
        crowds=crowds, employments=employments, assertions=assertions, organisations=organisations, clock=clock
    )
    revocation_servicer = LabelRevocationServicer(
        crowds=crowds,
        organisations=organisations,
        length=config.issuance.epoch,
        ahead=config.issuance.key_ahead,
        clock=clock,
    )
    bindings: list[ServiceBinding[Any]] = [
        ServiceBinding(add_EmploymentServiceServicer_to_server, employment_servicer),
        ServiceBinding(add_IssuanceServiceServicer_to_server, issuance_servicer),
        ServiceBinding(add_LabelServiceServicer_to_server, label_servicer),
        ServiceBinding(add_LabelRevocationServiceServicer_to_server, revocation_servicer),
        ServiceBinding(add_EventLogServiceServicer_to_server, EventLogServicer(CuratedLog(store, CURATION))),
    ]
    schedule = KeySchedule(
        issuer_keys, organisations, length=config.issuance.epoch, ahead=config.issuance.key_ahead, clock=clock
    )
    kept = timedelta(days=config.issuer_keys.destroy_after_days)
    clearance = KeyClearance(token, lambda: epoch_at(clock.now() - kept, issuance.epoch)) if token else None

    async def close() -> None:
        await workers.close()
        await issuer_keys.close()

    return Assembly(bindings, schedule, workers.start, crowds, close, clearance)


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
    assembly = assemble(
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


def _token(settings: IssuerKeySettings, pin: SecretBytes | None) -> TokenKeystore | None:
    """The token that new issuer keys are made in. It need not be there yet; its module and its PIN must."""
    if settings.backend is not KeyBackend.PKCS11 or settings.module is None or pin is None:
        return None
    if not settings.module.is_file():
        raise ConfigError(f"issuer_keys.module: there is no {settings.module}")
    token = Token(settings.module, settings.token, pin, attributes())
    return TokenKeystore(token, one_mechanism=settings.one_mechanism)


def _mailer(config: Config, process: Process) -> Mailer:
    # A mail server inside the platform shows a certificate of our own authority; one outside, of a public one.
    tls = ssl.create_default_context()
    tls.load_verify_locations(process.secrets.path("ca.crt"))
    password = process.secrets.text("smtp-password") if config.mail.username else None
    return Mailer(config.mail, process.endpoints.smtp.address, tls=tls, password=password, clock=SystemClock())

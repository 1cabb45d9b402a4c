"""Puts the rig's two services together as `wiring.py` of a product's service does, with fail points at the ports.

The ledger publishes every event of its own; the mirror follows it and answers each with a command on its own store.
Both are known on the platform, and on the bus, by the names of the accounts that the tests' NATS server has.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from grpc import StatusCode

from services.chassis import configfile
from services.chassis.identity_uri import server_name
from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_jetstream import Bus, JetStreamInbox, JetStreamOutbox
from services.chassis.integration.consumer import Consumer, ForeignEvent
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer, RpcLogReader
from services.chassis.integration.relay import Relay
from services.chassis.lifecycle import Process
from services.chassis.log.consistency import ConsistencyTokens, Waiter
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.chassis.log.tailing import LogTail
from services.chassis.log.worker import LogWorker
from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import ErrorTable
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.chassis.views.projection_driver import drive_all
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import ViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore
from tests.faults.rig.accounts import ACCOUNTS, CODEC, LEDGER, MIRROR, POISON, Copied, Reason, pb, stream
from tests.faults.rig.breaking import (
    LETTERS,
    OUTBOX,
    STORE,
    VIEWS,
    Breakable,
    BreakableInbox,
    BreakableViews,
    FailPoints,
)
from tests.faults.rig.clocks import JumpingClock
from tests.faults.rig.servicers import AccountServicer, LedgerServicer, PlainSealer, Tokens
from tests.support.nats_server import CONSUMER, PRODUCER
from tests.support.protos import proto_module
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server

PAID: Final = pb.Paid.DESCRIPTOR.full_name
CURATION: Final = Curation(PRODUCER, {PAID: "Paid.v1"})
ERRORS: Final = ErrorTable(reasons={Reason.CEILING_REACHED: StatusCode.FAILED_PRECONDITION})
_grpc: Any = proto_module("ledger_pb2_grpc")


@dataclass(frozen=True)
class Settings:
    """`service.toml` of both services."""

    allow: dict[str, frozenset[str]]
    lease_seconds: float


class IndigestibleError(Exception):
    """What a reaction raises at a poisonous event."""


class Parts:
    """What both services have: settings, store, view and worker, each with its fail points."""

    def __init__(self, process: Process) -> None:
        self.directory = process.config.parent
        self.process = process
        self.settings = configfile.load(process.config, Settings)
        self.breaking = FailPoints(self.directory / "orders")
        self.clock = JumpingClock(self.directory / "offset")
        self.database = MongoDatabase(process.secrets.text("mongodb-uri"))
        process.on_close(partial(asyncio.to_thread, self.database.close))
        self._store = MongoEventStore(self.database)
        process.on_close(self._store.close)
        self.store: Any = Breakable(self._store, STORE, self.breaking)
        views = BreakableViews(MongoViewStore(self.database), VIEWS, self.breaking)
        self.catalog = ViewCatalog(cast("ViewStore", views))
        self.views = self.catalog.views(ACCOUNTS)
        self.bus = Bus(process.endpoints.nats.url, process.endpoints.process.name, None)
        process.on_close(self.bus.close)
        self.worker = LogWorker(self.store, lease_seconds=self.settings.lease_seconds)
        drive_all(self.worker, [ACCOUNTS], history=self.store, codec=CODEC, catalog=self.catalog)

    async def tokens(self) -> Tokens:
        """For reads that show what was written; a worker of its own follows the log for them."""
        tail = LogTail(self.worker.log, news=self.worker.sequenced)
        self.process.worker("tail", tail.run)
        issuer = ConsistencyTokens(PlainSealer(), await self._store.store_epoch())
        return Tokens(issuer, Waiter(self.store, tail, issuer))

    async def serve(self, services: Sequence[ServiceBinding[Any]]) -> None:
        """Hand worker and server over."""
        await self._store.ensure_indexes()
        self.process.worker("log", self.worker.run)
        self.process.ready_when("views", partial(self.catalog.built, [ACCOUNTS]))
        self.process.serve(
            RpcServer(
                listen=self.process.endpoints.listen.rpc,
                health_listen=self.process.endpoints.listen.health,
                tls=self.process.secrets.tls(),
                services=services,
                allow=self.settings.allow,
                errors=ERRORS,
            )
        )


async def start_ledger(process: Process) -> None:
    """The producer."""
    parts = Parts(process)
    outbox: Any = Breakable(JetStreamOutbox(parts.bus, PRODUCER), OUTBOX, parts.breaking)
    parts.worker.add(
        "relay", lambda epoch: Relay(parts.worker.log, outbox, CURATION, checkpoints=parts.store, epoch=epoch)
    )
    accounts = CommandHandler(parts.store, CODEC, LEDGER, parts.clock)
    await parts.serve(
        [
            ServiceBinding(
                _grpc.add_LedgerServiceServicer_to_server,
                LedgerServicer(accounts, parts.views, await parts.tokens()),
            ),
            ServiceBinding(add_EventLogServiceServicer_to_server, EventLogServicer(CuratedLog(parts.store, CURATION))),
        ]
    )


async def start_mirror(process: Process) -> None:
    """The consumer."""
    parts = Parts(process)
    channel = RpcChannel(process.endpoints.peer(PRODUCER), server_name=server_name(PRODUCER), tls=process.secrets.tls())
    process.on_close(channel.close)
    inbox = BreakableInbox(JetStreamInbox(parts.bus, producer=PRODUCER, service=CONSUMER), parts.breaking)
    copying = Copying(CommandHandler(parts.store, CODEC, MIRROR, parts.clock), parts.directory / "indigestible")
    letters: Any = Breakable(MongoDeadLetters(parts.database), LETTERS, parts.breaking)

    def consumer(epoch: int) -> Consumer:
        return Consumer(
            producer=PRODUCER,
            inbox=inbox,
            reader=RpcLogReader(channel),
            checkpoints=parts.store,
            epoch=epoch,
            reactions={PAID: copying.paid},
            dead_letters=letters,
        )

    parts.worker.add("consumer", consumer)
    await parts.serve([ServiceBinding(_grpc.add_MirrorServiceServicer_to_server, AccountServicer(parts.views))])


class Copying:
    """The mirror's reaction."""

    def __init__(self, accounts: CommandHandler[Any, Any, Any], indigestible: Path) -> None:
        self._accounts = accounts
        self._indigestible = indigestible

    async def paid(self, event: ForeignEvent) -> None:
        """Copy the payment; IndigestibleError."""
        paid = pb.Paid.FromString(event.data)
        if paid.note == POISON and self._indigestible.exists():
            raise IndigestibleError
        await self._accounts.handle(
            stream(paid.account),
            Copied(paid.account, paid.number, paid.amount, paid.reference),
            commit_id=event.commit_id,
            fingerprint=fingerprint_of(event.producer, event.data),
            caller=event.producer,
        )

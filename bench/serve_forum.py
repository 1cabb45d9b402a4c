"""The forum's own process, with everything on, that counts what it asks of its store.

Lifecycle, telemetry, TLS, allow-list, validation, signatures, sequencer and projections are those of the service; only
the bus is in memory, where one open label waits to be taken in. `--store memory` leaves the database out, so that what
a call costs our own code can be told from what it costs the store. With `--replica` the views are driven elsewhere, as
all processes of a deployment but one see it, with `--parts` a post can be cut short (`forum_parts`). Other arguments
are the service's own.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from bench import wire
from bench.forum_parts import ForumInParts, Part
from services.chassis import configfile
from services.chassis.clock import SystemClock
from services.chassis.integration.bus import Curation, Delivery, Message, PublicEvent
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.dead_letters import DeadLetters
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.lifecycle import Process, run_service
from services.chassis.log.eventstore import LogStore, Mark
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.rpc_server import RpcServer
from services.chassis.views.projection import Projection
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore import Generations, ViewStore, collection_name
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.chassis.views.viewstore_mongo import MongoViewStore
from services.forum.api.errors import ERRORS
from services.forum.config import Config
from services.forum.wiring import PROJECTIONS, SERVICE, Forum, Keys, Source
from services.seal.secret import SecretBytes
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

MEMORY = "memory"


class Commands(CommandListener):
    """Counts what the driver sends, by command, collection and what a query asks by."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """A command leaves."""
        by = "".join(f" by {name}" for name in event.command.get("filter", {}))
        self.counted[f"{event.command_name} {event.command.get(event.command_name)}{by}"] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing more to count."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing more to count: a command that failed was sent."""


class _Stores(NamedTuple):
    """The forum's, and the same seen through a connection whose commands are not counted."""

    log: LogStore
    views: ViewStore
    dead_letters: DeadLetters
    seen_log: LogStore
    seen_views: ViewStore


async def start(process: Process, *, uri: str, material: Path, replica: bool, kind: type[Forum]) -> None:
    """Put the forum together as its own wiring does, on the store named by `uri`."""
    commands = Commands()
    stores = await _open(process, uri, commands)
    if replica:
        await _drive_elsewhere(stores)
    config = configfile.load(process.config, Config)
    keys = Keys(
        nonce=SecretBytes.random(32),
        page=SecretBytes.random(32),
        commitment=SecretBytes.random(32),
        receipt_public=(material / "receipt.pub").read_bytes(),
    )
    forum = kind(
        store=stores.log,
        store_epoch=await stores.log.store_epoch(),
        views=stores.views,
        keys=keys,
        config=config,
        clock=SystemClock(),
    )
    worker = forum.worker(
        outbox=MemoryBus(),
        verification=_source("verification", _open_label(material), stores),
        disclosure=_source("disclosure", MemoryBus(), stores),
    )
    process.worker("log", worker.run)
    process.worker("control", partial(_control, process, forum, stores, commands, () if replica else PROJECTIONS))
    process.worker("memory", forum.follow)
    process.ready_when("reading", forum.ready)
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            tls=process.secrets.tls(),
            services=forum.services(),
            allow=config.allow,
            errors=ERRORS,
        )
    )


class _Inbox:
    """One in memory that is as patient as a server's: it does not look for something new a hundred times a second."""

    def __init__(self, bus: MemoryBus) -> None:
        self._inbox = bus.inbox()

    async def fetch(self, limit: int, patience: float) -> Sequence[Delivery]:
        """See `Inbox.fetch`. Nothing comes after the beginning."""
        found = await self._inbox.fetch(limit, 0.0)
        if not found:
            await asyncio.sleep(patience)
        return found


def _source(producer: str, bus: MemoryBus, stores: _Stores) -> Source:
    """A producer on a bus that loses nothing."""
    reader = CuratedLog(MemoryEventStore(), Curation(producer, {}))
    return Source(inbox=_Inbox(bus), reader=reader, dead_letters=stores.dead_letters)


async def _open(process: Process, uri: str, commands: Commands) -> _Stores:
    if uri == MEMORY:
        log, views = MemoryEventStore(), MemoryViewStore()
        return _Stores(log, views, MemoryDeadLetters(), log, views)
    database, other = MongoDatabase(uri, [commands]), MongoDatabase(uri)
    for each in (database, other):
        process.on_close(partial(asyncio.to_thread, each.close))
    store = MongoEventStore(database)
    process.on_close(store.close)
    await store.ensure_indexes()
    letters = MongoDeadLetters(database)
    return _Stores(store, MongoViewStore(database), letters, MongoEventStore(other), MongoViewStore(other))


async def _drive_elsewhere(stores: _Stores) -> None:
    """Have the views' leases held by another replica. It writes nothing, and nothing here reads what it would write."""
    for projection in PROJECTIONS:
        view = collection_name(projection.name, projection.version)
        await stores.views.swap(view, Generations(), Generations(active=1))
        await stores.log.acquire_lease(f"projection {view}", "another replica", 86_400)


def _open_label(material: Path) -> MemoryBus:
    """What verification has said: an issuer's key, and that its label is open."""
    published = verification_pb.IssuerKeyPublished.FromString((material / "issuer-key.bin").read_bytes())
    opened = verification_pb.LabelActivated(label=published.label, epoch=published.epoch, crowd_bucket=20)
    bus = MemoryBus()
    for position, event in enumerate((published, opened), start=1):
        public = PublicEvent(Mark(position), event.DESCRIPTOR.full_name, event.SerializeToString(), key="label")
        subject = f"verification.public.{event.DESCRIPTOR.name}.v1"
        bus.stored.append(Message(subject, public, Mark(position - 1)))
    return bus


async def _control(
    process: Process, forum: Forum, stores: _Stores, commands: Commands, projections: Sequence[Projection]
) -> None:
    """Answer the bench: where this process serves, and what it has sent to its store once all is quiet."""
    catalog = ViewCatalog(stores.seen_views)
    async for question in wire.questions():
        if question["what"] == "settle":
            await _settled(stores.seen_log, catalog, projections)
        if question["what"] == "stop" and isinstance(forum, ForumInParts):
            forum.part = Part(question["after"])
        counted, commands.counted = dict(commands.counted), Counter()
        wire.answer(port=await _port(process), commands=counted)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()


async def _port(process: Process) -> int:
    while process.server is None or not process.server.port:  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.01)
    return process.server.port


async def _settled(log: LogStore, catalog: ViewCatalog, projections: Sequence[Projection]) -> None:
    """Return when every commit has its position and each of these views has every commit."""
    while await log.unsequenced(1):  # noqa: ASYNC110  # another connection's work
        await asyncio.sleep(0.1)
    head = await log.head_position()
    for projection in projections:
        await catalog.views(projection).reached(head)


def main() -> int:
    """Run until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.serve_forum", description=__doc__)
    parser.add_argument("--store", required=True, help=f"`{MEMORY}`, or the address of a database")
    parser.add_argument("--material", type=Path, required=True, help="directory of the receipt key and the issuer's")
    parser.add_argument("--replica", action="store_true", help="leave the views to another process")
    parser.add_argument("--parts", action="store_true", help="let posts be cut short")
    given, others = parser.parse_known_args()
    kind = ForumInParts if given.parts else Forum
    begin = partial(start, uri=given.store, material=given.material, replica=given.replica, kind=kind)
    return run_service(SERVICE, begin, arguments=others)


if __name__ == "__main__":
    sys.exit(main())

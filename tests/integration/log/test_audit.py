"""An audit of a real store and a real stream."""

from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.chassis.integration.audit_bus import audit_bus
from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_jetstream import JetStreamArchive, JetStreamOutbox
from services.chassis.integration.relay import Relay
from services.chassis.log.audit import Fault, audit_log
from services.chassis.log.eventstore import EventData, Write
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from tests.integration.log.conftest import STREAM
from tests.support.commits import META, append, new_id
from tests.support.nats_server import PRODUCER

CURATION = Curation(PRODUCER, {"test.v1.Public": "Public.v1"})
PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")


@pytest_asyncio.fixture
async def filled(store: MongoEventStore) -> MongoEventStore:
    """Five streams with commits of two commands each, in turn."""
    for number in range(50):
        writes = [Write(new_id(), [PRIVATE, PUBLIC], META), Write(new_id(), [PUBLIC], META)]
        await store.append(f"thread-{number % 5}", 3 * (number // 5), writes)
    sequencer = Sequencer(store, LogWindow(store, Nudge()))
    await sequencer.step()
    await sequencer.step()  # With nothing to do, it notes the head.
    return store


async def test_a_whole_log_is_clean(filled: MongoEventStore) -> None:
    report = await audit_log(filled)
    assert report.clean
    assert report.checked == 50


@pytest.mark.parametrize("lost", [1, 20, 50])
async def test_a_commit_that_was_removed_is_found(filled: MongoEventStore, database: MongoDatabase, lost: int) -> None:
    await database.collection("commits").delete_one({"pos": lost})
    report = await audit_log(filled)
    assert (report.findings[0].fault, report.findings[0].mark.position) == (Fault.MISSING_POSITION, lost)
    assert report.checked == 49


async def test_what_nobody_sequences_is_found(filled: MongoEventStore) -> None:
    await append(filled, "thread-new", 0)
    assert set((await audit_log(filled, unsequenced_seconds=0.1)).counts) == {Fault.LEFT_UNSEQUENCED}


async def test_what_was_published_is_compared(filled: MongoEventStore, producer_bus: Client) -> None:
    archive = JetStreamArchive(producer_bus, PRODUCER)
    relay = Relay(filled, JetStreamOutbox(producer_bus, PRODUCER), CURATION, checkpoints=filled, epoch=1)
    assert (await audit_bus(filled, archive, CURATION)).clean
    await filled.append(
        "large", 0, [Write(new_id(), [EventData("test.v1.Public", b"x" * (producer_bus.max_payload - 99))], META)]
    )
    await Sequencer(filled, LogWindow(filled, Nudge())).step()
    await relay.step()
    report = await audit_bus(filled, archive, CURATION)
    assert report.clean
    assert report.checked == 101
    await _forge(producer_bus)
    report = await audit_bus(filled, archive, CURATION)
    assert dict(report.counts) == {Fault.FOREIGN: 1, Fault.DOUBLED: 1}


async def test_messages_removed_from_the_stream_are_found_missing(
    filled: MongoEventStore, producer_bus: Client
) -> None:
    jetstream = producer_bus.jetstream()
    settings: Any = (await jetstream.stream_info(STREAM.name)).config
    await jetstream.delete_stream(STREAM.name)
    await jetstream.add_stream(settings.evolve(deny_delete=False, deny_purge=False))
    relay = Relay(filled, JetStreamOutbox(producer_bus, PRODUCER), CURATION, checkpoints=filled, epoch=1)
    await relay.step()
    for sequence in (30, 31, 60):
        await jetstream.delete_msg(STREAM.name, sequence)
    archive = JetStreamArchive(producer_bus, PRODUCER)
    assert dict((await audit_bus(filled, archive, CURATION)).counts) == {Fault.NOT_PUBLISHED: 3}
    await jetstream.purge_stream(STREAM.name, seq=50)
    assert dict((await audit_bus(filled, archive, CURATION)).counts) == {Fault.NOT_PUBLISHED: 1}


async def _forge(bus: Client) -> None:
    """Publish one message that is nobody's, and one again, as only the producer itself could."""
    jetstream = bus.jetstream()
    await jetstream.publish(f"{PRODUCER}.public.Public.v1", b"?")
    stored = await jetstream.get_msg(STREAM.name, seq=5)
    headers = {name: value for name, value in (stored.headers or {}).items() if name.startswith("Vs-")}
    await jetstream.publish(stored.subject or "", stored.data or b"", headers=headers)

"""The bus over a real server: the fence, the order, and what crosses the accounts' border."""
# ruff: noqa: ASYNC110

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from services.chassis.integration.bus import BusUnavailable, Curation, Fenced, Message, Tail
from services.chassis.integration.bus_jetstream import Bus, JetStreamInbox, JetStreamOutbox, connect
from services.chassis.integration.bus_provision import provision
from services.chassis.integration.consumer import Consumer, ForeignEvent
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.integration.relay import Relay
from services.chassis.log.eventstore import EventData, Mark, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.log.worker import LogWorker
from tests.integration.log.conftest import STREAM
from tests.support.commits import META, new_id, sequence_all
from tests.support.nats_server import CONSUMER, PRODUCER, NatsServer

CURATION = Curation(PRODUCER, {"test.v1.Public": "Public.v1"})
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def log_of(store: MemoryEventStore, count: int) -> MemoryEventStore:
    """`count` more commits with one private and one public event each."""
    for number in range(count):
        events = [EventData("test.v1.Private", b"secret"), EventData("test.v1.Public", str(number).encode())]
        await store.append(f"thing-{new_id()}", 0, [Write(new_id(), events, META)])
    await sequence_all(store)
    return store


async def messages(count: int) -> list[Message]:
    return CURATION.messages(await (await log_of(MemoryEventStore(), count)).read_log(0, count), Mark(0))


def relay_of(store: MemoryEventStore, bus: Bus | Client, epoch: int = 1) -> Relay:
    return Relay(store, JetStreamOutbox(bus, PRODUCER), CURATION, checkpoints=store, epoch=epoch)


async def stored(connection: Client) -> list[tuple[str, str]]:
    """Mark and data of all that the stream holds."""
    jetstream = connection.jetstream()
    last = (await jetstream.stream_info(STREAM.name)).state.last_seq
    raw = [await jetstream.get_msg(STREAM.name, seq=sequence) for sequence in range(1, last + 1)]
    return [((message.headers or {})["Vs-Pos"], (message.data or b"").decode()) for message in raw]


async def test_messages_are_stored_in_order_and_the_last_is_remembered(producer_bus: Client) -> None:
    outbox = JetStreamOutbox(producer_bus, PRODUCER)
    assert await outbox.tail() == Tail()
    assert await outbox.publish(await messages(50), 0) == 50
    assert await outbox.tail() == Tail(Mark(50, 1), 50)
    assert await stored(producer_bus) == [(f"{number + 1}.1", str(number)) for number in range(50)]


async def test_a_message_in_the_wrong_place_is_refused(producer_bus: Client) -> None:
    outbox = JetStreamOutbox(producer_bus, PRODUCER)
    three = await messages(3)
    await outbox.publish(three[:1], 0)
    for sequence in (0, 2):
        with pytest.raises(Fenced):
            await outbox.publish(three[1:], sequence)
    assert await outbox.tail() == Tail(Mark(1, 1), 1)
    with pytest.raises(Fenced):  # In the right place, but stored before.
        await outbox.publish(three[:1], 1)
    assert await outbox.publish(three[1:], 1) == 3


async def test_more_than_a_batch_holds_is_stored_in_order(producer_bus: Client) -> None:
    outbox = JetStreamOutbox(producer_bus, PRODUCER)
    many = await messages(1200)
    assert await outbox.publish(many, 0) == 1200
    assert await outbox.tail() == Tail(Mark(1200, 1), 1200)
    assert [mark for mark, _ in await stored(producer_bus)] == [f"{position}.1" for position in range(1, 1201)]


async def test_a_batch_leaves_while_the_rest_of_it_is_made(producer_bus: Client) -> None:
    """Else the server would have nothing to do meanwhile, and nobody else in this process a turn."""
    sent_by_turn = [producer_bus.stats["out_msgs"]]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0)
            sent_by_turn.append(producer_bus.stats["out_msgs"])

    many = await messages(800)
    watching = asyncio.create_task(watch())
    await JetStreamOutbox(producer_bus, PRODUCER).publish(many, 0)
    watching.cancel()
    assert max(after - before for before, after in pairwise(sent_by_turn)) <= 100


async def test_a_batch_is_stored_whole_or_not_at_all(producer_bus: Client) -> None:
    """Another message gets in while a batch is on its way: nothing of the batch is stored."""
    subject, settings = f"{PRODUCER}.public.Public.v1", {"Nats-Batch-Id": "b", "Nats-Expected-Last-Sequence": "0"}
    await producer_bus.publish(subject, b"first", headers={**settings, "Nats-Batch-Sequence": "1"})
    await JetStreamOutbox(producer_bus, PRODUCER).publish(await messages(1), 0)
    del settings["Nats-Expected-Last-Sequence"]
    commit = {**settings, "Nats-Batch-Sequence": "2", "Nats-Batch-Commit": "1"}
    answer = await producer_bus.request(subject, b"second", timeout=5, headers=commit)
    assert b"10071" in answer.data
    assert await stored(producer_bus) == [("1.1", "0")]


async def test_a_batch_that_was_begun_and_left_is_in_nobodys_way(producer_bus: Client) -> None:
    outbox = JetStreamOutbox(producer_bus, PRODUCER)
    for number in range(10):
        left = {"Nats-Batch-Id": f"left-{number}", "Nats-Batch-Sequence": "1", "Nats-Expected-Last-Sequence": "0"}
        await producer_bus.publish(f"{PRODUCER}.public.Public.v1", b"left", headers=left)
    assert await outbox.publish(await messages(3), 0) == 3


async def test_an_event_too_large_for_the_bus_is_told_and_read_from_the_log(
    producer_bus: Client, consumer_bus: Client
) -> None:
    store = await log_of(MemoryEventStore(), 1)
    large = EventData("test.v1.Public", b"x" * (producer_bus.max_payload - 100))
    await store.append("large", 0, [Write(new_id(), [large], META)])
    await sequence_all(store)
    await log_of(store, 1)
    await relay_of(store, producer_bus).step()
    assert await JetStreamOutbox(producer_bus, PRODUCER).tail() == Tail(Mark(3, 1), 3)
    assert [len(data) for _, data in await stored(producer_bus)] == [1, 0, 1]
    taken: list[str] = []
    follower = consumer(consumer_bus, store, taken)
    while len(taken) < 3:
        await follower.step()
    assert taken == ["0", large.data.decode(), "0"]


async def test_a_relay_goes_on_from_the_large_event_that_it_published_last(producer_bus: Client) -> None:
    store = MemoryEventStore()
    large = EventData("test.v1.Public", b"x" * (producer_bus.max_payload - 100))
    await store.append("large", 0, [Write(new_id(), [large], META)])
    await sequence_all(store)
    await relay_of(store, producer_bus).step()
    await relay_of(await log_of(store, 1), producer_bus, epoch=2).step()
    assert [mark for mark, _ in await stored(producer_bus)] == ["1.0", "2.1"]


async def test_a_stream_of_before_learns_of_batches(producer_bus: Client) -> None:
    jetstream = producer_bus.jetstream()
    settings = (await jetstream.stream_info(STREAM.name)).config
    old = settings.evolve(name="OLD", subjects=["old.>"], allow_atomic=False)
    await jetstream.add_stream(old)
    await provision(jetstream, [replace(STREAM, name="OLD", subjects=("old.>",), consumers=())])
    assert (await jetstream.stream_info("OLD")).config.allow_atomic


async def test_a_new_relay_goes_on_from_the_last_message(producer_bus: Client) -> None:
    store = await log_of(MemoryEventStore(), 5)
    await relay_of(store, producer_bus).step()
    await log_of(store, 5)
    await relay_of(store, producer_bus).step()
    assert [mark for mark, _ in await stored(producer_bus)] == [f"{position}.1" for position in range(1, 11)]


async def test_a_relay_that_slept_through_a_takeover_is_refused(producer_bus: Client) -> None:
    store = await log_of(MemoryEventStore(), 2)
    zombie = relay_of(store, producer_bus)
    await zombie.step()
    await log_of(store, 2)
    await relay_of(store, producer_bus).step()
    await log_of(store, 1)
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert len(await stored(producer_bus)) == 4


async def test_a_bus_that_lost_everything_is_filled_again(producer_bus: Client, nats_server: NatsServer) -> None:
    store = await log_of(MemoryEventStore(), 3)
    await relay_of(store, producer_bus).step()
    nats_server.stop()
    nats_server.lose_everything()
    nats_server.start()
    again = await connect(nats_server.url(PRODUCER), PRODUCER, None)
    await provision(again.jetstream(), [STREAM])
    await relay_of(store, again).step()
    assert await log_marks(again) == ["1.1", "2.1", "3.1"]
    await again.close()


async def test_the_relay_goes_on_when_the_server_was_killed(producer_bus: Client, nats_server: NatsServer) -> None:
    store = await log_of(MemoryEventStore(), 3)
    relay = relay_of(store, producer_bus)
    await relay.step()
    nats_server.stop(signal.SIGKILL)
    await log_of(store, 2)
    nats_server.start()
    async with asyncio.timeout(60):
        while len(await log_marks(producer_bus)) < 5:
            with suppress(BusUnavailable, LeaseLost):
                await relay.step()
    assert await log_marks(producer_bus) == [f"{position}.1" for position in range(1, 6)]


async def test_a_bus_restored_from_an_old_copy_is_filled_up_by_the_relay_at_work(
    producer_bus: Client, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.integration.relay._LOOK_SECONDS", 0.0)
    store = await log_of(MemoryEventStore(), 3)
    relay = relay_of(store, producer_bus)
    await relay.step()
    nats_server.stop()
    nats_server.keep_copy()
    nats_server.start()
    await log_of(store, 4)
    await _until_published(relay, producer_bus, 7)
    nats_server.stop()
    nats_server.restore_copy()
    nats_server.start()
    await _until_published(relay, producer_bus, 7)


async def test_messages_removed_from_the_end_are_published_again(
    producer_bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.integration.relay._LOOK_SECONDS", 0.0)
    jetstream = producer_bus.jetstream()
    settings = (await jetstream.stream_info(STREAM.name)).config
    await jetstream.delete_stream(STREAM.name)
    await jetstream.add_stream(settings.evolve(deny_delete=False, duplicate_window=0.5))
    store = await log_of(MemoryEventStore(), 5)
    relay = relay_of(store, producer_bus)
    await relay.step()
    for sequence in (4, 5):
        await jetstream.delete_msg(STREAM.name, sequence)
    async with asyncio.timeout(60):
        while (await jetstream.stream_info(STREAM.name)).state.messages < 5:
            with suppress(LeaseLost):  # For as long as the server remembers their ids.
                await relay.step()
            await asyncio.sleep(0.1)
    assert await JetStreamOutbox(producer_bus, PRODUCER).tail() == Tail(Mark(5, 1), 7)


async def _until_published(relay: Relay, bus: Client, count: int) -> None:
    expected = [f"{position}.1" for position in range(1, count + 1)]
    async with asyncio.timeout(30):
        while await log_marks(bus) != expected:
            with suppress(BusUnavailable, LeaseLost):
                await relay.step()
            await asyncio.sleep(0.05)


async def log_marks(connection: Client) -> list[str]:
    """Of what the stream holds, nothing while the server cannot be asked."""
    try:
        return [mark for mark, _ in await stored(connection)]
    except (nats.errors.Error, TimeoutError):
        return []


async def test_provisioning_again_changes_nothing(producer_bus: Client) -> None:
    await JetStreamOutbox(producer_bus, PRODUCER).publish(await messages(2), 0)
    await provision(producer_bus.jetstream(), [STREAM])
    assert len(await stored(producer_bus)) == 2


def consumer(bus: Client, producer: MemoryEventStore, taken: list[str]) -> Consumer:
    async def react(event: ForeignEvent) -> None:
        taken.append(event.data.decode())

    return Consumer(
        producer=PRODUCER,
        inbox=JetStreamInbox(bus, producer=PRODUCER, service=CONSUMER),
        reader=CuratedLog(producer, CURATION),
        checkpoints=MemoryEventStore(),
        epoch=1,
        reactions={"test.v1.Public": react},
    )


async def test_events_cross_the_border_as_they_were_stored(producer_bus: Client, consumer_bus: Client) -> None:
    event = EventData("test.v1.Public", b"\x00\xff")
    store = MemoryEventStore()
    await store.append("thing-1", 0, [Write("id-1", [event], META.__class__("f", 1, "c", TRACEPARENT))])
    await sequence_all(store)
    await relay_of(store, producer_bus).step()
    inbox = JetStreamInbox(consumer_bus, producer=PRODUCER, service=CONSUMER)
    [delivery] = await inbox.fetch(10, 10)
    assert delivery.message == CURATION.messages(await store.read_log(0, 1), Mark(0))[0]
    await delivery.ack()
    assert await inbox.fetch(10, 0.2) == []


async def test_a_consumer_takes_everything_in_once(producer_bus: Client, consumer_bus: Client) -> None:
    store = await log_of(MemoryEventStore(), 150)
    await relay_of(store, producer_bus).step()
    taken: list[str] = []
    follower = consumer(consumer_bus, store, taken)
    while len(taken) < 150:
        await follower.step()
    assert taken == [str(number) for number in range(150)]
    await consumer_bus.flush()
    async with asyncio.timeout(60):
        while (await producer_bus.jetstream().consumer_info(STREAM.name, CONSUMER)).num_ack_pending:
            await asyncio.sleep(0.02)


async def test_a_consumer_fetches_from_the_log_what_the_stream_no_longer_has(
    producer_bus: Client, consumer_bus: Client
) -> None:
    store = await log_of(MemoryEventStore(), 6)
    whole = CURATION.messages(await store.read_log(0, 10), Mark(0))
    await JetStreamOutbox(producer_bus, PRODUCER).publish([whole[0], whole[4], whole[5]], 0)
    taken: list[str] = []
    follower = consumer(consumer_bus, store, taken)
    while len(taken) < 6:
        await follower.step()
    assert taken == ["0", "1", "2", "3", "4", "5"]


async def test_a_foreign_message_without_marks_is_unreadable(producer_bus: Client, consumer_bus: Client) -> None:
    await producer_bus.jetstream().publish(f"{PRODUCER}.public.Public.v1", b"?")
    [delivery] = await JetStreamInbox(consumer_bus, producer=PRODUCER, service=CONSUMER).fetch(10, 10)
    assert delivery.message is None


async def test_a_missing_stream_or_server_is_told_as_such(consumer_bus: Client) -> None:
    with pytest.raises(BusUnavailable):
        await JetStreamOutbox(consumer_bus, "nobody").tail()
    with pytest.raises(BusUnavailable):
        await JetStreamOutbox(consumer_bus, "nobody").publish(await messages(1), 0)
    with pytest.raises(BusUnavailable):
        await JetStreamInbox(consumer_bus, producer="nobody", service=CONSUMER).fetch(10, 0.2)
    with pytest.raises(BusUnavailable):
        await connect("nats://127.0.0.1:1", "nobody", None, patience=0.5)


async def test_the_consumers_account_cannot_publish_into_the_stream(
    producer_bus: Client, nats_server: NatsServer
) -> None:
    intruder = await nats.connect(nats_server.url(CONSUMER))
    await intruder.publish(f"{PRODUCER}.public.Public.v1", b"forged")
    await intruder.flush()
    await intruder.close()
    assert await stored(producer_bus) == []


async def test_a_bus_that_is_away_at_the_start_is_used_when_it_comes(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Made at once and without it, the relay's outbox fails its steps until the server is there."""
    server, store = NatsServer(tmp_path), await log_of(MemoryEventStore(), 3)
    bus = Bus(server.url(PRODUCER), PRODUCER, None, patience=0.2)
    worker = LogWorker(store, poll_seconds=0.05)
    worker.add("relay", partial(relay_of, store, bus))
    with pytest.raises(BusUnavailable):
        await JetStreamOutbox(bus, PRODUCER).tail()
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(0.3)
    assert not working.done()

    request.addfinalizer(server.stop)
    server.start()
    connection = await connect(server.url(PRODUCER), PRODUCER, None)
    await provision(connection.jetstream(), [STREAM])
    async with asyncio.timeout(30):
        while len(await stored(connection)) < 3:
            await asyncio.sleep(0.05)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    await bus.close()
    await connection.close()

"""What every bus does, whatever it stands on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.chassis.integration.bus import Delivery, Fenced, Inbox, Message, Outbox, PublicEvent, Tail
from services.chassis.integration.bus_jetstream import JetStreamInbox, JetStreamOutbox, connect, stream_name
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.bus_provision import Stream, provision
from services.chassis.log.eventstore import START, Mark
from tests.support.nats_server import CONSUMER, PRODUCER, NatsServer

STREAM = Stream(PRODUCER, stream_name(PRODUCER), (f"{PRODUCER}.public.>",), (CONSUMER,), 8 * 1024 * 1024, 1)
SUBJECT = f"{PRODUCER}.public.Public.v1"


@dataclass
class Bus:
    outbox: Outbox
    inbox: Inbox


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """New for each test: a stream that is deleted and made again at once may come back with its old messages."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture(params=["memory", "jetstream"])
async def bus(request: Any, nats_server: NatsServer) -> AsyncIterator[Bus]:
    if request.param == "memory":
        memory = MemoryBus()
        yield Bus(memory, memory.inbox())
        return
    producer = await connect(nats_server.url(PRODUCER), PRODUCER, None)
    consumer = await connect(nats_server.url(CONSUMER), CONSUMER, None)
    await provision(producer.jetstream(), [STREAM])
    yield Bus(JetStreamOutbox(producer, PRODUCER), JetStreamInbox(consumer, producer=PRODUCER, service=CONSUMER))
    await producer.close()
    await consumer.close()


def messages(first: int, last: int) -> list[Message]:
    """Of public events at the positions `first` to `last`."""
    return [
        Message(SUBJECT, PublicEvent(Mark(at), "test.v1.Public", bytes([at]), key="k"), Mark(at - 1))
        for at in range(first, last + 1)
    ]


async def received(inbox: Inbox, count: int) -> list[Delivery]:
    """`count` deliveries; one fetch may bring fewer than there are."""
    deliveries: list[Delivery] = []
    async with asyncio.timeout(60):
        while len(deliveries) < count:
            deliveries += await inbox.fetch(count - len(deliveries), 1)
    return deliveries


async def test_the_last_message_is_remembered(bus: Bus) -> None:
    assert await bus.outbox.tail() == Tail(START, 0)
    assert await bus.outbox.publish([], 0) == 0
    sequence = await bus.outbox.publish(messages(1, 3), 0)
    assert await bus.outbox.tail() == Tail(Mark(3), sequence)
    assert await bus.outbox.publish(messages(4, 4), sequence) == sequence + 1


async def test_what_does_not_follow_the_last_message_is_refused(bus: Bus) -> None:
    sequence = await bus.outbox.publish(messages(1, 2), 0)
    for wrong in (0, sequence - 1, sequence + 1):
        with pytest.raises(Fenced):
            await bus.outbox.publish(messages(3, 6), wrong)
    assert await bus.outbox.tail() == Tail(Mark(2), sequence)


async def test_messages_arrive_in_order_and_whole(bus: Bus) -> None:
    await bus.outbox.publish(messages(1, 5), 0)
    deliveries = await received(bus.inbox, 3)
    for delivery in deliveries:
        await delivery.ack()
    rest = await received(bus.inbox, 2)
    assert [delivery.message for delivery in [*deliveries, *rest]] == messages(1, 5)


async def test_what_is_in_somebodys_hands_or_acknowledged_is_not_sent(bus: Bus) -> None:
    await bus.outbox.publish(messages(1, 2), 0)
    first, _ = await received(bus.inbox, 2)
    await first.ack()
    assert await bus.inbox.fetch(2, 0.2) == []


async def test_what_is_handed_back_is_sent_again(bus: Bus) -> None:
    await bus.outbox.publish(messages(1, 2), 0)
    first, second = await received(bus.inbox, 2)
    await first.ack()
    await second.nak()
    assert [delivery.message for delivery in await received(bus.inbox, 1)] == messages(2, 2)

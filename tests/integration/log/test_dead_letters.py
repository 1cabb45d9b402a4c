"""Dead letters on the real store and bus: poison, redrive, discard, restart and takeover."""

from collections.abc import Awaitable, Callable

import pytest
from nats.aio.client import Client

from services.chassis.integration.bus import Curation
from services.chassis.integration.bus_jetstream import JetStreamInbox, JetStreamOutbox
from services.chassis.integration.consumer import Consumer, follower_name
from services.chassis.integration.dead_letters_mongo import MongoDeadLetters
from services.chassis.log.eventstore import Mark
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.lease import LeaseLost
from tests.support.foreign import KEYED, Producer, Taker, parked
from tests.support.nats_server import CONSUMER, PRODUCER

Publish = Callable[..., Awaitable[None]]


class Service:
    """A service on the real parts; `consumer` is what it makes under each lease."""

    def __init__(self, database: MongoDatabase, producer_bus: Client, consumer_bus: Client) -> None:
        self.store, self.letters = MongoEventStore(database), MongoDeadLetters(database)
        self.producer = Producer(curation=Curation(PRODUCER, {"test.v1.Public": "Public.v1"}, group=KEYED._group))
        self.taker = Taker(self.producer, self.producer.bus.inbox(), self.store)
        self._outbox = JetStreamOutbox(producer_bus, PRODUCER)
        self._consumer_bus = consumer_bus

    async def publish(self, *said: str, losing: int = 0) -> None:
        """Have the producer say this; the bus loses the first `losing` of it."""
        tail = await self._outbox.tail()
        published = len(self.producer.bus.stored)
        await self.producer.tell(*said)
        await self._outbox.publish(self.producer.bus.stored[published + losing :], tail.sequence)

    def consumer(self, epoch: int) -> Consumer:
        return Consumer(
            producer=PRODUCER,
            inbox=JetStreamInbox(self._consumer_bus, producer=PRODUCER, service=CONSUMER),
            reader=self.producer,
            checkpoints=self.store,
            epoch=epoch,
            reactions={"test.v1.Public": self.taker.react},
            dead_letters=self.letters,
        )


@pytest.fixture
async def service(database: MongoDatabase, producer_bus: Client, consumer_bus: Client) -> Service:
    service = Service(database, producer_bus, consumer_bus)
    await service.store.ensure_indexes()
    return service


async def taking(service: Service, consumer: Consumer, count: int) -> None:
    """Step until so many are taken in or parked."""
    for _ in range(10):
        if len(service.taker.taken) + len(await service.letters.all_parked()) >= count:
            return
        await consumer.step()
    raise AssertionError(service.taker.taken)


async def test_poison_waits_and_is_redriven_in_order_after_a_restart(service: Service) -> None:
    service.taker.failing = {"a1"}
    await service.publish("a1", "b1", "a2")
    await taking(service, service.consumer(1), 3)
    assert service.taker.taken == ["b1"]
    assert await parked(service.letters) == ["a1", "a2"]

    await service.publish("a3", "b2", losing=1)  # The gap is read from the producer's log.
    await taking(service, service.consumer(2), 5)
    assert service.taker.taken == ["b1", "b2"]
    assert await parked(service.letters) == ["a1", "a2", "a3"]

    service.taker.failing = set()
    assert await service.letters.wish_redrive(PRODUCER, None) == 3
    third = service.consumer(3)
    await third.step()
    assert service.taker.taken == ["b1", "b2", "a1", "a2", "a3"]
    await service.publish("a4")
    await taking(service, third, 6)
    assert service.taker.taken[-1] == "a4"


async def test_a_discarded_letter_leaves_a_record(service: Service) -> None:
    service.taker.failing = {"a1"}
    await service.publish("a1", "a2")
    consumer = service.consumer(1)
    await taking(service, consumer, 2)
    first = (await service.letters.all_parked())[0]
    assert await service.letters.wish_discard(PRODUCER, first.mark, by="olga", reason="nonsense", now=5)
    await service.letters.wish_redrive(PRODUCER, None)
    await consumer.step()
    assert service.taker.taken == ["a2"]
    assert await service.letters.all_parked() == []
    [record] = await service.letters.discarded()
    assert (record.by, record.reason, record.parked.error) == ("olga", "nonsense", "ValueError")


async def test_an_overtaken_consumer_is_refused(service: Service) -> None:
    service.taker.failing = {"a1"}
    await service.publish("a1", "a2", "b1")
    old = service.consumer(1)
    await taking(service, old, 3)
    new = service.consumer(2)
    await new.step()
    service.taker.failing = set()
    await service.letters.wish_redrive(PRODUCER, None)
    await old.step()  # It sees no wish, for the letters are another's now.
    assert service.taker.taken == ["b1"]
    await service.publish("b2")
    with pytest.raises(LeaseLost):
        await old.step()
    await new.step()
    assert service.taker.taken[:3] == ["b1", "a1", "a2"]
    assert await service.letters.all_parked() == []
    assert await service.store.load_mark(follower_name(PRODUCER)) >= Mark(3)

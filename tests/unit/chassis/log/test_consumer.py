"""Foreign events are taken in once and in order, whatever the bus does."""

import pytest

from services.chassis.integration.bus import Message
from services.chassis.integration.consumer import ForeignEvent
from services.chassis.log.eventstore import EventData, LogGap, Mark, Write
from services.chassis.log.lease import LeaseLost
from tests.support.commits import META, new_id
from tests.support.foreign import Producer, Taker


@pytest.fixture
async def producer() -> Producer:
    producer = Producer()
    await producer.publish(5)
    return producer


@pytest.fixture
def taker(producer: Producer) -> Taker:
    return Taker(producer, producer.bus.inbox())


async def test_messages_that_follow_are_applied_and_acknowledged(producer: Producer, taker: Taker) -> None:
    await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4"]
    assert taker.inbox.acknowledged == 5
    assert producer.asked == []


async def test_what_is_known_is_dropped(producer: Producer, taker: Taker) -> None:
    consumer = taker.consumer()
    await consumer.step()
    taker.inbox = producer.bus.inbox()
    await taker.consumer(2).step()
    assert taker.taken == ["0", "1", "2", "3", "4"]
    assert taker.inbox.acknowledged == 5


@pytest.mark.parametrize("lost", [[0], [2], [0, 1, 2, 3], [1, 3]])
async def test_what_the_bus_lost_is_fetched_first(producer: Producer, taker: Taker, lost: list[int]) -> None:
    for index in reversed(lost):
        del producer.bus.stored[index]
    await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4"]
    assert producer.asked != []


async def test_what_comes_out_of_order_is_put_in_order(producer: Producer, taker: Taker) -> None:
    producer.bus.stored.reverse()
    await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4"]
    assert taker.inbox.acknowledged == 5


async def test_an_unreadable_message_is_looked_up(producer: Producer, taker: Taker) -> None:
    del producer.bus.stored[4]
    taker.inbox.returned.append(None)
    await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4"]


async def test_an_event_that_cannot_be_applied_stops_the_line(taker: Taker) -> None:
    taker.failing = {"2"}
    consumer = taker.consumer()
    for _ in range(3):
        with pytest.raises(ValueError, match="applied"):
            await consumer.step()
        assert taker.taken == ["0", "1"]
    assert taker.inbox.acknowledged >= 2
    taker.failing = set()
    await consumer.step()
    assert taker.taken == ["0", "1", "2", "3", "4"]


async def test_a_crash_before_the_checkpoint_repeats_under_the_same_commit_id(producer: Producer, taker: Taker) -> None:
    ids: list[str] = []

    async def crash(event: ForeignEvent) -> None:
        ids.append(event.commit_id)
        if len(ids) == 1:
            raise ConnectionError

    taker.react = crash  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await taker.consumer().step()
    await taker.consumer(2).step()
    assert len(ids) == 6
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


async def test_an_overtaken_consumer_cannot_move_the_mark(taker: Taker) -> None:
    await taker.store.save_mark("consumer of producer", Mark(1, 0), epoch=5)
    with pytest.raises(LeaseLost):
        await taker.consumer(4).step()


async def test_a_log_that_lacks_what_was_published_stops_the_line(producer: Producer, taker: Taker) -> None:
    last = producer.bus.stored[-1]
    impossible = Message(last.subject, last.event.__class__(Mark(99), "test.v1.Public", b"", "x"), Mark(98))
    producer.bus.stored.append(impossible)
    with pytest.raises(LogGap):
        await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4"]


async def test_uninteresting_events_pass_by(producer: Producer, taker: Taker) -> None:
    consumer = taker.consumer()
    await consumer.step()
    await producer.store.append("thing-dull", 0, [Write(new_id(), [EventData("test.v1.Dull", b"")], META)])
    await producer.publish(1)
    await consumer.step()
    assert taker.taken == ["0", "1", "2", "3", "4", "0"]
    assert producer.asked == []

"""Foreign events are taken in once and in order, whatever the bus does."""

from contextlib import suppress

import grpc
import pytest

from services.chassis.integration import bus_wire
from services.chassis.integration import consumer as consumer_module
from services.chassis.integration.bus import Curation, Message, PublicEvent
from services.chassis.integration.consumer import ForeignEvent
from services.chassis.integration.log_reader import PublicPage
from services.chassis.log.eventstore import START, EventData, LogGap, Mark, Write
from services.chassis.log.lease import LeaseLost
from services.chassis.rpc_errors import Failure, RpcError
from tests.support.commits import META, new_id, sequence_all
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
    await taker.consumer(5).step()
    reached = await taker.store.load_mark("consumer of producer")
    with pytest.raises(LeaseLost):
        await taker.consumer(4).step()
    assert await taker.store.load_mark("consumer of producer") == reached > START


async def test_a_log_that_lacks_what_was_published_stops_the_line(producer: Producer, taker: Taker) -> None:
    last = producer.bus.stored[-1]
    impossible = Message(last.subject, PublicEvent(Mark(99), "test.v1.Public", b"", key="x"), Mark(98))
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


class Gauge:
    """Keeps what is measured."""

    def __init__(self, values: list[int]) -> None:
        self._values = values

    def set(self, value: int, attributes: dict[str, str]) -> None:
        self._values.append(value)


async def test_what_the_bus_lost_last_is_found_when_it_is_silent(
    producer: Producer, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lag: list[int] = []
    monkeypatch.setattr(consumer_module, "CONSUMER_LAG", Gauge(lag))
    producer.bus.stored.clear()
    consumer = taker.consumer()
    for _ in range(5):
        await consumer.step()
    assert taker.taken == ["0", "1", "2", "3", "4"]
    assert (max(lag) > 0, lag[-1]) == (True, 0)
    asked = len(producer.asked)
    await producer.store.append("thing-lost", 0, [Write(new_id(), [EventData("test.v1.Public", b"5")], META)])
    await sequence_all(producer.store)
    await consumer.step()
    assert len(producer.asked) == asked  # Not yet again.
    consumer._ask_at = 0.0
    await consumer.step()
    assert taker.taken[5:] == ["5"]
    assert producer.asked[asked].position == 10  # It goes on behind what it has read, public or not.


async def test_a_silent_bus_and_a_producer_that_is_away_stop_nothing(
    producer: Producer, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(after: Mark, limit: int) -> PublicPage:
        raise RpcError(Failure(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "away"))

    monkeypatch.setattr(producer, "read_events", away)
    stored, producer.bus.stored[:] = list(producer.bus.stored), []
    consumer = taker.consumer()
    await consumer.step()
    producer.bus.stored += stored
    await consumer.step()
    assert taker.taken == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("lost", [[1], [1, 2], [0, 1, 2, 3, 4]])
async def test_a_replica_that_publishes_less_is_not_asked_for_what_is_missing(lost: list[int]) -> None:
    """An older process of the producer knows nothing of a type that its relay publishes already."""
    both = Curation("producer", {"test.v1.Old": "Old.v1", "test.v1.New": "New.v1"})
    producer = Producer(curation=both)
    for number, kind in enumerate(["Old", "New", "Old", "Old", "New"]):
        await producer.store.append(
            f"s-{number}", 0, [Write(new_id(), [EventData(f"test.v1.{kind}", b"%d" % number)], META)]
        )
    await producer.relay()
    producer.bus.stored[:] = [each for number, each in enumerate(producer.bus.stored) if number not in lost]
    producer.curation = Curation("producer", {"test.v1.Old": "Old.v1"})
    taker = Taker(producer, producer.bus.inbox())
    consumer = taker.consumer()
    consumer._reactions = dict.fromkeys(("test.v1.Old", "test.v1.New"), taker.react)
    for _ in range(2):
        with suppress(LogGap):
            await consumer.step()
    assert taker.taken == ([] if 0 in lost else ["0"])
    producer.curation = both
    consumer._ask_at = 0.0
    await consumer.step()
    assert taker.taken == ["0", "1", "2", "3", "4"]


async def test_events_that_nothing_reacts_to_may_be_left_out(producer: Producer, taker: Taker) -> None:
    await producer.store.append("thing-dull", 0, [Write(new_id(), [EventData("test.v1.Dull", b"")], META)])
    await producer.publish(1)
    del producer.bus.stored[5]
    producer.curation = Curation("producer", {"test.v1.Public": "Public.v1"})
    await taker.consumer().step()
    assert taker.taken == ["0", "1", "2", "3", "4", "0"]


def test_a_message_without_a_key_cannot_be_read() -> None:
    event = PublicEvent(Mark(2), "test.v1.Public", b"", key="k")
    told = bus_wire.headers(Message("s", event, Mark(1)), whole=True)
    assert bus_wire.message("s", told, b"") == Message("s", event, Mark(1))
    assert bus_wire.message("s", told | {"Vs-Key": ""}, b"") is None
    assert bus_wire.message("s", {name: told[name] for name in told.keys() - {"Vs-Key"}}, b"") is None

"""A poison event and its key wait; everything else flows on, and nothing is lost, doubled or out of order."""

import asyncio
import string
from collections.abc import Sequence
from contextlib import suppress

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.integration import consumer as consumer_module
from services.chassis.integration import parking
from services.chassis.integration.bus import BusUnavailable
from services.chassis.integration.consumer import Consumer, ProducerDistrusted
from services.chassis.integration.dead_letters import Parked, ParkingFull
from services.chassis.integration.dead_letters_memory import MemoryDeadLetters
from services.chassis.integration.mending import mends_itself
from services.chassis.log.eventstore import Mark, Overloaded, StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import Contended
from services.chassis.log.lease import LeaseLost
from services.chassis.rpc_errors import Failure, RpcError
from tests.support.foreign import KEYED, Producer, Taker, parked

TOLD = ("a1", "b1", "a2", "c1", "b2", "a3")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_PAUSE_SECONDS", 0)


@pytest.fixture
async def taker() -> Taker:
    producer = Producer(curation=KEYED)
    await producer.tell(*TOLD)
    return Taker(producer, producer.bus.inbox())


@pytest.fixture
def letters() -> MemoryDeadLetters:
    return MemoryDeadLetters()


async def test_only_the_poisoned_key_waits(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    await taker.consumer(dead_letters=letters).step()
    assert taker.taken == ["b1", "c1", "b2"]
    assert await parked(letters) == ["a1", "a2", "a3"]
    assert [(each.error, each.attempts) for each in await letters.all_parked()] == [
        ("ValueError", 1),
        ("", 0),
        ("", 0),
    ]
    assert taker.tries == {"a1": 3, "b1": 1, "c1": 1, "b2": 1}
    assert taker.inbox.acknowledged == 6


async def test_a_failure_that_a_second_try_mends_parks_nothing(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"b1"}
    real = taker.react

    async def second_time_lucky(event: object) -> None:
        try:
            await real(event)  # type: ignore[arg-type]
        finally:
            taker.failing = set()

    taker.react = second_time_lucky  # type: ignore[method-assign,assignment]
    await taker.consumer(dead_letters=letters).step()
    assert taker.taken == list(TOLD)
    assert await parked(letters) == []


async def test_a_redriven_key_is_taken_in_in_order_and_flows_again(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    taker.failing = set()
    key = (await letters.all_parked())[0].key
    assert await letters.wish_redrive("producer", key) == 3
    await taker.producer.tell("a4")
    await consumer.step()
    assert taker.taken == ["b1", "c1", "b2", "a1", "a2", "a3", "a4"]
    assert await parked(letters) == []


async def test_a_redrive_that_fails_again_leaves_the_rest(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    taker.failing, taker.error = {"a2"}, KeyError
    await letters.wish_redrive("producer", None)
    await consumer.step()
    assert taker.taken == ["b1", "c1", "b2", "a1"]
    assert [(each.error, each.attempts) for each in await letters.all_parked()] == [("KeyError", 1), ("", 0)]
    before = taker.tries["a2"]
    await consumer.step()
    assert taker.tries["a2"] == before  # Nobody has wished for another attempt.


async def test_a_discarded_letter_is_recorded_and_the_rest_may_follow(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    first = (await letters.all_parked())[0]
    await letters.wish_discard("producer", first.mark, by="olga", reason="nonsense", now=1)
    await consumer.step()
    assert await parked(letters) == ["a2", "a3"]
    await letters.wish_redrive("producer", None)
    await consumer.step()
    assert taker.taken == ["b1", "c1", "b2", "a2", "a3"]
    assert [record.by for record in await letters.discarded()] == ["olga"]


async def test_a_key_whose_last_letter_is_discarded_flows_again(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"c1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    [only] = await letters.all_parked()
    await letters.wish_discard("producer", only.mark, by="olga", reason="nonsense", now=1)
    await taker.producer.tell("c2")
    await consumer.step()
    assert taker.taken[-1] == "c2"


async def test_a_letter_that_nothing_answers_any_more_is_let_go(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    await taker.consumer(dead_letters=letters).step()
    await letters.wish_redrive("producer", None)
    consumer = taker.consumer(2, letters)
    consumer._reactions = {}
    await consumer.step()
    assert await parked(letters) == []
    assert taker.taken == ["b1", "c1", "b2"]


async def test_a_long_key_is_redriven_piece_by_piece(
    taker: Taker, letters: MemoryDeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "_PIECE", 2)
    taker.failing = {"a1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    taker.failing = set()
    await letters.wish_redrive("producer", None)
    await taker.producer.tell("a4", "b3")
    await consumer.step()
    assert taker.taken == ["b1", "c1", "b2", "a1", "a2", "b3"]
    await consumer.step()
    assert taker.taken == ["b1", "c1", "b2", "a1", "a2", "b3", "a3", "a4"]


async def test_a_restart_keeps_what_is_parked(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1"}
    await taker.consumer(dead_letters=letters).step()
    await taker.producer.tell("a4", "b3")
    await taker.consumer(2, dead_letters=letters).step()
    assert await parked(letters) == ["a1", "a2", "a3", "a4"]
    assert taker.taken == ["b1", "c1", "b2", "b3"]


async def test_too_many_letters_stop_the_line(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1", "b1"}
    consumer = taker.consumer(dead_letters=letters, most_parked=3)
    for _ in range(3):
        with pytest.raises(ParkingFull):
            await consumer.step()
        assert await parked(letters) == ["a1", "b1", "a2"]
        assert taker.taken == ["c1"]
    taker.failing = {"b1"}
    await letters.wish_redrive("producer", None)
    await consumer.step()
    assert taker.taken == ["c1", "a1", "a2", "a3"]
    assert await parked(letters) == ["b1", "b2"]


async def test_letters_that_are_too_large_in_all_stop_the_line(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a1", "b1"}
    for epoch in (1, 2):
        with pytest.raises(ParkingFull):
            await taker.consumer(epoch, dead_letters=letters, most_parked_bytes=7).step()
        assert await parked(letters) == ["a1", "b1", "a2"]
    first = (await letters.all_parked())[0]
    await letters.wish_discard("producer", first.mark, by="olga", reason="nonsense", now=1)
    consumer = taker.consumer(3, dead_letters=letters, most_parked_bytes=7)
    with pytest.raises(ParkingFull):
        await consumer.step()
    assert await parked(letters) == ["b1", "a2", "b2"]


MENDING = [
    StoreUnavailable(),
    Overloaded(1.0),
    Contended(),
    BusUnavailable(),
    LeaseLost(),
    TimeoutError(),
    ConnectionResetError(),
    RpcError(Failure(grpc.StatusCode.UNAVAILABLE, "R", "m")),
    RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "m", retry_after=0.1)),
    RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", "Concurrent RPC limit exceeded!")),
]


@pytest.mark.parametrize("error", MENDING, ids=lambda error: type(error).__name__)
async def test_what_mends_itself_is_waited_for(error: Exception, taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing = {"a2"}
    taker.error = lambda _: error  # type: ignore[assignment,return-value]
    consumer = taker.consumer(dead_letters=letters)
    with pytest.raises(type(error)):
        await consumer.step()
    assert taker.tries["a2"] == 1
    assert await parked(letters) == []
    taker.failing = set()
    await consumer.step()
    assert taker.taken == list(TOLD)


def test_an_answer_that_is_final_does_not_mend() -> None:
    assert not mends_itself(RpcError(Failure(grpc.StatusCode.INVALID_ARGUMENT, "R", "m")))
    assert not mends_itself(RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "m")))
    assert not mends_itself(RpcError(Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "COMMIT_TOO_LARGE", "m")))
    assert not mends_itself(FileNotFoundError())
    assert not mends_itself(ValueError())


async def test_a_producer_that_contradicts_itself_is_not_followed(taker: Taker, letters: MemoryDeadLetters) -> None:
    taker.failing, taker.error = {"b1"}, ProducerDistrusted
    consumer = taker.consumer(dead_letters=letters)
    for _ in range(2):
        with pytest.raises(ProducerDistrusted):
            await consumer.step()
    assert taker.taken == ["a1"]
    assert await parked(letters) == []


async def test_a_redriven_letter_that_must_wait_holds_up_nothing_else(
    taker: Taker, letters: MemoryDeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    taker.failing = {"a1", "b1"}
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    taker.failing, taker.error = {"a1"}, StoreUnavailable
    await letters.wish_redrive("producer", None)
    for said in ("c2", "c3"):
        await taker.producer.tell(said)
        await consumer.step()
        assert taker.taken[-1] == said
    tries = taker.tries["a1"]
    await consumer.step()
    assert taker.tries["a1"] == tries  # It is left alone for a while.
    monkeypatch.setattr(parking, "_REST_SECONDS", 0)
    consumer._parking._rest_until = 0.0  # type: ignore[union-attr]
    await consumer.step()
    await consumer.step()
    assert taker.taken == ["c1", "c2", "c3", "b1", "b2"]
    taker.failing = set()
    await consumer.step()
    assert taker.taken[5:] == ["a1", "a2", "a3"]
    assert await parked(letters) == []


class Counting(MemoryDeadLetters):
    """Dead letters that count how often they are asked for those of a key."""

    asked = 0

    async def of_key(self, producer: str, key: str, epoch: int, limit: int) -> Sequence[Parked]:
        self.asked += 1
        return await super().of_key(producer, key, epoch, limit)


async def test_a_piece_asks_for_no_more_keys_than_it_redrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "_PIECE", 5)
    producer, letters = Producer(curation=KEYED), Counting()
    told = [f"{key}1" for key in string.ascii_lowercase]
    await producer.tell(*told)
    taker = Taker(producer, producer.bus.inbox())
    taker.failing = set(told)
    consumer = taker.consumer(dead_letters=letters)
    await consumer.step()
    taker.failing = set()
    await letters.wish_redrive("producer", None)
    await consumer.step()
    assert letters.asked == len(taker.taken) == 5
    for _ in range(5):
        await consumer.step()
    assert letters.asked == len(taker.taken) == len(told)


@pytest.mark.parametrize("lost", [[0, 1, 2], [0, 1, 2, 3, 4], [2, 3]])
async def test_poison_among_what_the_bus_lost_is_parked_too(
    lost: list[int], taker: Taker, letters: MemoryDeadLetters
) -> None:
    for index in reversed(lost):
        del taker.producer.bus.stored[index]
    taker.failing = {"a2"}
    await taker.consumer(dead_letters=letters).step()
    assert taker.taken == ["a1", "b1", "c1", "b2"]
    assert await parked(letters) == ["a2", "a3"]


async def test_an_overtaken_consumer_parks_nothing_that_counts(taker: Taker, letters: MemoryDeadLetters) -> None:
    old, new = taker.consumer(1, letters), taker.consumer(2, letters)
    await old._begin()
    await new.step()
    taker.failing = {"a1"}
    taker.inbox.returned = list(taker.producer.bus.stored)
    with pytest.raises(LeaseLost):
        await old.step()
    assert await parked(letters) == []
    await taker.producer.tell("a4")
    await taker.consumer(3, letters).step()
    assert taker.taken == [*TOLD, "a4"]


async def test_what_an_overtaken_consumer_parked_while_the_next_was_idle_is_not_lost(
    taker: Taker, letters: MemoryDeadLetters
) -> None:
    """It parks and would move the mark, although the next holder has moved nothing yet; then that one ends."""
    old = taker.consumer(1, letters)
    await old.step()
    idle = taker.consumer(2, letters)
    await idle.step()
    taker.failing = {"a4"}
    await taker.producer.tell("a4")
    with pytest.raises(LeaseLost):
        await old.step()
    assert await parked(letters) == []
    await taker.consumer(3, letters).step()
    assert await parked(letters) == ["a4"]


class Overtaking(MemoryEventStore):
    """A store in which another consumer does its step at the moment when a mark is claimed, before or after."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self.after = after
        self.other: Consumer | None = None

    async def load_mark(self, follower: str) -> Mark:
        mark = await super().load_mark(follower)
        await self._overtaken()
        return mark

    async def claim_mark(self, follower: str, epoch: int) -> Mark:
        if not self.after:
            await self._overtaken()
        mark = await super().claim_mark(follower, epoch)
        await self._overtaken()
        return mark

    async def _overtaken(self) -> None:
        other, self.other = self.other, None
        if other is not None:
            with suppress(LeaseLost):
                await other.step()


@pytest.mark.parametrize("after", [False, True])
async def test_what_is_parked_while_another_takes_over_is_kept(
    after: bool, taker: Taker, letters: MemoryDeadLetters
) -> None:
    taker.store = store = Overtaking(after=after)
    old = taker.consumer(1, letters)
    await old.step()
    taker.failing = {"a4"}
    await taker.producer.tell("a4")
    store.other = old
    await taker.consumer(2, letters).step()
    await taker.consumer(3, letters).step()
    assert await parked(letters) == ["a4"]


class Cut(BaseException):
    """The process ends here."""


class CutShort:
    """Dead letters of a process that ends at the n-th write, before or after it."""

    def __init__(self, letters: MemoryDeadLetters, write: int, *, after: bool) -> None:
        self._letters = letters
        self._left = write
        self._after = after

    def __getattr__(self, name: str) -> object:
        real = getattr(self._letters, name)
        if name not in ("park", "remove", "failed", "discard"):
            return real

        async def cut(*arguments: object) -> object:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Cut
            result = await real(*arguments)
            if self._left == 0:
                raise Cut
            return result

        return cut


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", range(1, 6))
async def test_an_end_at_any_write_loses_and_doubles_nothing(
    write: int, after: bool, taker: Taker, letters: MemoryDeadLetters
) -> None:
    taker.failing = {"a1", "b2"}
    with suppress(Cut):
        await taker.consumer(1, CutShort(letters, write, after=after)).step()  # type: ignore[arg-type]
    await taker.consumer(2, letters).step()
    assert taker.taken == ["b1", "c1"]
    assert await parked(letters) == ["a1", "a2", "b2", "a3"]
    taker.failing = {"a2"}
    await letters.wish_redrive("producer", None)
    with suppress(Cut):
        await taker.consumer(3, CutShort(letters, write, after=after)).step()  # type: ignore[arg-type]
    await taker.consumer(4, letters).step()
    assert sorted(taker.taken) == ["a1", "b1", "b2", "c1"]
    assert await parked(letters) == ["a2", "a3"]


async def test_cancelled_anywhere_it_goes_on_where_it_was(taker: Taker, letters: MemoryDeadLetters) -> None:
    """Cancelled at its n-th pause, for every n there is, and begun anew by the next holder."""
    taker.failing = {"a1"}
    for pauses in range(1, 40):
        task = asyncio.create_task(taker.consumer(pauses, letters).step())
        for _ in range(pauses):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
    await taker.consumer(50, letters).step()
    assert taker.taken == ["b1", "c1", "b2"]
    assert await parked(letters) == ["a1", "a2", "a3"]


Events = st.lists(st.sampled_from("abcd"), min_size=1, max_size=14)
Numbers = st.sets(st.integers(0, 13))


@settings(deadline=None, max_examples=120)
@given(keys=Events, poison=Numbers, lost=Numbers, stops=st.sets(st.integers(1, 9)))
async def test_each_key_is_taken_in_in_order_and_once(
    keys: list[str], poison: set[int], lost: set[int], stops: set[int]
) -> None:
    told = [f"{key}{number}" for number, key in enumerate(keys)]
    producer, letters = Producer(curation=KEYED), MemoryDeadLetters()
    await producer.tell(*told)
    producer.bus.stored[:] = [each for index, each in enumerate(producer.bus.stored) if index not in lost]
    await producer.tell("z0")  # Shows the last gap.
    taker = Taker(producer, producer.bus.inbox())
    taker.failing = {word for number, word in enumerate(told) if number in poison}

    await run(taker, letters, stops)
    for key in set(keys):
        order = [word for word in told if word[0] == key]
        effects = [word for word in taker.taken if word[0] == key]
        bad = next((index for index, word in enumerate(order) if word in taker.failing), len(order))
        assert effects == order[:bad]
    assert sorted([*taker.taken, *await parked(letters)]) == sorted([*told, "z0"])

    taker.failing = set()
    await letters.wish_redrive("producer", None)
    await run(taker, letters, set())
    assert await parked(letters) == []
    for key in set(keys):
        assert [word for word in taker.taken if word[0] == key] == [word for word in told if word[0] == key]


async def run(taker: Taker, letters: MemoryDeadLetters, stops: set[int]) -> None:
    """Consumers under one lease after the other, each ended at its n-th write, until one gets through."""
    highest = letters._claims.get("producer", 0)
    for epoch, stop in enumerate([*sorted(stops), 0], start=highest + 1):
        consumer: Consumer = taker.consumer(epoch, CutShort(letters, stop, after=bool(stop % 2)))  # type: ignore[arg-type]
        with suppress(Cut):
            await consumer.step()


class Gauge:
    def __init__(self) -> None:
        self.seen: list[tuple[int, dict[str, str]]] = []

    def set(self, value: int, attributes: dict[str, str]) -> None:
        self.seen.append((value, attributes))


async def test_lag_and_parked_letters_are_measured(
    taker: Taker, letters: MemoryDeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    lag, waiting = Gauge(), Gauge()
    monkeypatch.setattr(consumer_module, "CONSUMER_LAG", lag)
    monkeypatch.setattr(parking, "PARKED_LETTERS", waiting)
    taker.failing = {"a1"}
    await taker.consumer(dead_letters=letters).step()
    by = {"consumer": "producer"}
    assert lag.seen[0] == (6, by)  # Of six positions none is taken in yet.
    assert lag.seen[-1] == (0, by)
    assert waiting.seen == [(0, by), (1, by), (2, by), (3, by)]

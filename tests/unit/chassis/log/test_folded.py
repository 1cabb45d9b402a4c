"""What a handler remembers saves work and never changes an outcome; what it may remember is bounded."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from services.chassis.log.eventstore import Commit, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.folded import Fold, Folded, FoldedStates
from services.chassis.log.handle import CommandHandler, Handled, RequestIdReused
from tests.support.events import CODEC, COUNTER, Raise, Raised, TooHighError, Total

Handler = CommandHandler[Raise, Total, Raised]


class SlowStore(MemoryEventStore):
    """Lets others run at every call, as a real store does, and notes what was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        await asyncio.sleep(0)
        commits = await super().read_stream(stream, after_version)
        self.read.append(len(commits))
        return commits

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        await asyncio.sleep(0)
        return await super().append(stream, expected_version, writes)


def handler(store: MemoryEventStore, decider: SimpleNamespace = COUNTER, **limits: int) -> Handler:
    return CommandHandler(store, CODEC, decider, states=FoldedStates(**limits))


async def give(handler: Handler, by: int, commit_id: str, fingerprint: str = "f") -> Handled[Total, Raised]:
    return await handler.handle("counter-1", Raise(by), commit_id=commit_id, fingerprint=fingerprint, caller="c")


async def test_a_long_stream_is_read_once_and_then_only_on() -> None:
    store = SlowStore()
    for number in range(20):
        await give(handler(store), 1, f"id-{number}")
    counter = handler(store)
    store.read.clear()
    for number in range(20, 25):
        await give(counter, 1, f"id-{number}")
    assert await counter.state("counter-1") == (Total(25), 25)
    assert store.read == [20, 0]


async def test_many_writers_of_one_stream_take_turns() -> None:
    counter = handler(SlowStore())
    await asyncio.gather(*(give(counter, 1, f"id-{number}") for number in range(100)))
    assert await counter.state("counter-1") == (Total(100), 100)


async def test_what_another_process_appends_is_seen_by_the_next_command() -> None:
    store = MemoryEventStore()
    one, other = handler(store), handler(store)
    for number in range(10):
        assert (await give((one, other)[number % 2], 1, f"id-{number}")).state == Total(number + 1)


async def test_what_another_process_appends_meanwhile_is_decided_on_again() -> None:
    store = SlowStore()
    one, other = handler(store), handler(store)
    await asyncio.gather(give(one, 600, "id-1"), give(other, 400, "id-2"))
    for again in (one, other):
        with pytest.raises(TooHighError):
            await give(again, 1, "id-3")
        assert await again.state("counter-1") == (Total(1000), 2)


AT_LEAST = SimpleNamespace(
    initial=Total(),
    evolve=COUNTER.evolve,
    decide=lambda command, state: (Raised("c", command.by - state.total),) if command.by > state.total else (),
)


@pytest.mark.parametrize("decider", [COUNTER, AT_LEAST])
@pytest.mark.parametrize("remembered", [0, 3])
async def test_a_repeat_gets_its_recorded_outcome_whatever_would_be_decided_today(
    decider: SimpleNamespace, remembered: int
) -> None:
    """Today the one would refuse it, and the other decide nothing; the commit lies in what is not read again."""
    store = MemoryEventStore()
    first = await give(handler(store, decider), 600, "id-1")
    counter = handler(store, decider)
    if remembered:
        await counter.state("counter-1")
    for other in (1, 2):
        with pytest.raises(RequestIdReused):
            await give(counter, 600, "id-1", fingerprint="other")
        again = await give(counter, 600, "id-1")
        assert again == Handled("counter-1", 1, first.events, Total(600), repeated=True, commit_id="id-1")
        await give(counter, 600 + other if decider is AT_LEAST else 1, f"other-{other}")


async def test_a_repeat_that_would_be_accepted_today_is_not_carried_out_twice() -> None:
    counter = handler(MemoryEventStore())
    await give(counter, 1, "id-1")
    await give(counter, 1, "id-2")
    again = await give(counter, 1, "id-1")
    assert again == Handled("counter-1", 1, (Raised("c", 1),), Total(1), repeated=True, commit_id="id-1")
    assert await counter.state("counter-1") == (Total(2), 2)


async def test_a_handler_that_may_remember_next_to_nothing_does_the_same() -> None:
    store = MemoryEventStore()
    counter = handler(store, streams=1, size=0)
    for number in range(5):
        for stream in ("counter-1", "counter-2"):
            await counter.handle(stream, Raise(1), commit_id=f"{stream}-{number}", fingerprint="f", caller="c")
    assert [await counter.state(stream) for stream in ("counter-1", "counter-2")] == [(Total(5), 5)] * 2


def test_the_states_used_last_are_remembered() -> None:
    states: FoldedStates[str] = FoldedStates(streams=2)
    for stream in "ab":
        states.keep(stream, Folded(stream, 1))
    assert states.get("a")
    states.keep("c", Folded("c", 1))
    assert [states.get(stream) is not None for stream in "abc"] == [True, False, True]


def test_the_bytes_behind_the_states_are_bounded_and_a_giant_is_remembered_alone() -> None:
    states: FoldedStates[str] = FoldedStates(size=100)
    for stream in "abc":
        states.keep(stream, Folded(stream, 1, 40))
    assert [states.get(stream) is not None for stream in "abc"] == [False, True, True]
    states.keep("c", Folded("c", 2, 60))
    assert [states.get(stream) is not None for stream in "bc"] == [True, True]
    states.keep("giant", Folded("giant", 1, 1000))
    assert [states.get(stream) is not None for stream in ("b", "c", "giant")] == [False, False, True]
    states.keep("a", Folded("a", 1, 1))
    assert [states.get(stream) is not None for stream in ("a", "giant")] == [True, False]


def test_a_later_state_is_never_replaced_by_an_earlier_one() -> None:
    states: FoldedStates[str] = FoldedStates()
    states.keep("a", Folded("late", 2))
    states.keep("a", Folded("early", 1))
    assert states.get("a") == Folded("late", 2)
    states.forget("a")
    assert states.get("a") is None


async def test_what_is_observed_goes_on_in_its_place_and_within_the_bounds() -> None:
    store, fold = MemoryEventStore(), Fold(CODEC, COUNTER)
    for number in range(3):
        await handler(store).handle("counter-1", Raise(1), commit_id=f"id-{number}", fingerprint="f", caller="c")
    first, *others = await store.read_stream("counter-1")
    states: FoldedStates[Total] = FoldedStates(streams=2, size=100)
    states.keep("counter-1", fold.on(fold.nothing(), [first]))
    states.keep("other", Folded(Total(), 1, 85))
    for commit in (first, *others[:1]):
        states.observe(commit, fold)
    assert states._held_size == 85 + sum(len(event.data) for commit in (first, others[0]) for event in commit.events)
    states.keep("newest", Folded(Total(), 1, 1))
    assert [states.get(stream) is not None for stream in ("counter-1", "other", "newest")] == [False, True, True]
    states.observe(others[1], fold)
    assert states.get("counter-1") is None

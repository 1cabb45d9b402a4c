"""Commands that wait for one stream are written together, and each is answered as if it had come alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore import MAX_COMMIT_BYTES, Commit, CommitTooLarge, OutcomeUnknown, Overloaded, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import ClaimTaken, CommandHandler, Handled, RequestIdReused
from services.chassis.log.lane import Lanes, Turn
from tests.support.events import CODEC, COUNTER, Raise, Raised, TooHighError, Total

Handler = CommandHandler[Raise, Total, Raised]
STREAM = "counter-1"


@dataclass
class Gate:
    """What an append does while others come to wait: it stands before the gate until it is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None


class GatedStore(MemoryEventStore):
    """Notes the sizes of its commits and its reads; each gate holds one append back and may lose its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.gates: list[Gate] = []
        self.written: list[list[str]] = []
        self.reads = 0

    def gate(self, error: Exception | None = None) -> Gate:
        self.gates.append(Gate(error=error))
        return self.gates[-1]

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        gate = self.gates.pop(0) if self.gates else None
        if gate:
            gate.reached.set()
            await gate.opened.wait()
            if gate.error:
                raise gate.error
        reads = self.reads
        try:
            commit = await super().append(stream, expected_version, writes)
        finally:
            self.reads = reads  # Its own look at the ids is no round trip.
        self.written.append([write.commit_id for write in writes])
        return commit

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().read_stream(stream, after_version)

    async def find_commit(self, commit_id: str) -> Commit | None:
        self.reads += 1
        return await super().find_commit(commit_id)


@pytest.fixture
def store() -> GatedStore:
    return GatedStore()


def handler(store: GatedStore) -> Handler:
    return CommandHandler(store, CODEC, COUNTER)


def give(
    handler: Handler,
    by: int,
    commit_id: str,
    *,
    fingerprint: str = "f",
    caller: str = "c",
    begins: bool = False,
    claims: tuple[str, ...] = (),
) -> asyncio.Task[Handled[Total, Raised]]:
    command = handler.handle(
        STREAM, Raise(by), commit_id=commit_id, fingerprint=fingerprint, caller=caller, begins=begins, claims=claims
    )
    return asyncio.ensure_future(command)


async def crowd(handler: Handler, gate: Gate, *raises: tuple[int, str]) -> list[asyncio.Task[Handled[Total, Raised]]]:
    """All these commands, waiting behind one that stands before the gate."""
    first = give(handler, 1, "first")
    await gate.reached.wait()
    others = [give(handler, by, commit_id) for by, commit_id in raises]
    await asyncio.sleep(0)
    return [first, *others]


async def test_those_who_wait_are_written_as_one_commit_and_each_gets_its_own(store: GatedStore) -> None:
    gate = store.gate()
    tasks = await crowd(handler(store), gate, (2, "a"), (0, "nothing"), (3, "b"), (999, "too high"), (4, "c"))
    gate.opened.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert store.written == [["first"], ["a", "b", "c"]]
    handled = [outcome for outcome in outcomes if isinstance(outcome, Handled)]
    assert [(each.version, each.state.total, each.events, each.commit_id) for each in handled] == [
        (1, 1, (Raised("c", 1),), "first"),
        (2, 3, (Raised("c", 2),), "a"),
        (2, 3, (), "nothing"),
        (3, 6, (Raised("c", 3),), "b"),
        (4, 10, (Raised("c", 4),), "c"),
    ]
    assert isinstance(outcomes[4], TooHighError)


async def test_each_part_keeps_its_own_caller_and_fingerprint(store: GatedStore) -> None:
    gate, counter = store.gate(), handler(store)
    first = give(counter, 1, "first")
    await gate.reached.wait()
    others = [give(counter, 1, name, fingerprint=f"of {name}", caller=f"caller {name}") for name in "ab"]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, *others)
    commit = await store.find_commit("b")
    assert commit is not None
    assert [(part.meta.caller, part.meta.fingerprint) for part in commit.parts] == [
        ("caller a", "of a"),
        ("caller b", "of b"),
    ]


async def test_a_warm_command_reads_nothing_and_a_beginning_one_neither(store: GatedStore) -> None:
    counter = handler(store)
    assert (await give(counter, 1, "a", begins=True)).version == 1
    assert (await give(counter, 1, "b")).version == 2
    assert (await give(counter, 1, "c", begins=True)).version == 3
    assert store.reads == 0


async def test_a_repeat_of_the_last_command_reads_no_stream(store: GatedStore) -> None:
    counter = handler(store)
    first = await give(counter, 1, "a", begins=True)
    again = await give(counter, 1, "a")
    assert (again.repeated, again.version, again.state, again.events) == (True, 1, first.state, first.events)
    assert store.reads == 1  # Its own commit, by its id.
    with pytest.raises(RequestIdReused):
        await give(counter, 2, "a", fingerprint="other")
    assert store.reads == 2


async def test_a_command_that_was_to_begin_a_stream_which_is_there_is_decided_on_it(store: GatedStore) -> None:
    await give(handler(store), 600, "a")
    assert (await give(handler(store), 400, "b", begins=True)).state == Total(1000)
    with pytest.raises(TooHighError):
        await give(handler(store), 1, "c", begins=True)
    assert (await give(handler(store), 0, "d", begins=True)).version == 2
    later: Handler = CommandHandler(store, CODEC, COUNTER, FixedClock())
    again = await give(later, 600, "a", begins=True)
    assert (again.repeated, again.version, again.state) == (True, 1, Total(600))


async def test_an_old_memory_refuses_nobody() -> None:
    """What was too high when it was remembered has become low enough by another process's doing."""
    store, lowered = GatedStore(), Raise(-500)
    one, other = handler(store), handler(store)
    await give(one, 900, "a")
    await other.handle(STREAM, lowered, commit_id="b", fingerprint="f", caller="c")
    assert (await give(one, 200, "c")).state == Total(600)


async def test_a_repeat_that_is_written_as_the_first_time_proves_nothing_to_others(store: GatedStore) -> None:
    """The store takes the very same append for the first one, although the stream has grown since."""
    for commit_id in ("a", "b"):
        await give(CommandHandler(store, CODEC, COUNTER, FixedClock()), 1, commit_id)
    counter: Handler = CommandHandler(store, CODEC, COUNTER, FixedClock())
    nothing, again = await asyncio.gather(give(counter, 0, "nothing", begins=True), give(counter, 1, "a"))
    assert (nothing.version, nothing.state) == (2, Total(2))
    assert (again.version, again.state) == (1, Total(1))


async def test_a_round_of_refusals_reads_once(store: GatedStore) -> None:
    gate, counter = store.gate(), handler(store)
    tasks = await crowd(counter, gate, *((1000, f"high {number}") for number in range(10)))
    gate.opened.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert store.reads == 1 + 1 + 10  # The first fold; reading on; and whether each id was used before.


async def test_a_lost_answer_goes_to_those_who_wrote_and_the_others_are_decided_again(store: GatedStore) -> None:
    gate, lost = store.gate(), store.gate(OutcomeUnknown("lost"))
    tasks = await crowd(handler(store), gate, (900, "a"), (200, "b"), (0, "nothing"))
    gate.opened.set()
    await lost.reached.wait()
    lost.opened.set()
    first, a, b, nothing = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, Handled)
    assert isinstance(a, OutcomeUnknown)
    # `b` was too high on top of `a`, which was not written.
    assert isinstance(b, Handled)
    assert isinstance(nothing, Handled)
    assert (b.state, nothing.state) == (Total(201), Total(201))


async def test_what_the_store_refuses_as_too_much_goes_to_all_who_wrote(store: GatedStore) -> None:
    gate = store.gate()
    store.gate(Overloaded(0.1)).opened.set()
    tasks = await crowd(handler(store), gate, (1, "a"), (1, "b"))
    gate.opened.set()
    _, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(other) for other in others] == [Overloaded, Overloaded]
    assert store.written == [["first"]]


async def test_of_too_many_the_last_are_refused_and_who_waits_is_not(store: GatedStore) -> None:
    gate, counter = store.gate(), handler(store)
    waiting = await crowd(counter, gate, *((0, str(number)) for number in range(1023)))
    late = give(counter, 1, "late")
    with pytest.raises(Overloaded) as refused:
        await late
    assert refused.value.retry_seconds > 0
    gate.opened.set()
    await asyncio.gather(*waiting)
    assert (await give(counter, 1, "late")).version == 2


@pytest.mark.parametrize("claims", [("x", "x"), ("a",), ("",), ("\ud800",), ("x" * 1025,)])
async def test_ids_that_no_commit_may_have_fail_nobody_else(store: GatedStore, claims: tuple[str, ...]) -> None:
    gate, counter = store.gate(), handler(store)
    first = give(counter, 1, "first")
    await gate.reached.wait()
    others = [give(counter, 1, "a", claims=claims), give(counter, 1, "b")]
    await asyncio.sleep(0)
    gate.opened.set()
    refused, told = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(refused, ValueError)
    assert isinstance(told, Handled)
    await first


async def test_what_writes_nothing_claims_nothing_whoever_it_waits_with(store: GatedStore) -> None:
    counter = handler(store)
    gate = store.gate()
    first = give(counter, 1, "first")
    await gate.reached.wait()
    held = [give(counter, 1, "p", claims=("x",)), give(counter, 1, "q", claims=("y",))]  # one commit holds both
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, *held)
    gate = store.gate()
    second = give(counter, 1, "second")
    await gate.reached.wait()
    others = [give(counter, 1, "r", claims=("x",)), give(counter, 0, "nothing", claims=("y",)), give(counter, 1, "s")]
    await asyncio.sleep(0)
    gate.opened.set()
    taken, nothing, told = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(taken, ClaimTaken)
    assert isinstance(nothing, Handled)
    assert isinstance(told, Handled)
    assert (nothing.events, nothing.version, told.version) == ((), 4, 5)
    await second


async def test_a_repeat_among_those_who_wait_is_taken_out(store: GatedStore) -> None:
    """Its id lies in what is remembered, so only the store knows."""
    await give(handler(store), 5, "old")
    gate, counter = store.gate(), handler(store)
    tasks = await crowd(counter, gate, (2, "a"), (5, "old"), (3, "b"))
    reused = give(counter, 7, "old", fingerprint="other")
    await asyncio.sleep(0)
    gate.opened.set()
    outcomes = await asyncio.gather(*tasks, reused, return_exceptions=True)
    states = [(each.state.total, each.repeated) for each in outcomes if isinstance(each, Handled)]
    assert states == [(6, False), (8, False), (5, True), (11, False)]
    assert isinstance(outcomes[-1], RequestIdReused)
    assert await handler(store).state(STREAM) == (Total(11), 4)


async def test_an_id_of_another_stream_is_refused_alone(store: GatedStore) -> None:
    await handler(store).handle("counter-2", Raise(1), commit_id="theirs", fingerprint="f", caller="c")
    gate = store.gate()
    tasks = await crowd(handler(store), gate, (2, "a"), (1, "theirs"), (3, "b"))
    gate.opened.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[2], RequestIdReused)
    assert await handler(store).state(STREAM) == (Total(6), 3)


async def test_two_of_one_id_are_one_command_and_its_repeat(store: GatedStore) -> None:
    gate, counter = store.gate(), handler(store)
    tasks = await crowd(counter, gate, (2, "a"), (2, "a"), (3, "b"))
    other = give(counter, 2, "a", fingerprint="other")
    await asyncio.sleep(0)
    gate.opened.set()
    _, one, two, three, reused = await asyncio.gather(*tasks, other, return_exceptions=True)
    assert isinstance(one, Handled)
    assert isinstance(two, Handled)
    assert isinstance(three, Handled)
    assert (one.repeated, two.repeated, three.repeated) == (False, True, False)
    assert (one.version, one.events, one.state) == (two.version, two.events, two.state)
    assert isinstance(reused, RequestIdReused)
    assert await counter.state(STREAM) == (Total(6), 3)


async def test_who_leaves_while_waiting_is_taken_out_and_who_is_being_written_is_written(store: GatedStore) -> None:
    gate = store.gate()
    first, second, third = await crowd(handler(store), gate, (2, "a"), (3, "b"))
    first.cancel()
    second.cancel()
    await asyncio.sleep(0)
    gate.opened.set()
    assert (await third).state == Total(4)
    assert store.written == [["first"], ["b"]]
    assert first.cancelled()
    assert second.cancelled()


async def test_a_lane_whose_only_waiters_left_closes(store: GatedStore) -> None:
    task = give(handler(store), 1, "a")
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await give(handler(store), 1, "b")).version == 1


BIG = MAX_COMMIT_BYTES // 3


@dataclass(frozen=True)
class Note:
    text: str


class Book:
    """Takes any text, however long."""

    initial = Total()

    def evolve(self, state: Total, event: Raised) -> Total:
        return Total(state.total + len(event.counter))

    def decide(self, command: Note, _state: Total) -> tuple[Raised, ...]:
        return (Raised(command.text, 1),)


async def test_what_is_large_is_written_in_several_commits_and_what_is_too_large_fails_alone() -> None:
    store = GatedStore()
    book: CommandHandler[Note, Total, Raised] = CommandHandler(store, CODEC, Book())

    def write(text: str, commit_id: str) -> asyncio.Task[Handled[Total, Raised]]:
        return asyncio.ensure_future(
            book.handle("book-1", Note(text), commit_id=commit_id, fingerprint="f", caller="c", begins=True)
        )

    gate = store.gate()
    tasks = [write("x", "first")]
    await gate.reached.wait()
    tasks += [write("y" * BIG, f"big {number}") for number in range(4)]
    tasks += [write("z" * MAX_COMMIT_BYTES, "giant"), write("last", "last")]
    await asyncio.sleep(0)
    gate.opened.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert store.written == [["first"], ["big 0", "big 1"], ["big 2", "big 3", "last"]]
    assert [type(outcome) for outcome in outcomes] == [Handled] * 5 + [CommitTooLarge, Handled]


async def test_at_most_so_many_are_written_together(store: GatedStore) -> None:
    gate = store.gate()
    tasks = await crowd(handler(store), gate, *((1, f"id {number}") for number in range(150)))
    gate.opened.set()
    await asyncio.gather(*tasks)
    assert [len(written) for written in store.written] == [1, 64, 64, 22]


async def test_who_follows_the_log_knows_what_others_wrote(store: GatedStore) -> None:
    one, other = handler(store), handler(store)
    await give(one, 1, "a")
    for number in range(3):
        await give(other, 1, f"b{number}")
    commits = await store.read_stream(STREAM)
    store.reads = 0
    one.observe(commits)
    one.observe(commits)  # Once more changes nothing.
    assert await one.remembered_state(STREAM) == (Total(4), 4)
    await give(one, 1, "c")
    assert (store.reads, store.written[-1]) == (0, ["c"])


async def test_who_missed_a_part_of_the_log_forgets(store: GatedStore) -> None:
    one, other = handler(store), handler(store)
    await give(one, 1, "a")
    for number in range(3):
        await give(other, 1, f"b{number}")
    one.observe((await store.read_stream(STREAM))[2:])
    assert await one.remembered_state(STREAM) == (Total(4), 4)
    assert store.reads == 1 + 1 + 1 + 1  # Two first folds, this test's own, and the one after forgetting.


async def test_a_remembered_state_is_as_old_as_what_was_seen_of_the_stream(store: GatedStore) -> None:
    one, other = handler(store), handler(store)
    await give(one, 1, "a")
    await give(other, 1, "b")
    assert await one.remembered_state(STREAM) == (Total(1), 1)
    assert await one.state(STREAM) == (Total(2), 2)
    assert await one.remembered_state(STREAM) == (Total(2), 2)
    assert await handler(store).remembered_state("counter-9") == (Total(), 0)


async def test_a_lane_goes_on_after_a_failure_and_is_gone_when_empty() -> None:
    served: list[list[int]] = []

    async def serve(_name: str, turns: list[Turn[int, int]]) -> list[Turn[int, int]]:
        await asyncio.sleep(0)
        served.append([turn.asked for turn in turns])
        if turns[0].asked == 0:
            raise ValueError("no")
        turns[0].give(turns[0].asked * 10)
        return turns[1:]

    lanes: Lanes[int, int] = Lanes(serve, lambda taken, _turn: len(taken) < 3)
    asking = [lanes.ask("a", number) for number in (0, 1, 2, 3, 4)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError] * 3 + [int] * 2
    assert served == [[0, 1, 2], [3, 4], [4]]
    assert len(lanes) == 0


async def test_a_lane_that_is_stopped_leaves_nobody_waiting() -> None:
    async def serve(_name: str, turns: list[Turn[int, int]]) -> list[Turn[int, int]]:
        await asyncio.Event().wait()
        return turns

    lanes: Lanes[int, int] = Lanes(serve, lambda taken, _turn: not taken)
    asking = [asyncio.ensure_future(lanes.ask("a", number)) for number in (0, 1)]
    await asyncio.sleep(0.01)
    for task in asyncio.all_tasks() - {*asking, asyncio.current_task()}:
        if "_run" in str(task.get_coro()):
            task.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*asking, return_exceptions=True)
    )


async def test_a_fold_that_fails_on_what_is_observed_costs_the_memory_alone(store: GatedStore) -> None:
    def evolve(state: Total, event: Raised) -> Total:
        if event.by == 13:
            raise KeyError("a state that the fold cannot go on from")
        return COUNTER.evolve(state, event)  # type: ignore[no-any-return]

    failing: Handler = CommandHandler(
        store, CODEC, SimpleNamespace(initial=COUNTER.initial, decide=COUNTER.decide, evolve=evolve)
    )
    await give(failing, 1, "id-1")
    await give(handler(store), 13, "id-2")
    failing.observe((await store.read_stream(STREAM))[1:])
    with pytest.raises(KeyError):
        await failing.state(STREAM)


async def test_who_is_alone_is_served_in_its_own_task_and_whoever_comes_meanwhile_is_served_after() -> None:
    going_on, served_by = asyncio.Event(), list[asyncio.Task[object] | None]()

    async def serve(_name: str, turns: list[Turn[int, int]]) -> list[Turn[int, int]]:
        served_by.append(asyncio.current_task())
        await going_on.wait()
        for turn in turns:
            turn.give(turn.asked * 10)
        return []

    lanes: Lanes[int, int] = Lanes(serve, lambda _taken, _turn: True)
    tasks = [asyncio.ensure_future(lanes.ask("a", number, alone=True)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    going_on.set()
    assert await asyncio.gather(*tasks) == [10, 20, 30]
    assert served_by[0] is tasks[0]
    assert len(served_by) == 2
    assert len(lanes) == 0


@pytest.mark.parametrize("others", [0, 2])
async def test_who_is_alone_and_cancelled_leaves_a_lane_that_goes_on(others: int) -> None:
    hanging = [True]

    async def serve(_name: str, turns: list[Turn[int, int]]) -> list[Turn[int, int]]:
        while hanging.pop() if hanging else False:
            await asyncio.Event().wait()
        for turn in turns:
            turn.give(turn.asked * 10)
        return []

    lanes: Lanes[int, int] = Lanes(serve, lambda _taken, _turn: True)
    tasks = [asyncio.ensure_future(lanes.ask("a", number, alone=True)) for number in range(1 + others)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1:] == [10, 20][:others]
    assert len(lanes) == 0
    assert await lanes.ask("a", 7, alone=True) == 70


async def test_who_is_alone_is_told_what_serving_failed_with() -> None:
    async def serve(_name: str, _turns: list[Turn[int, int]]) -> list[Turn[int, int]]:
        raise ValueError("no")

    lanes: Lanes[int, int] = Lanes(serve, lambda _taken, _turn: True)
    with pytest.raises(ValueError, match="no"):
        await lanes.ask("a", 1, alone=True)
    assert len(lanes) == 0

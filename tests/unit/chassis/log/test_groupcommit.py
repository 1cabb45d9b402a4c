"""Group commit with a flush that answers as told: every caller gets its own outcome, whoever else comes and goes."""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.log import groupcommit
from services.chassis.log.eventstore import (
    Commit,
    EventData,
    OutcomeUnknown,
    Overloaded,
    StoreUnavailable,
    VersionConflict,
    Write,
    new_commit,
)
from services.chassis.log.groupcommit import GroupCommit, Limits, Outcome
from tests.support.commits import META, new_id


def commit(stream: str, size: int = 100, version: int = 0) -> Commit:
    return new_commit(stream, version, [Write(new_id(), [EventData("t", bytes(size - 1))], META)])


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


class ScriptedFlush:
    """A flush that waits for the test to say what becomes of each bulk."""

    def __init__(self) -> None:
        self.bulks: list[list[Commit]] = []
        self.told: dict[str, Outcome] = {}
        self._answer: asyncio.Future[Callable[[Commit], Outcome]] | None = None

    async def __call__(self, commits: Sequence[Commit]) -> Sequence[Outcome]:
        assert self._answer is None, "two flushes at once"
        self.bulks.append(list(commits))
        self._answer = asyncio.get_running_loop().create_future()
        try:
            decide = await self._answer
        finally:
            self._answer = None
        for each in commits:
            self.told[each.commit_id] = decide(each)
        return [self.told[each.commit_id] for each in commits]

    @property
    def waits(self) -> bool:
        return self._answer is not None

    async def answer(self, decide: Callable[[Commit], Outcome] = lambda each: each) -> None:
        """Answer the flush under way, and let callers hear of it and the next one begin."""
        assert self._answer is not None
        self._answer.set_result(decide)
        await settle()

    async def fail(self, error: BaseException) -> None:
        assert self._answer is not None
        self._answer.set_exception(error)
        await settle()


async def started(group: GroupCommit, *commits: Commit) -> list[asyncio.Task[Commit]]:
    """Callers that have all submitted."""
    tasks = [asyncio.create_task(group.submit(each)) for each in commits]
    await settle()
    return tasks


async def test_what_arrives_during_a_flush_goes_into_the_next_one_together() -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush)
    first = await started(group, commit("a-1"))
    rest = await started(group, *(commit(f"b-{number}") for number in range(50)))
    assert [len(bulk) for bulk in flush.bulks] == [1]
    await flush.answer()
    assert [len(bulk) for bulk in flush.bulks] == [1, 50]
    assert first[0].done()
    assert not any(task.done() for task in rest)
    await flush.answer()
    assert [task.result() for task in rest] == flush.bulks[1]
    assert not flush.waits


async def test_those_who_ask_in_one_turn_of_the_loop_share_the_first_flush() -> None:
    flush = ScriptedFlush()
    await started(GroupCommit(flush), commit("a-1"), commit("a-2"), commit("a-3"))
    assert [len(bulk) for bulk in flush.bulks] == [3]
    await flush.answer()


async def test_a_streams_commits_go_one_by_one_and_in_order() -> None:
    flush = ScriptedFlush()
    commits = [commit("a-1"), commit("a-1", version=1), commit("a-1", version=2), commit("b-1")]
    await started(GroupCommit(flush), *commits)
    while flush.waits:
        await flush.answer()
    assert flush.bulks == [[commits[0], commits[3]], [commits[1]], [commits[2]]]


async def test_a_busy_stream_does_not_keep_others_from_their_turn() -> None:
    flush = ScriptedFlush()
    busy = [commit("a-1", version=version) for version in range(3)]
    others = [commit("b-1"), commit("c-1")]
    await started(GroupCommit(flush, limits=Limits(bulk_commits=1)), *busy, *others)
    while flush.waits:
        await flush.answer()
    assert [bulk[0].stream for bulk in flush.bulks] == ["a-1", "b-1", "c-1", "a-1", "a-1"]


async def test_each_caller_gets_the_outcome_of_its_own_commit() -> None:
    flush = ScriptedFlush()
    tasks = await started(GroupCommit(flush), commit("a-1"), commit("a-2"), commit("a-3"))
    await flush.answer(lambda each: VersionConflict(each.stream, 0) if each.stream == "a-2" else each)
    assert isinstance(tasks[1].exception(), VersionConflict)
    assert [tasks[0].result().stream, tasks[2].result().stream] == ["a-1", "a-3"]


async def test_a_bulk_is_bounded_by_commits_and_by_bytes() -> None:
    flush = ScriptedFlush()
    limits = Limits(bulk_commits=3, bulk_bytes=1000)
    sizes = [400, 400, 400, 1500, 10, 10, 10, 10]
    await started(GroupCommit(flush, limits=limits), *(commit(f"a-{n}", size) for n, size in enumerate(sizes)))
    while flush.waits:
        await flush.answer()
    assert [[each.size for each in bulk] for bulk in flush.bulks] == [[400, 400], [400], [1500], [10, 10, 10], [10]]


@pytest.mark.parametrize("limits", [Limits(waiting_commits=2), Limits(waiting_bytes=250)])
async def test_more_than_may_wait_is_refused_and_told_when_to_come_back(limits: Limits) -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush, limits=limits)
    await started(group, commit("a-0"))
    waiting = await started(group, commit("a-1"), commit("a-2"))
    with pytest.raises(Overloaded) as refused:
        await group.submit(commit("a-3"))
    assert 0 < refused.value.retry_seconds <= 5
    waiting[0].cancel()  # Whoever leaves makes room.
    await settle()
    late = await started(group, commit("a-4"))
    while flush.waits:
        await flush.answer()
    assert [[each.stream for each in bulk] for bulk in flush.bulks] == [["a-0"], ["a-2", "a-4"]]
    assert late[0].result().stream == "a-4"


async def test_one_larger_than_all_that_may_wait_is_taken_when_nothing_waits() -> None:
    flush = ScriptedFlush()
    tasks = await started(GroupCommit(flush, limits=Limits(waiting_bytes=10, bulk_bytes=10)), commit("a-1", 100))
    await flush.answer()
    assert tasks[0].result().stream == "a-1"


async def test_a_cancelled_caller_takes_back_what_was_not_taken_yet() -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush)
    first, second = await started(group, commit("a-1"), commit("a-1", version=1))
    first.cancel()
    second.cancel()
    await settle()
    assert first.cancelled()
    assert second.cancelled()
    await flush.answer()
    assert [len(bulk) for bulk in flush.bulks] == [1]
    assert len(flush.told) == 1
    assert not flush.waits


async def test_a_flush_that_breaks_leaves_every_caller_an_unknown_outcome() -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush)
    tasks = await started(group, commit("a-1"), commit("a-2"))
    await flush.fail(RuntimeError("broken"))
    for task in tasks:
        assert isinstance(task.exception(), OutcomeUnknown)
        assert isinstance(task.exception().__cause__, RuntimeError)  # type: ignore[union-attr]
    again = await started(group, commit("a-1"))
    await flush.answer()
    assert again[0].result().stream == "a-1"


async def test_an_answer_of_the_wrong_length_is_a_broken_flush() -> None:
    async def forgetful(commits: Sequence[Commit]) -> Sequence[Outcome]:
        return commits[1:]

    with pytest.raises(OutcomeUnknown):
        await GroupCommit(forgetful).submit(commit("a-1"))


async def test_closing_waits_for_what_was_taken_and_takes_no_more() -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush)
    tasks = await started(group, commit("a-1"), commit("a-1", version=1))
    closing = asyncio.create_task(group.close())
    await settle()
    with pytest.raises(StoreUnavailable):
        await group.submit(commit("a-2"))
    await flush.answer()
    assert not closing.done()
    await flush.answer()
    assert closing.done()
    assert all(task.result() for task in tasks)
    await group.close()


async def test_whoever_loses_patience_with_closing_does_not_stop_the_writing() -> None:
    flush = ScriptedFlush()
    group = GroupCommit(flush)
    tasks = await started(group, commit("a-1"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await group.close()
    await flush.answer()
    assert tasks[0].result().stream == "a-1"


async def test_a_closed_group_that_never_wrote_is_closed_at_once() -> None:
    await GroupCommit(ScriptedFlush()).close()


class Recorded:
    """An instrument that keeps what it is told."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def add(self, value: int) -> None:
        self.values.append(value)

    record = add


async def test_bulks_and_what_waits_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    depth, bulks, flush = Recorded(), Recorded(), ScriptedFlush()
    monkeypatch.setattr(groupcommit, "QUEUE_DEPTH", depth)
    monkeypatch.setattr(groupcommit, "FLUSH_COMMITS", bulks)
    tasks = await started(GroupCommit(flush), commit("a-1"), commit("a-2"), commit("a-1", version=1), commit("a-1"))
    assert sum(depth.values) == 2
    tasks[3].cancel()
    await settle()
    assert sum(depth.values) == 1
    while flush.waits:
        await flush.answer()
    assert sum(depth.values) == 0
    assert bulks.values == [2, 1]


def test_a_loop_that_ends_with_appends_under_way_leaves_nothing_behind() -> None:
    complaints: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        await started(GroupCommit(ScriptedFlush()), commit("a-1"), commit("a-1", version=1))

    asyncio.run(main())
    gc.collect()
    assert complaints == []


# --- Any order of arrivals, departures and answers --------------------------------------------------------------------

_LIMITS = Limits(bulk_commits=3, bulk_bytes=250, waiting_commits=5, waiting_bytes=450)

_steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["a-1", "a-2", "b-1", "b-2"]), st.sampled_from([10, 100, 240])),
        st.tuples(st.just("cancel"), st.integers(0, 40), st.none()),
        st.tuples(st.just("answer"), st.lists(st.booleans(), min_size=3, max_size=3), st.none()),
        st.tuples(st.just("fail"), st.none(), st.none()),
        st.tuples(st.just("pause"), st.none(), st.none()),
    ),
    max_size=40,
)


class Play:
    """Carries out steps, and knows what waits, what was withdrawn in time and what had to be refused."""

    def __init__(self) -> None:
        self.flush = ScriptedFlush()
        self.group = GroupCommit(self.flush, limits=_LIMITS)
        self.callers: list[tuple[Commit, asyncio.Task[Commit]]] = []
        self.arrived: list[Commit] = []
        self.refused: set[str] = set()
        self.withdrawn: set[str] = set()
        self.failed: set[str] = set()

    async def submit(self, stream: str, size: int) -> None:
        made = commit(stream, size)

        async def caller() -> Commit:
            waiting = self.waiting()
            full = len(waiting) >= _LIMITS.waiting_commits or sum(map(len_of, waiting)) + size > _LIMITS.waiting_bytes
            self.refused.update({made.commit_id} if waiting and full else ())
            self.arrived.append(made)
            return await self.group.submit(made)

        self.callers.append((made, asyncio.create_task(caller())))
        await asyncio.sleep(0)

    async def cancel(self, number: int, _: None) -> None:
        if self.callers:
            made, task = self.callers[number % len(self.callers)]
            task.cancel()
            await asyncio.sleep(0)
            if made not in self.taken():
                self.withdrawn.add(made.commit_id)

    async def answer(self, accepted: list[bool], _: None) -> None:
        if self.flush.waits:
            verdicts = {each.commit_id: yes for each, yes in zip(self.flush.bulks[-1], accepted, strict=False)}
            await self.flush.answer(lambda each: each if verdicts[each.commit_id] else VersionConflict(each.stream, 0))

    async def fail(self, _: None, __: None) -> None:
        if self.flush.waits:
            self.failed.update(each.commit_id for each in self.flush.bulks[-1])
            await self.flush.fail(RuntimeError("broken"))

    async def pause(self, _: None, __: None) -> None:
        await settle()

    def taken(self) -> list[Commit]:
        return [each for bulk in self.flush.bulks for each in bulk]

    def waiting(self) -> list[Commit]:
        gone = {each.commit_id for each in self.taken()} | self.withdrawn | self.refused
        return [made for made in self.arrived if made.commit_id not in gone]

    def check(self) -> None:
        taken = self.taken()
        written = [made for made in self.arrived if made.commit_id not in self.withdrawn | self.refused]
        assert Counter(each.commit_id for each in taken) == Counter(each.commit_id for each in written)
        for bulk in self.flush.bulks:
            assert len(bulk) <= _LIMITS.bulk_commits
            assert len(bulk) == 1 or sum(map(len_of, bulk)) <= _LIMITS.bulk_bytes
            assert len({each.stream for each in bulk}) == len(bulk)
        for stream in {each.stream for each in taken}:
            assert [each for each in taken if each.stream == stream] == [e for e in written if e.stream == stream]
        for made, task in self.callers:
            self.check_outcome(made, task)

    def check_outcome(self, made: Commit, task: asyncio.Task[Commit]) -> None:
        assert task.done()
        if task.cancelled():
            return
        if made.commit_id in self.refused:
            assert isinstance(task.exception(), Overloaded)
        elif made.commit_id in self.failed:
            assert isinstance(task.exception(), OutcomeUnknown)
        else:
            told = self.flush.told[made.commit_id]
            assert (task.exception() if isinstance(told, Exception) else task.result()) is told


def len_of(each: Commit) -> int:
    return each.size


@settings(max_examples=150, deadline=None)
@given(_steps)
def test_any_coming_and_going_gives_each_its_own_outcome(steps: list[tuple[str, Any, Any]]) -> None:
    complaints: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        play = Play()
        for name, first, second in steps:
            step: Callable[[Any, Any], Awaitable[None]] = getattr(play, name)
            await step(first, second)
        await settle()
        while play.flush.waits:
            await play.flush.answer()
        await play.group.close()
        play.check()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert complaints == []

"""The memory store against a model as plain as can be: a list of lists."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.chassis.eventstore import CommitIdTaken, VersionConflict
from services.chassis.eventstore_memory import MemoryEventStore
from services.chassis.nudge import Nudge
from services.chassis.sequencer import Sequencer
from tests.support.commits import append

T = TypeVar("T")

_STREAMS = st.sampled_from(["a-1", "a-2", "b-1"])


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


class StoreAndModel(RuleBasedStateMachine):
    """`versions`: each stream's commits as (id, first, last); `held`: who holds an id; `placed`: the log."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryEventStore()
        self.versions: dict[str, list[tuple[str, int, int]]] = {}
        self.held: dict[str, tuple[str, int, int]] = {}
        self.placed = 0

    @rule(stream=_STREAMS, expected=st.integers(0, 8), count=st.integers(1, 3), commit=st.integers(0, 30))
    def append(self, stream: str, expected: int, count: int, commit: int) -> None:
        commit_id, commits = f"id-{commit}", self.versions.setdefault(stream, [])
        wanted = (stream, expected + 1, expected + count)
        head = commits[-1][2] if commits else 0
        try:
            run(append(self.store, stream, expected, count, commit_id=commit_id))
            outcome = "stored"
        except (CommitIdTaken, VersionConflict) as error:
            outcome = type(error).__name__
        if commit_id in self.held:
            assert outcome == ("stored" if self.held[commit_id] == wanted else "CommitIdTaken")
        elif expected != head:
            assert outcome == "VersionConflict"
        else:
            assert outcome == "stored"
            self.held[commit_id] = wanted
            commits.append((commit_id, *wanted[1:]))

    @rule(batch=st.integers(1, 4))
    def sequence(self, batch: int) -> None:
        run(Sequencer(self.store, Nudge(), batch=batch).step())
        self.placed = min(len(self.held), self.placed + batch)

    @invariant()
    def streams_are_as_modelled(self) -> None:
        for stream, commits in self.versions.items():
            read = run(self.store.read_stream(stream))
            assert [(commit.commit_id, commit.first, commit.last) for commit in read] == commits

    @invariant()
    def the_log_is_dense_and_in_stream_order(self) -> None:
        log = run(self.store.read_log(0, 100))
        assert [commit.position for commit in log] == list(range(1, self.placed + 1))
        for stream, commits in self.versions.items():
            ids = [commit.commit_id for commit in log if commit.stream == stream]
            assert ids == [commit_id for commit_id, _, _ in commits][: len(ids)]


StoreAndModel.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStoreAndModel = StoreAndModel.TestCase

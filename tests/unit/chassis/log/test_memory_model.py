"""The memory store against a model as plain as can be: a list of lists."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.chassis.log.eventstore import CommitIdTaken, VersionConflict, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from tests.support.commits import EVENT, META

T = TypeVar("T")

_STREAMS = st.sampled_from(["a-1", "a-2", "b-1"])


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


Parts = tuple[tuple[str, int, int, tuple[str, ...]], ...]


class StoreAndModel(RuleBasedStateMachine):
    """`streams`: each stream's commits, as parts (id, first, last, claims); `held`: stream and parts with an id."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryEventStore()
        self.streams: dict[str, list[Parts]] = {}
        self.held: dict[str, tuple[str, Parts]] = {}
        self.placed = 0

    @rule(
        stream=_STREAMS,
        expected=st.integers(0, 8),
        ids=st.lists(st.integers(0, 30), min_size=1, max_size=5, unique=True),
        claiming=st.integers(0, 2),
        count=st.integers(1, 2),
    )
    def append(self, stream: str, expected: int, ids: list[int], claiming: int, count: int) -> None:
        names = [f"id-{each}" for each in ids]
        claiming = min(claiming, len(names) - 1)
        claims = [tuple(names[1 : 1 + claiming]), *[()] * (len(names) - claiming - 1)]
        own = [names[0], *names[1 + claiming :]]
        firsts = range(expected + 1, expected + 1 + len(own) * count, count)
        wanted = tuple(
            (name, first, first + count - 1, more) for name, first, more in zip(own, firsts, claims, strict=True)
        )
        commits = self.streams.setdefault(stream, [])
        head = commits[-1][-1][2] if commits else 0
        try:
            writes = [Write(name, [EVENT] * count, META, more) for name, more in zip(own, claims, strict=True)]
            run(self.store.append(stream, expected, writes))
            outcome = "stored"
        except (CommitIdTaken, VersionConflict) as error:
            outcome = type(error).__name__
        if holder := next((self.held[name] for name in names if name in self.held), None):
            assert outcome == ("stored" if holder == (stream, wanted) else "CommitIdTaken")
        elif expected != head:
            assert outcome == "VersionConflict"
        else:
            assert outcome == "stored"
            self.held.update(dict.fromkeys(names, (stream, wanted)))
            commits.append(wanted)

    @rule(batch=st.integers(1, 4))
    def sequence(self, batch: int) -> None:
        run(Sequencer(self.store, LogWindow(self.store, Nudge()), batch=batch).step())
        self.placed = min(sum(map(len, self.streams.values())), self.placed + batch)

    @invariant()
    def streams_are_as_modelled(self) -> None:
        for stream, commits in self.streams.items():
            read = run(self.store.read_stream(stream))
            assert [
                tuple((part.commit_id, part.first, part.last, part.claims) for part in c.parts) for c in read
            ] == commits

    @invariant()
    def the_log_is_dense_and_in_stream_order(self) -> None:
        log = run(self.store.read_log(0, 100))
        assert [commit.position for commit in log] == list(range(1, self.placed + 1))
        for stream, commits in self.streams.items():
            ids = [commit.commit_id for commit in log if commit.stream == stream]
            assert ids == [parts[0][0] for parts in commits][: len(ids)]


StoreAndModel.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStoreAndModel = StoreAndModel.TestCase

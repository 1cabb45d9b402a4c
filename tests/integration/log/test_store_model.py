"""The real store against the memory store as its model, with appends of two processes racing for ids and versions.

What a race brought about must be what some order of its appends brings about in the model, one after the other. The
model then goes on from there, and is compared with the store in everything that can be read.
"""

import asyncio
import copy
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from services.chassis.log.eventstore import Commit, CommitIdTaken, EventData, EventStore, VersionConflict, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.lease import LeaseLost
from services.chassis.log.log_window import LogWindow
from services.chassis.log.nudge import Nudge
from services.chassis.log.sequencer import Sequencer
from tests.support.commits import META

T = TypeVar("T")

STREAMS = ("a-1", "a-2", "b-1")
IDS = [f"id-{number}" for number in range(14)]


class Asked(NamedTuple):
    """An append: by which process, to which stream, how far from its end, and each write's id, events and claims."""

    store: int
    stream: str
    beside: int
    writes: list[tuple[str, int, list[str]]]


def _all_differ(writes: list[tuple[str, int, list[str]]]) -> bool:
    ids = [each for commit_id, _, claims in writes for each in (commit_id, *claims)]
    return len(ids) == len(set(ids))


_write = st.tuples(st.sampled_from(IDS), st.integers(1, 2), st.lists(st.sampled_from(IDS), max_size=2))
_writes = st.lists(_write, min_size=1, max_size=3).filter(_all_differ)
_beside = st.sampled_from([0, 0, 0, 0, -1, -2, 1])
_asked = st.builds(Asked, st.integers(0, 1), st.sampled_from(STREAMS), _beside, _writes)

Request = tuple[str, int, list[Write]]
Seen = tuple[str, object]


class StoreAndModel(RuleBasedStateMachine):
    """`stores`: two processes on one database; `model`: what they must amount to."""

    uri: str
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.model = MemoryEventStore()
        self.placed: list[str] = []
        address = urlsplit(self.uri)._replace(path=f"/model_{uuid.uuid4().hex[:16]}").geturl()
        self.databases = [MongoDatabase(address) for _ in range(2)]
        self.stores = [MongoEventStore(database) for database in self.databases]
        self.run(self.stores[0].ensure_indexes())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        for store, database in zip(self.stores, self.databases, strict=True):
            self.run(store.close())
            database.close()

    @rule(race=st.lists(_asked, min_size=1, max_size=4), sequence=st.booleans())
    def append(self, race: list[Asked], sequence: bool) -> None:
        self.run(self._race(race, sequence))

    async def _race(self, race: list[Asked], sequence: bool) -> None:
        requests = [await self._request(asked) for asked in race]
        appends = [seen(self.stores[asked.store], request) for asked, request in zip(race, requests, strict=True)]
        outcomes, _ = await asyncio.gather(asyncio.gather(*appends), self._sequence(*([0] if sequence else [])))
        explained = await explain(self.model, list(zip(requests, outcomes, strict=True)))
        assert explained is not None, outcomes
        self.model = explained
        await self._model_sequencing()

    async def _request(self, asked: Asked) -> Request:
        stream = await self.model.read_stream(asked.stream)
        expected = max(0, (stream[-1].last if stream else 0) + asked.beside)
        writes = [
            Write(each, [EventData("test.v1.A", each.encode())] * count, META, claims)
            for each, count, claims in asked.writes
        ]
        return asked.stream, expected, writes

    @rule(one=st.integers(0, 1), rival=st.booleans())
    def sequence(self, one: int, rival: bool) -> None:
        self.run(self._sequence(*([0, 1] if rival else [one])))
        self.run(self._model_sequencing())

    async def _sequence(self, *stores: int) -> None:
        logs = [self.stores[store] for store in stores]
        steps = [Sequencer(log, LogWindow(log, Nudge()), batch=3).step() for log in logs]
        for outcome in await asyncio.gather(*steps, return_exceptions=True):
            assert isinstance(outcome, bool | LeaseLost), outcome

    async def _model_sequencing(self) -> None:
        """Have the model place what the store has placed, in that order: it refuses a place given twice."""
        log = [commit.commit_id for commit in await self.stores[0].read_log(0, 1000)]
        assert log[: len(self.placed)] == self.placed
        await self.model.assign_positions(len(self.placed), log[len(self.placed) :])
        self.placed = log
        for stream in STREAMS:
            firsts = [commit.first for commit in await self.model.read_log(0, 1000) if commit.stream == stream]
            assert firsts == sorted(firsts)

    @rule(store=st.integers(0, 1), stream=st.sampled_from(STREAMS), after=st.integers(0, 12))
    def read(self, store: int, stream: str, after: int) -> None:
        found = self.run(self.stores[store].read_stream(stream, after))
        assert found == self.run(self.model.read_stream(stream, after))

    @rule(store=st.integers(0, 1), ids=st.lists(st.sampled_from(IDS), unique=True, max_size=5))
    def find(self, store: int, ids: list[str]) -> None:
        found = self.run(self.stores[store].commits_by_ids(ids))
        assert len(found) == len(set(found))
        assert set(found) == set(self.run(self.model.commits_by_ids(ids)))

    @invariant()
    def everything_is_as_in_the_model(self) -> None:
        store = self.stores[1]
        assert self.run(store.read_log(0, 1000)) == self.run(self.model.read_log(0, 1000))
        assert self.run(store.head_position()) == self.run(self.model.head_position())
        assert self.run(store.streams("", "", 100)) == self.run(self.model.streams("", "", 100))
        assert set(self.run(store.unsequenced(1000))) == set(self.run(self.model.unsequenced(1000)))


async def seen(store: EventStore, request: Request) -> Seen:
    """What the caller of an append sees."""
    try:
        return "stored", _unplaced(await store.append(*request))
    except CommitIdTaken as taken:
        return "taken", _unplaced(taken.existing)
    except VersionConflict:
        return "conflict", None


async def explain(model: MemoryEventStore, race: Sequence[tuple[Request, Seen]]) -> MemoryEventStore | None:
    """The model after these requests in some order that lets each see what it saw; None when there is no such order."""
    if not race:
        return model
    for number, (request, saw) in enumerate(race):
        after = copy.deepcopy(model)
        if await seen(after, request) == saw:
            found = await explain(after, [*race[:number], *race[number + 1 :]])
            if found is not None:
                return found
    return None


def _unplaced(commit: Commit) -> Commit:
    return replace(commit, position=None)


# What fails is shown as it was found: making it smaller would take minutes on a real store.
_SETTINGS = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def test_the_store_is_as_its_model_under_races(store_address: str) -> None:
    with asyncio.Runner() as runner:
        machine = type("Machine", (StoreAndModel,), {"uri": store_address, "runner": runner})
        run_state_machine_as_test(machine, settings=_SETTINGS)

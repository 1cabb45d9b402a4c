"""Two processes on one store, under random interleavings, against the plain truth of the counter's log.

Every acknowledged command is carried out once, each outcome is the one that is recorded, and a refusal was right at
some moment between question and answer. Answers are lost, stores fail, callers leave, ids are used again.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.log.eventstore import Commit, EventStore, OutcomeUnknown, Part, StoreUnavailable, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.eventstore_mongo import MongoEventStore
from services.chassis.log.folded import FoldedStates
from services.chassis.log.handle import ClaimTaken, CommandHandler, Contended, Handled, RequestIdReused
from tests.support.events import CODEC, COUNTER, Raise, Raised, TooHighError, Total
from tests.support.store import fresh_database, store_uri

STREAMS = ("counter-1", "counter-2")


@dataclass(frozen=True)
class Call:
    """One call: at which process, when, what; `patience`: how many turns of the loop the caller waits."""

    process: int
    start: int
    stream: str
    by: int
    commit_id: str
    begins: bool
    patience: int | None
    claims: tuple[str, ...] = ()


BY = (600, -700, 0, 800, 1, 300)


def call(process: int, start: int, number: int, other: bool, begins: bool, patience: int | None) -> Call:
    """A call under one of a few ids, each of which nearly always stands for the same command."""
    stream = STREAMS[number % 5 == 0]
    # A few names, over both streams, are wanted by half of the commands.
    claims = (f"name/{(number + other) % 9}",) if number % 2 else ()
    return Call(process, start, stream, BY[(number + other) % len(BY)], f"id-{number}", begins, patience, claims)


CALLS = st.lists(
    st.builds(
        call,
        process=st.integers(0, 1),
        start=st.integers(0, 40),
        number=st.integers(0, 29),
        other=st.sampled_from([False] * 9 + [True]),
        begins=st.booleans(),
        patience=st.sampled_from([None, None, None, 0, 1, 3, 6]),
    ),
    min_size=10,
    max_size=60,
)


@dataclass(frozen=True)
class Told:
    """A call, its outcome or error, and the stream's versions when it was made and when it was answered."""

    call: Call
    outcome: Any
    made: int = 0
    answered: int = 1_000_000


class UnreliableStore(MemoryEventStore):
    """Pauses everywhere, and fails or loses its answer now and then; `chance` decides."""

    def __init__(self, chance: random.Random, failing: bool) -> None:
        super().__init__()
        self._chance = chance
        self._failing = failing

    def version(self, stream: str) -> int:
        """The stream's version at this very moment."""
        ids = self._streams.get(stream)
        return self._commits[ids[-1]].last if ids else 0

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        await self._pause()
        if self._fails():
            raise StoreUnavailable("before")
        commit = await super().append(stream, expected_version, writes)
        await self._pause()
        if self._fails():
            raise OutcomeUnknown("after")
        return commit

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        await self._pause()
        if self._fails():
            raise StoreUnavailable("reading")
        return await super().read_stream(stream, after_version)

    async def _pause(self) -> None:
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)

    def _fails(self) -> bool:
        return self._failing and self._chance.random() < 0.1


def fingerprint(call: Call) -> str:
    return f"{call.stream} {call.by} {call.claims}"


async def play(store: EventStore, calls: Sequence[Call], version: Callable[[str], int] | None = None) -> list[Told]:
    """What came of the calls; `version` tells a stream's."""
    handlers: list[CommandHandler[Raise, Total, Raised]] = [
        CommandHandler(store, CODEC, COUNTER, states=FoldedStates(streams=1 + process)) for process in range(2)
    ]

    async def one(call: Call) -> Told:
        for _ in range(call.start):
            await asyncio.sleep(0)
        made = version(call.stream) if version else 0
        handling = handlers[call.process].handle(
            call.stream,
            Raise(call.by),
            commit_id=call.commit_id,
            fingerprint=fingerprint(call),
            caller="c",
            begins=call.begins,
            claims=call.claims,
        )
        task = asyncio.ensure_future(handling)
        if call.patience is not None:
            for _ in range(call.patience):
                await asyncio.sleep(0)
            task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        return Told(call, outcome, made, version(call.stream)) if version else Told(call, outcome)

    told = await asyncio.gather(*map(one, calls))
    while any(len(handler._lanes) for handler in handlers):  # noqa: ASYNC110 -- those whose callers left are carried out
        await asyncio.sleep(0.001)
    return told


async def check(store: EventStore, everything: Sequence[Told]) -> None:
    """Assert that what was told is what the log holds."""
    logs = {stream: await store.read_stream(stream) for stream in STREAMS}
    totals = {stream: _totals(commits) for stream, commits in logs.items()}
    parts = {part.commit_id: (stream, part) for stream in STREAMS for each in logs[stream] for part in each.parts}
    ids = [each for commits in logs.values() for commit in commits for each in commit.ids]
    assert len(ids) == len(set(ids))
    claimed = {claim for _, part in parts.values() for claim in part.claims}
    for told in everything:
        _check_one(told, totals, parts.get(told.call.commit_id), claimed)


def _check_one(told: Told, totals: dict[str, list[int]], recorded: tuple[str, Part] | None, claimed: set[str]) -> None:
    call = told.call
    mine = recorded and (recorded[0], recorded[1].meta.fingerprint) == (call.stream, fingerprint(call))
    match told.outcome:
        case Handled(events=()) as handled:
            assert call.by == 0
            assert told.made <= handled.version <= told.answered
            assert handled.state == Total(totals[call.stream][handled.version])
        case Handled() as handled:
            assert recorded
            assert mine
            part = recorded[1]
            assert (handled.version, handled.events) == (part.last, (Raised("c", call.by),))
            assert part.claims == call.claims
            assert handled.state == Total(totals[call.stream][part.last])
        case RequestIdReused():
            assert recorded
            assert not mine
        case ClaimTaken():
            assert not mine
            assert claimed.issuperset(call.claims)
        case TooHighError():
            assert any(total + call.by > 1000 for total in totals[call.stream][told.made : told.answered + 1])
        case asyncio.CancelledError():
            assert call.patience is not None
        case outcome:
            assert isinstance(outcome, StoreUnavailable | Contended), outcome


def _totals(commits: Sequence[Commit]) -> list[int]:
    """What the counter stood at after each version; asserts that versions are dense and no rule was broken."""
    totals = [0]
    for commit in commits:
        for event in commit.events:
            assert event.version == len(totals)
            (raised,) = CODEC.decode(event.type, event.data)
            totals.append(totals[-1] + raised.by)
            assert totals[-1] <= 1000
    return totals


@settings(max_examples=100, deadline=None)
@given(calls=CALLS, seed=st.integers(0, 2**32), failing=st.booleans())
def test_two_processes_agree_with_the_log(calls: list[Call], seed: int, failing: bool) -> None:
    async def run() -> None:
        store = UnreliableStore(random.Random(seed), failing)
        told = await play(store, calls, store.version)
        store._failing = False
        await check(store, told)

    asyncio.run(run())


@pytest.mark.parametrize("seed", range(3))
async def test_two_processes_agree_with_the_log_of_the_real_store(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    calls = [
        call(
            process=chance.randrange(2),
            start=chance.randrange(200),
            number=chance.randrange(90),
            other=chance.random() < 0.1,
            begins=chance.random() < 0.2,
            patience=chance.choice([None, None, None, 0, 30]),
        )
        for _ in range(150)
    ]
    with store_uri(tmp_path) as uri, fresh_database(uri) as database:
        store = MongoEventStore(database)
        await store.ensure_indexes()
        await check(store, await play(store, calls))

"""A command is applied once or not at all, whatever is repeated, raced or lost."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore import Commit, CommitMeta, OutcomeUnknown, VersionConflict, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import (
    CommandHandler,
    Contended,
    Handled,
    RequestIdReused,
    commit_id_of,
    fingerprint_of,
)
from tests.support.events import CODEC, COUNTER, Raise, Raised, TooHighError, Total

Handler = CommandHandler[Raise, Total, Raised]
CALLER = "spiffe://test/ns/edge/sa/edge"


def handler(store: MemoryEventStore, at: int = 1_900_000_000) -> Handler:
    return CommandHandler(store, CODEC, COUNTER, FixedClock(datetime.fromtimestamp(at, UTC)))


async def give(
    handler: Handler, by: int, commit_id: str, *, stream: str = "counter-1", fingerprint: str = "f"
) -> Handled[Total, Raised]:
    return await handler.handle(stream, Raise(by), commit_id=commit_id, fingerprint=fingerprint, caller=CALLER)


async def test_events_are_appended_with_who_and_when() -> None:
    store = MemoryEventStore()
    handled = await give(handler(store), 5, "id-1")
    assert handled == Handled("counter-1", 1, (Raised("c", 5),), Total(5), repeated=False, commit_id="id-1")
    commit = await store.find_commit("id-1")
    assert commit is not None
    assert commit.parts[0].meta == CommitMeta("f", 1_900_000_000, CALLER, None)


async def test_a_repeat_gets_the_outcome_of_the_first_time() -> None:
    store = MemoryEventStore()
    counter = handler(store)
    first = await give(counter, 5, "id-1")
    await give(counter, 7, "id-2")
    again = await give(counter, 5, "id-1")
    assert again == Handled("counter-1", 1, first.events, Total(5), repeated=True, commit_id="id-1")
    assert await counter.state("counter-1") == (Total(12), 2)


async def test_a_repeat_is_answered_although_it_would_be_refused_now() -> None:
    counter = handler(MemoryEventStore())
    await give(counter, 600, "id-1")
    with pytest.raises(TooHighError):
        await give(counter, 600, "id-2")
    assert (await give(counter, 600, "id-1")).repeated


async def test_a_used_id_with_other_content_or_stream_is_refused() -> None:
    counter = handler(MemoryEventStore())
    await give(counter, 5, "id-1")
    with pytest.raises(RequestIdReused):
        await give(counter, 6, "id-1", fingerprint="other")
    with pytest.raises(RequestIdReused):
        await give(counter, 5, "id-1", stream="counter-2")
    assert await counter.state("counter-2") == (Total(), 0)


async def test_a_decision_of_nothing_appends_nothing() -> None:
    store = MemoryEventStore()
    handled = await give(handler(store), 0, "id-1")
    assert (handled.version, handled.events, handled.repeated) == (0, (), False)
    assert await store.find_commit("id-1") is None


async def test_racing_commands_all_take_effect_once() -> None:
    store = MemoryEventStore()
    await asyncio.gather(*(give(handler(store), 1, f"id-{number % 5}") for number in range(10)))
    assert await handler(store).state("counter-1") == (Total(5), 5)


class ForgetfulStore(MemoryEventStore):
    """Writes, and then loses the answer."""

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        await super().append(stream, expected_version, writes)
        raise OutcomeUnknown("lost")


async def test_a_lost_answer_is_made_up_for_by_the_callers_repeat() -> None:
    store = ForgetfulStore()
    with pytest.raises(OutcomeUnknown):
        await give(handler(store), 5, "id-1")
    handled = await give(handler(store), 5, "id-1")
    assert (handled.repeated, handled.state) == (True, Total(5))


class StaleStore(MemoryEventStore):
    """Does not see its own stream at first, as a read of an older majority might not."""

    stale = 1

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        self.stale -= 1
        return [] if self.stale >= 0 else await super().read_stream(stream, after_version)


async def test_a_stale_read_is_read_again() -> None:
    store = StaleStore()
    store.stale = 0
    await give(handler(store), 5, "id-1")
    store.stale = 1
    handled = await give(handler(store, at=1_900_000_009), 5, "id-1")
    assert handled.repeated
    store.stale = 2
    assert (await give(handler(store), 6, "id-2")).state == Total(11)


class BusyStore(MemoryEventStore):
    """Another writer is always faster."""

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        raise VersionConflict(stream, expected_version)


async def test_endless_contention_is_told() -> None:
    with pytest.raises(Contended):
        await give(handler(BusyStore()), 1, "id-1")


def test_a_fingerprint_covers_caller_and_request_apart() -> None:
    assert fingerprint_of("ab", b"c") == fingerprint_of("ab", b"c")
    assert len({fingerprint_of("ab", b"c"), fingerprint_of("a", b"bc"), fingerprint_of("ab", b"d")}) == 3


def test_a_commit_id_is_made_of_caller_request_and_step_and_never_the_request_id_itself() -> None:
    request_id = "0b1f6c1e-6d4f-4e59-9a39-1b8a6f0f2f10"
    ids = {
        commit_id_of(caller, request_id, step) for caller in (CALLER, "spiffe://test/ns/edge/sa/other") for step in "ab"
    }
    assert len(ids) == 4
    assert request_id not in ids
    assert commit_id_of(CALLER, request_id) == commit_id_of(CALLER, request_id)


def test_a_commit_id_stays_what_it_has_always_been() -> None:
    requests, request_id = uuid.UUID("a2f6f0c3-5b57-4d55-9d0b-7f3b8a6e4c19"), "0b1f6c1e-6d4f-4e59-9a39-1b8a6f0f2f10"
    assert commit_id_of(CALLER, request_id.upper(), "post") == str(uuid.uuid5(requests, f"{CALLER}/{request_id}/post"))

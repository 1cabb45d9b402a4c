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
    ClaimTaken,
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
    handler: Handler,
    by: int,
    commit_id: str,
    *claims: str,
    stream: str = "counter-1",
    fingerprint: str = "f",
) -> Handled[Total, Raised]:
    return await handler.handle(
        stream, Raise(by), commit_id=commit_id, fingerprint=fingerprint, caller=CALLER, claims=claims
    )


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


@pytest.mark.parametrize("stream", ["counter-1", "counter-2"])
async def test_a_claim_is_had_once_and_its_command_repeated(stream: str) -> None:
    store = MemoryEventStore()
    counter = handler(store)
    await give(counter, 5, "id-1", "name/a")
    for process in (counter, handler(store)):
        with pytest.raises(ClaimTaken):
            await give(process, 6, "id-2", "name/b", "name/a", stream=stream)
        assert (await give(process, 5, "id-1", "name/a")).repeated
    assert await store.find_commit("name/b") is None
    assert (await give(counter, 6, "id-2", "name/b", stream=stream)).state == Total(11 if stream == "counter-1" else 6)


async def test_a_taken_claim_is_the_answer_to_its_command_alone() -> None:
    """What was decided on top of it is decided again without it."""
    store = MemoryEventStore()
    counter = handler(store)
    await give(counter, 1, "held", "name/a", stream="counter-2")
    outcomes = await asyncio.gather(
        give(counter, 100, "id-1"),
        give(counter, 500, "id-2", "name/a"),
        give(counter, 600, "id-3", "name/b"),
        give(counter, 7, "id-4", "name/b"),
        give(counter, 200, "id-5", "name/c"),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Handled, ClaimTaken, Handled, ClaimTaken, Handled]
    assert await counter.state("counter-1") == (Total(900), 3)
    # One after another into one commit, but for the two of one name.
    assert [[part.commit_id for part in commit.parts] for commit in await store.read_stream("counter-1")] == [
        ["id-1", "id-3"],
        ["id-5"],
    ]


async def test_of_two_processes_that_claim_a_name_at_once_one_gets_it_whichever_the_streams() -> None:
    store = MemoryEventStore()
    one, other = handler(store), handler(store)
    for number in range(10):
        streams = ("counter-1", f"counter-{1 + number % 2}")
        calls = [
            give(process, 1, f"{number}-{stream}-{name}", f"name/{number}", stream=stream)
            for name, process, stream in zip("ab", (one, other), streams, strict=True)
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Handled, ClaimTaken}


async def test_an_id_that_somebody_claimed_is_no_command_of_that_stream() -> None:
    counter = handler(MemoryEventStore())
    await give(counter, 5, "id-1", "id-2")
    with pytest.raises(RequestIdReused):
        await give(counter, 5, "id-2")


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

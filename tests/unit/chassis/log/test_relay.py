"""Public events leave once and in order, and no others leave at all."""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from services.chassis.integration import relay
from services.chassis.integration.bus import BusUnavailable, Curation, Message, Tail
from services.chassis.integration.bus_memory import MemoryBus
from services.chassis.integration.relay import Relay
from services.chassis.log import pages
from services.chassis.log.eventstore import START, Commit, EventData, LogGap, Mark, StoreUnavailable, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.lease import LeaseLost
from tests.support.commits import META, append, new_id, sequence_all

PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")
CURATION = Curation("forum", {"test.v1.Public": "Public.v1"})


def relay_of(store: MemoryEventStore, bus: MemoryBus, *, curation: Curation = CURATION, epoch: int = 1) -> Relay:
    return Relay(store, bus, curation, checkpoints=store, epoch=epoch)


async def mixed_log(store: MemoryEventStore) -> None:
    """Positions 1 to 4: private; public and private and public; private; public."""
    for number, events in enumerate([[PRIVATE], [PUBLIC, PRIVATE, PUBLIC], [PRIVATE], [PUBLIC]]):
        await store.append(f"thread-{number}", 0, [Write(new_id(), events, META)])
    await sequence_all(store)


async def test_public_events_are_chained_by_their_marks() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    assert not await relay_of(store, bus).step()
    assert [(message.event.mark, message.previous) for message in bus.stored] == [
        (Mark(2, 0), START),
        (Mark(2, 2), Mark(2, 0)),
        (Mark(4, 0), Mark(2, 2)),
    ]
    assert {(message.subject, message.event.data) for message in bus.stored} == {("forum.public.Public.v1", b"p")}


@pytest.mark.parametrize("published", [0, 1, 2, 3])
async def test_a_new_relay_goes_on_after_the_last_message(published: int) -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    await relay_of(store, bus).step()
    whole = list(bus.stored)
    del bus.stored[published:]
    await relay_of(store, bus).step()
    assert bus.stored == whole


async def test_a_relay_follows_the_log_as_it_grows() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    follower = relay_of(store, bus)
    for number in range(3):
        await append(store, f"thread-{number}", 0, event=PUBLIC)
        await sequence_all(store)
        assert not await follower.step()
        assert not await follower.step()
    assert [message.event.mark for message in bus.stored] == [Mark(1), Mark(2), Mark(3)]


async def test_an_overtaken_relay_is_refused_and_publishes_nothing() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    zombie = relay_of(store, bus)
    await zombie.step()
    await mixed_log(store)
    await relay_of(store, bus).step()
    whole = list(bus.stored)
    with pytest.raises(LeaseLost):
        await zombie.step()
    assert bus.stored == whole
    await zombie.step()  # Having read the last message again, it could go on, if it led.
    assert bus.stored == whole
    assert await bus.tail() == Tail(Mark(4, 0), 3)


async def test_what_the_bus_lost_while_the_relay_was_at_work_is_published_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    steady = relay_of(store, bus)
    await steady.step()
    whole = list(bus.stored)
    bus.stored.clear()
    await steady.step()
    assert bus.stored == []
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0.0)
    await steady.step()
    assert bus.stored == whole


async def test_messages_that_grew_too_old_are_not_published_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream holds nothing any more, but has not forgotten how far it had counted."""

    class AgedBus(MemoryBus):
        async def tail(self) -> Tail:
            return Tail(START, len(self.stored))

    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    steady = relay_of(store, bus)
    await steady.step()
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(bus, "tail", AgedBus.tail.__get__(bus))
    await steady.step()
    assert len(bus.stored) == 3


class CountingStore(MemoryEventStore):
    """Counts the commits that are read."""

    read = 0

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        found = await super().read_log(after_position, limit)
        self.read += len(found)
        return found


async def grown(store: MemoryEventStore, *kinds: EventData) -> None:
    """One commit more for each."""
    for kind in kinds:
        await append(store, f"thread-{new_id()}", 0, event=kind)
    await sequence_all(store)


async def run_to_end(relay: Relay) -> None:
    while await relay.step():
        pass


@pytest.mark.parametrize("first", [[], [PUBLIC], [PUBLIC, PRIVATE]])
async def test_a_long_stretch_without_public_events_is_read_once(first: list[EventData]) -> None:
    store, bus = CountingStore(), MemoryBus()
    await grown(store, *first, *[PRIVATE] * 1100)
    await run_to_end(relay_of(store, bus))
    store.read = 0
    await run_to_end(relay_of(store, bus, epoch=2))
    assert store.read < 500
    await grown(store, PUBLIC)
    await run_to_end(relay_of(store, bus, epoch=3))
    assert [message.event.mark for message in bus.stored][-1] == Mark(await store.head_position())


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_what_is_known_of_a_stretch_does_not_outlive_what_the_bus_lost(lost: int) -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    for _ in range(3):
        await grown(store, PUBLIC, *[PRIVATE] * 600)
    await run_to_end(relay_of(store, bus))
    whole = list(bus.stored)
    del bus.stored[-lost:]
    await run_to_end(relay_of(store, bus, epoch=2))
    assert bus.stored == whole


async def test_the_rest_of_the_last_commit_is_published_before_a_known_stretch_is_passed() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await store.append("thread-1", 0, [Write(new_id(), [PUBLIC, PUBLIC], META)])
    await grown(store, *[PRIVATE] * 1100)
    await run_to_end(relay_of(store, bus))
    del bus.stored[1:]
    await run_to_end(relay_of(store, bus, epoch=2))
    assert [message.event.mark for message in bus.stored] == [Mark(1, 0), Mark(1, 1)]


async def test_another_curation_reads_the_stretch_itself() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await grown(store, PUBLIC, *[PRIVATE] * 1100)
    await run_to_end(relay_of(store, bus))
    wider = Curation("forum", {"test.v1.Public": "Public.v1", "test.v1.Private": "Private.v1"})
    await run_to_end(relay_of(store, bus, curation=wider, epoch=2))
    assert len(bus.stored) == 1101


async def test_a_relay_of_an_older_lease_notes_nothing() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    zombie = relay_of(store, bus)
    await zombie.step()
    await grown(store, *[PRIVATE] * 1100)
    await run_to_end(relay_of(store, bus, epoch=2))
    with pytest.raises(LeaseLost):
        await run_to_end(zombie)


async def test_a_log_that_is_behind_the_bus_is_told_as_a_fault() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    await relay_of(store, bus).step()
    with pytest.raises(LogGap):
        await relay_of(MemoryEventStore(), bus).step()


async def test_whole_pages_are_published_while_the_next_is_read() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await grown(store, *[PUBLIC] * 1700)
    await run_to_end(relay_of(store, bus))
    assert [message.event.mark for message in bus.stored] == [Mark(position) for position in range(1, 1701)]


@pytest.mark.parametrize("failing", [BusUnavailable, StoreUnavailable])
async def test_a_page_whose_publication_or_reading_failed_is_taken_again(failing: type[Exception]) -> None:
    class Failing(MemoryEventStore, MemoryBus):
        """A store and a bus, of which every third answer is lost on its way."""

        def __init__(self) -> None:
            MemoryEventStore.__init__(self)
            MemoryBus.__init__(self)
            self.asked = 0

        def maybe_fail(self) -> None:
            self.asked += 1
            if self.asked % 3 == 0:
                raise failing

        async def read_log(self, after_position: int, limit: int) -> list[Commit]:
            if failing is StoreUnavailable:
                self.maybe_fail()
            return await super().read_log(after_position, limit)

        async def publish(self, messages: Sequence[Message], after_sequence: int) -> int:
            sequence = await super().publish(messages, after_sequence)
            if failing is BusUnavailable:
                self.maybe_fail()
            return sequence

    both = Failing()
    await grown(both, *[PUBLIC] * 2600)
    follower = Relay(both, both, CURATION, checkpoints=both, epoch=1)
    for _ in range(20):
        with suppress(failing):
            await follower.step()
    assert [message.event.mark for message in both.stored] == [Mark(position) for position in range(1, 2601)]


def test_a_curation_of_nothing_is_told_apart() -> None:
    assert CURATION
    assert not Curation("forum", {})


@pytest.mark.parametrize("suffix", ["public", "Public", "Public.v0", "Public.v1.>", "*.v1", ""])
def test_a_curation_takes_only_plain_suffixes(suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        Curation("forum", {"test.v1.Public": suffix})


async def test_large_commits_are_published_in_pages_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_BYTES", 100)
    store, bus = CountingStore(), MemoryBus()
    await grown(store, *[PUBLIC] * 40)
    relay = relay_of(store, bus)
    assert await relay.step()
    assert 0 < len(bus.stored) < 10
    await run_to_end(relay)
    assert [message.event.mark.position for message in bus.stored] == list(range(1, 41))
    assert store.read <= 42


@pytest.mark.parametrize(("quick", "pages"), [(60.0, [1000, 4000, 4000]), (-1.0, [1000, 1000, 1000])])
async def test_pages_are_large_where_reading_is_quick_and_small_where_the_bus_would_wait(
    monkeypatch: pytest.MonkeyPatch, quick: float, pages: list[int]
) -> None:
    monkeypatch.setattr(relay, "_QUICK_SECONDS", quick)
    asked: list[int] = []

    class Noting(MemoryEventStore):
        async def read_log(self, after_position: int, limit: int) -> list[Commit]:
            asked.append(limit)
            return await super().read_log(after_position, limit)

    store, bus = Noting(), MemoryBus()
    await grown(store, *[PUBLIC] * 5100)
    await run_to_end(relay_of(store, bus))
    assert asked[:3] == pages
    assert len(bus.stored) == 5100

"""Public events leave once and in order, and no others leave at all."""

import pytest

from services.chassis import relay
from services.chassis.bus import Curation, Tail
from services.chassis.bus_memory import MemoryBus
from services.chassis.eventstore import START, EventData, Mark, Write
from services.chassis.eventstore_memory import MemoryEventStore
from services.chassis.lease import LeaseLost
from services.chassis.relay import Relay
from tests.support.commits import META, append, new_id, sequence_all

PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")
CURATION = Curation("forum", {"test.v1.Public": "Public.v1"})


async def mixed_log(store: MemoryEventStore) -> None:
    """Positions 1 to 4: private; public and private and public; private; public."""
    for number, events in enumerate([[PRIVATE], [PUBLIC, PRIVATE, PUBLIC], [PRIVATE], [PUBLIC]]):
        await store.append(f"thread-{number}", 0, [Write(new_id(), events, META)])
    await sequence_all(store)


async def test_public_events_are_chained_by_their_marks() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    await mixed_log(store)
    assert not await Relay(store, bus, CURATION).step()
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
    await Relay(store, bus, CURATION).step()
    whole = list(bus.stored)
    del bus.stored[published:]
    await Relay(store, bus, CURATION).step()
    assert bus.stored == whole


async def test_a_relay_follows_the_log_as_it_grows() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    follower = Relay(store, bus, CURATION)
    for number in range(3):
        await append(store, f"thread-{number}", 0, event=PUBLIC)
        await sequence_all(store)
        assert not await follower.step()
        assert not await follower.step()
    assert [message.event.mark for message in bus.stored] == [Mark(1), Mark(2), Mark(3)]


async def test_an_overtaken_relay_is_refused_and_publishes_nothing() -> None:
    store, bus = MemoryEventStore(), MemoryBus()
    zombie = Relay(store, bus, CURATION)
    await zombie.step()
    await mixed_log(store)
    await Relay(store, bus, CURATION).step()
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
    steady = Relay(store, bus, CURATION)
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
    steady = Relay(store, bus, CURATION)
    await steady.step()
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(bus, "tail", AgedBus.tail.__get__(bus))
    await steady.step()
    assert len(bus.stored) == 3


def test_a_curation_of_nothing_is_told_apart() -> None:
    assert CURATION
    assert not Curation("forum", {})


@pytest.mark.parametrize("suffix", ["public", "Public", "Public.v0", "Public.v1.>", "*.v1", ""])
def test_a_curation_takes_only_plain_suffixes(suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        Curation("forum", {"test.v1.Public": suffix})

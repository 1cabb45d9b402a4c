"""A producer's log tells its public events, page by page, and no others."""

import pytest

from services.chassis.integration.bus import Curation, PublicEvent
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer
from services.chassis.log.eventstore import START, Commit, EventData, Mark, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import META, new_id, sequence_all
from vouchsafe.log.v1 import log_service_pb2 as pb

CURATION = Curation("producer", {"test.v1.Public": "Public.v1"})
PUBLIC, PRIVATE = EventData("test.v1.Public", b"p"), EventData("test.v1.Private", b"secret")


async def log_of(*commits: list[EventData]) -> CuratedLog:
    store = MemoryEventStore()
    for number, events in enumerate(commits):
        await store.append(f"thing-{number}", 0, [Write(new_id(), events, META)])
    await sequence_all(store)
    return CuratedLog(store, CURATION)


async def everything(log: CuratedLog, limit: int) -> list[PublicEvent]:
    events: list[PublicEvent] = []
    after = START
    while True:
        page = await log.read_events(after, limit)
        assert len(page.events) <= limit
        assert all(after < event.mark <= page.through for event in page.events)
        events += page.events
        if page.at_end:
            return events
        assert page.through > after
        after = page.through


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_add_up_to_the_public_events(limit: int) -> None:
    log = await log_of([PRIVATE], [PUBLIC, PRIVATE, PUBLIC], [PUBLIC], [PRIVATE, PUBLIC])
    events = await everything(log, limit)
    assert [event.mark for event in events] == [Mark(2, 0), Mark(2, 2), Mark(3, 0), Mark(4, 1)]
    assert {event.data for event in events} == {b"p"}


async def test_a_long_silence_is_told_in_bounded_pages() -> None:
    log = await log_of(*[[PRIVATE]] * 4300, [PUBLIC])
    first = await log.read_events(START, 10)
    assert (first.events, first.at_end) == ([], False)
    assert [event.mark for event in await everything(log, 10)] == [Mark(4301, 0)]


async def test_a_page_is_bounded_in_bytes_too() -> None:
    log = await log_of(*[[EventData("test.v1.Public", bytes(900_000))]] * 5)
    assert len((await log.read_events(START, 100)).events) == 2
    assert len(await everything(log, 100)) == 5


async def test_the_rpc_says_the_same() -> None:
    log = await log_of([PUBLIC, PRIVATE])
    response = await EventLogServicer(log).ReadEvents(pb.ReadEventsRequest(after=pb.Mark(), limit=5), None)
    assert [(event.mark.position, event.type, event.data) for event in response.events] == [(1, "test.v1.Public", b"p")]
    assert (response.through.position, response.through.offset, response.at_end) == (1, 1, True)
    assert response.types == ["test.v1.Public"]
    assert len(response.events[0].key) == 32


class Short(MemoryEventStore):
    """A store whose pages hold less than was asked for."""

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        return await super().read_log(after_position, min(limit, 2))


async def test_a_short_page_is_not_the_end() -> None:
    store = Short()
    for number in range(5):
        await store.append(f"thing-{number}", 0, [Write(new_id(), [PUBLIC], META)])
    await sequence_all(store)
    assert len((await CuratedLog(store, CURATION).read_events(START, 10)).events) == 5

"""Which public events belong together, as the producer says by their key."""

import re

import pytest

from services.chassis.integration.bus import Curation, PublicEvent
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.log.eventstore import START, EventData, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.verification.curation import CURATION as VERIFICATION
from tests.support.commits import META, new_id, sequence_all

SUFFIXES = {"test.v1.Named": "Named.v1", "test.v1.Lone": "Lone.v1"}


async def published(curation: Curation, *commits: tuple[str, int, str]) -> list[PublicEvent]:
    """The public events of commits of one event each: stream, version before it and type."""
    store = MemoryEventStore()
    for stream, version, kind in commits:
        await store.append(stream, version, [Write(new_id(), [EventData(kind, b"")], META)])
        await sequence_all(store)
    return list((await CuratedLog(store, curation).read_events(START, 100)).events)


async def test_events_of_a_stream_share_a_key_and_no_others() -> None:
    curation = Curation("producer", SUFFIXES)
    events = await published(
        curation, ("a-1", 0, "test.v1.Named"), ("b-1", 0, "test.v1.Named"), ("a-1", 1, "test.v1.Lone")
    )
    first, other, second = (event.key for event in events)
    assert first == second != other
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    [elsewhere] = await published(Curation("another", SUFFIXES), ("a-1", 0, "test.v1.Named"))
    assert elsewhere.key != first


async def test_streams_of_a_group_share_a_key() -> None:
    curation = Curation("producer", SUFFIXES, group=lambda stream: stream.partition("-")[2])
    events = await published(curation, ("a-1", 0, "test.v1.Named"), ("b-1", 0, "test.v1.Named"))
    assert len({event.key for event in events}) == 1


async def test_events_that_stand_alone_do_not_show_their_stream() -> None:
    curation = Curation("producer", SUFFIXES, alone={"test.v1.Lone"})
    commits = [("person-1", 0, "test.v1.Named"), ("person-1", 1, "test.v1.Lone"), ("person-1", 2, "test.v1.Lone")]
    events = await published(curation, *commits)
    assert len({event.key for event in events}) == 3
    renamed = await published(curation, *[("person-2", version, kind) for _, version, kind in commits])
    assert [event.key for event in renamed][1:] == [event.key for event in events][1:]


@pytest.mark.parametrize("label", ["tech-eu", "crowd-5"])
async def test_a_labels_key_and_its_opening_go_together(label: str) -> None:
    opened = await published(
        VERIFICATION,
        (f"issuer-key-{label}-7", 0, "vouchsafe.verification.events.v1.IssuerKeyPublished"),
        (f"crowd-{label}-7", 0, "vouchsafe.verification.events.v1.LabelActivated"),
        (f"crowd-{label}-8", 0, "vouchsafe.verification.events.v1.LabelActivated"),
    )
    assert opened[0].key == opened[1].key != opened[2].key

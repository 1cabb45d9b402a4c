"""Which public events belong together, as the producer says by their key."""

import re
from typing import Any

import pytest

from services.chassis.integration.bus import Curation, PublicEvent
from services.chassis.integration.log_reader import CuratedLog
from services.chassis.log.eventstore import START, EventData, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.verification.curation import CURATION as VERIFICATION
from tests.support.commits import META, new_id, sequence_all
from vouchsafe.verification.events.v1 import events_pb2 as pb

SUFFIXES = {"test.v1.Named": "Named.v1", "test.v1.Lone": "Lone.v1"}


async def published(curation: Curation, *commits: tuple[Any, ...]) -> list[PublicEvent]:
    """The public events of commits of one event each: stream, version before it, type and perhaps bytes."""
    store = MemoryEventStore()
    for stream, version, kind, *data in commits:
        await store.append(stream, version, [Write(new_id(), [EventData(kind, b"".join(data))], META)])
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


async def test_events_of_one_stream_go_with_what_they_are_about() -> None:
    about = {"test.v1.Named": lambda data: data.decode()}
    curation = Curation("producer", SUFFIXES, about=about)
    commits = [("trees-1", 0, "test.v1.Named", b"oak"), ("trees-2", 0, "test.v1.Named", b"oak")]
    events = await published(curation, *commits, ("trees-2", 1, "test.v1.Named", b"elm"), ("oak", 0, "test.v1.Lone"))
    first, second, other, named_alike = (event.key for event in events)
    assert first == second == named_alike != other


@pytest.mark.parametrize("label", ["tech-eu", "crowd-5"])
async def test_all_that_is_said_of_a_label_in_an_epoch_goes_together(label: str) -> None:
    said = [
        (f"issuer-key-{label}-7", 0, pb.IssuerKeyPublished(label=label, epoch=7, label_name="L", public_key=b"k")),
        ("crowds-root-7", 0, pb.LabelActivated(label=label, epoch=7, crowd_bucket=20)),
        ("crowds-root-7", 1, pb.LabelRevoked(label=label, epoch=7, reason="ceased")),
        ("crowds-root-7", 2, pb.LabelActivated(label="other", epoch=7, crowd_bucket=20)),
        ("crowds-root-8", 0, pb.LabelActivated(label=label, epoch=8, crowd_bucket=20)),
    ]
    commits = [(stream, at, m.DESCRIPTOR.full_name, m.SerializeToString()) for stream, at, m in said]
    key, opened, revoked, other, later = (event.key for event in await published(VERIFICATION, *commits))
    assert key == opened == revoked
    assert len({key, other, later}) == 3

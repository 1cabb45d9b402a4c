"""What verification publishes, over the bus: in order, once, and stopping at what cannot be."""

import asyncio
from dataclasses import replace

from tests.rpc.forum.world import World, key_published, label_activated
from tests.unit.forum.authors import EPOCH, LABEL, issuer_key


async def label_events(world: World) -> list[str]:
    commits = await world.store.read_stream(f"label-{LABEL}-{EPOCH}")
    return [event.type.rpartition(".")[2] for commit in commits for event in commit.events]


async def test_a_key_and_then_the_activation(bare_forum: World) -> None:
    await bare_forum.open_label()
    assert await label_events(bare_forum) == ["IssuerKeyAccepted", "LabelOpened"]


async def test_what_is_delivered_again_changes_nothing(bare_forum: World) -> None:
    await bare_forum.open_label()
    await bare_forum.open_label()
    assert await label_events(bare_forum) == ["IssuerKeyAccepted", "LabelOpened"]


async def test_a_second_key_stops_the_line(forum: World) -> None:
    forum.publish(key_published(issuer_key("second")), key_published(replace(issuer_key("third"), label="later")))
    await asyncio.sleep(0.3)
    assert forum.verification_taken_in() == 2
    assert await label_events(forum) == ["IssuerKeyAccepted", "LabelOpened"]
    assert await forum.store.read_stream(f"label-later-{EPOCH}") == []
    # What was open stays open: people go on speaking while somebody looks into it.
    await forum.newcomer()


async def test_an_activation_without_a_key_stops_the_line(bare_forum: World) -> None:
    bare_forum.publish(label_activated(), key_published(issuer_key()))
    await asyncio.sleep(0.3)
    assert bare_forum.verification_taken_in() == 0
    assert await label_events(bare_forum) == []


async def test_a_key_that_is_none_stops_the_line(bare_forum: World) -> None:
    bare_forum.publish(key_published(replace(issuer_key(), public_key=b"not a key")))
    await asyncio.sleep(0.3)
    assert bare_forum.verification_taken_in() == 0
    assert await label_events(bare_forum) == []

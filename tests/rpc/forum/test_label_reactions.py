"""What verification publishes, over the bus: in order, once, and without what cannot be."""

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


async def test_a_second_key_waits_and_other_labels_flow_on(forum: World) -> None:
    forum.publish(key_published(issuer_key("second")), key_published(replace(issuer_key("third"), label="later")))
    await forum.until(lambda: forum.verification_taken_in() == 4)
    assert await parked(forum) == [("IssuerKeyPublished", "DomainError")]
    assert await label_events(forum) == ["IssuerKeyAccepted", "LabelOpened"]
    assert len(await forum.store.read_stream(f"label-later-{EPOCH}")) == 1
    # What was open stays open: people go on speaking while somebody looks into it.
    await forum.newcomer()


async def test_an_activation_without_a_key_waits_with_what_follows_about_its_label(bare_forum: World) -> None:
    bare_forum.publish(label_activated(), key_published(issuer_key()))
    await bare_forum.until(lambda: bare_forum.verification_taken_in() == 2)
    assert await parked(bare_forum) == [("LabelActivated", "DomainError"), ("IssuerKeyPublished", "")]
    assert await label_events(bare_forum) == []


async def test_a_label_whose_key_is_none_does_not_open(bare_forum: World) -> None:
    bare_forum.publish(key_published(replace(issuer_key(), public_key=b"not a key")), label_activated())
    await bare_forum.until(lambda: bare_forum.verification_taken_in() == 2)
    assert [kind for kind, _ in await parked(bare_forum)] == ["IssuerKeyPublished", "LabelActivated"]
    assert await label_events(bare_forum) == []


async def parked(world: World) -> list[tuple[str, str]]:
    """Type and error of each dead letter."""
    return [(each.type.rpartition(".")[2], each.error) for each in await world.dead_letters.all_parked()]

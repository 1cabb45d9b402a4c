"""What ends a label for those who speak under it: revocation at once, and the end of its epoch after a while."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.rpc.forum.requests import comment_request, open_request, post_request
from tests.rpc.forum.world import World, label_revoked, refused
from tests.unit.forum.authors import LABEL, Author, issuer_key
from vouchsafe.forum.v1 import reading_service_pb2


def speaking(world: World, author: Author, thread_id: str, post_id: str) -> list[Awaitable[Any]]:
    """Every way to speak."""
    return [
        world.edge.unary(world.threads.OpenThread, open_request(author, "A title", "words")),
        world.edge.unary(world.threads.CreatePost, post_request(author, thread_id, "words")),
        world.edge.unary(world.threads.CreateComment, comment_request(author, thread_id, post_id, "words")),
    ]


async def revoke(world: World) -> None:
    world.publish(label_revoked(LABEL))
    await world.until(lambda: world.verification_taken_in() >= len(world.verification.stored))


async def test_a_revoked_label_takes_no_new_alias_and_silences_those_it_has(forum: World) -> None:
    author = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(author)
    await revoke(forum)
    for attempt in speaking(forum, author, thread_id, post_id):
        assert await refused(attempt) == "LABEL_REVOKED"
    assert await refused(forum.newcomer()) == "LABEL_REVOKED"


async def test_what_was_written_before_a_revocation_stays_to_be_read(forum: World) -> None:
    thread_id, _ = await forum.open_thread(await forum.newcomer(), body="before")
    await revoke(forum)
    await forum.settled()
    request = reading_service_pb2.GetThreadRequest(thread_id=thread_id)
    assert [post.body for post in (await forum.edge.unary(forum.reading.GetThread, request)).posts] == ["before"]


async def test_a_label_revoked_before_its_key_was_heard_of_never_opens(bare_forum: World) -> None:
    await revoke(bare_forum)
    await bare_forum.open_label()
    assert await refused(bare_forum.newcomer()) == "LABEL_REVOKED"


@pytest.fixture
async def ending(bare_forum: World) -> World:
    """A forum whose label's epoch ends in a day."""
    ends_at = int((bare_forum.clock.now() + timedelta(days=1)).timestamp())
    await bare_forum.open_label(replace(issuer_key(), ends_at=ends_at))
    return bare_forum


async def test_an_epoch_that_has_ended_gives_new_aliases_a_week_and_old_ones_a_month(ending: World) -> None:
    author = await ending.newcomer()
    thread_id, post_id = await ending.open_thread(author)
    ending.clock.advance(timedelta(days=1 + 7) - timedelta(minutes=1))
    await ending.newcomer()
    ending.clock.advance(timedelta(minutes=1))
    assert await refused(ending.newcomer()) == "LABEL_EXPIRED"
    for attempt in speaking(ending, author, thread_id, post_id):
        await attempt
    ending.clock.advance(timedelta(days=31 - 7))
    for attempt in speaking(ending, author, thread_id, post_id):
        assert await refused(attempt) == "LABEL_EXPIRED"

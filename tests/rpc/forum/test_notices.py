"""What disclosure announces reaches the owner of the alias, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from services.seal.statements import AliasProof, NoticesRequest
from tests.rpc.forum.world import World, refused
from tests.unit.forum.authors import Author
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as told
from vouchsafe.forum.v1 import alias_service_pb2 as pb
from vouchsafe.forum.v1 import reading_service_pb2

INTENT, OTHER_INTENT, HOLD = b"i" * 32, b"j" * 32, b"h" * 16
OPENS_AT = 1_900_259_520


def announced(author: Author, intent: bytes = INTENT) -> told.SubjectNotified:
    return told.SubjectNotified(alias_key=author.key.public_key, intent=intent, opens_at=OPENS_AT)


def opened(author: Author, intent: bytes = INTENT) -> told.AliasOpened:
    return told.AliasOpened(alias_key=author.key.public_key, intent=intent)


async def request(world: World, author: Author, **changes: Any) -> pb.ListNoticesRequest:
    nonce = (await world.edge.unary(world.aliases.CreateChallenge, pb.CreateChallengeRequest())).nonce
    key = author.key.public_key
    signature = author.key.sign(NoticesRequest(nonce, key).signed_bytes())
    fields = {"alias_key": key, "nonce": nonce, "signature": signature}
    return pb.ListNoticesRequest(**fields | changes)


async def listed(world: World, author: Author) -> list[tuple[bytes, int, bool]]:
    answer = await world.edge.unary(world.aliases.ListNotices, await request(world, author))
    return [(each.intent, each.opens_at, each.opened) for each in answer.notices]


async def test_an_owner_is_told_of_an_opening_and_then_that_it_was(forum: World) -> None:
    author = await forum.newcomer()
    assert await listed(forum, author) == []
    await forum.tell(announced(author))
    assert await listed(forum, author) == [(INTENT, OPENS_AT, False)]
    await forum.tell(announced(author, OTHER_INTENT), opened(author))
    assert await listed(forum, author) == [(INTENT, OPENS_AT, True), (OTHER_INTENT, OPENS_AT, False)]


async def test_who_has_told_nobody_of_his_alias_yet_is_told_all_the_same(forum: World) -> None:
    unknown_here = Author()
    await forum.tell(announced(unknown_here))
    assert await listed(forum, unknown_here) == [(INTENT, OPENS_AT, False)]
    await forum.edge.unary(forum.aliases.CreateAlias, await forum.alias_request(unknown_here))
    assert await listed(forum, unknown_here) == [(INTENT, OPENS_AT, False)]


async def test_what_is_told_twice_is_listed_once(forum: World) -> None:
    author = await forum.newcomer()
    await forum.tell(announced(author), announced(author), opened(author), opened(author))
    assert await listed(forum, author) == [(INTENT, OPENS_AT, True)]


async def test_nobody_but_the_owner_is_answered(forum: World) -> None:
    author, other = await forum.newcomer(), await forum.newcomer()
    await forum.tell(announced(author))
    assert await listed(forum, other) == []
    theirs = await request(forum, other, alias_key=author.key.public_key)
    assert await refused(forum.edge.unary(forum.aliases.ListNotices, theirs)) == "ALIAS_PROOF_INVALID"


async def test_a_signature_for_another_purpose_does_not_open_the_notices(forum: World) -> None:
    author = await forum.newcomer()
    asked = await request(forum, author)
    asked.signature = author.key.sign(AliasProof(asked.nonce, author.key.public_key, "").signed_bytes())
    assert await refused(forum.edge.unary(forum.aliases.ListNotices, asked)) == "ALIAS_PROOF_INVALID"


@pytest.mark.parametrize(("changes", "reason"), [({"nonce": b"n" * 40}, "NONCE_INVALID")])
async def test_a_nonce_that_is_none_is_refused_first(forum: World, changes: dict[str, Any], reason: str) -> None:
    asked = await request(forum, await forum.newcomer(), **changes)
    assert await refused(forum.edge.unary(forum.aliases.ListNotices, asked)) == reason


async def test_a_nonce_does_not_last(forum: World) -> None:
    asked = await request(forum, await forum.newcomer())
    forum.clock.advance(timedelta(seconds=301))
    assert await refused(forum.edge.unary(forum.aliases.ListNotices, asked)) == "NONCE_EXPIRED"


async def test_a_hold_is_kept_and_not_told(forum: World) -> None:
    """One may be placed while nobody may tell the owner of the case."""
    author = await forum.newcomer()
    key = author.key.public_key
    await forum.tell(told.HoldPlaced(alias_key=key, hold=HOLD, until=OPENS_AT))
    assert await listed(forum, author) == []
    await forum.tell(told.HoldReleased(alias_key=key, hold=HOLD))
    commits = await forum.store.read_stream(f"notices-{key.hex()}")
    assert [event.type.rpartition(".")[2] for commit in commits for event in commit.events] == [
        "HoldPlaced",
        "HoldReleased",
    ]


async def test_readers_see_nothing_of_it(forum: World) -> None:
    author = await forum.newcomer()
    thread_id, _ = await forum.open_thread(author)
    await forum.settled()
    feed, thread = (
        reading_service_pb2.ListLatestPostsRequest(),
        reading_service_pb2.GetThreadRequest(thread_id=thread_id),
    )
    before = [
        await forum.edge.unary(forum.reading.ListLatestPosts, feed),
        await forum.edge.unary(forum.reading.GetThread, thread),
    ]
    await forum.tell(announced(author), opened(author))
    await forum.settled()
    assert before == [
        await forum.edge.unary(forum.reading.ListLatestPosts, feed),
        await forum.edge.unary(forum.reading.GetThread, thread),
    ]


async def test_an_opening_without_its_announcement_waits_with_what_follows_about_the_alias(forum: World) -> None:
    author, other = await forum.newcomer(), await forum.newcomer()
    await forum.tell(opened(author), announced(author), announced(other))
    parked = [(each.type.rpartition(".")[2], each.error) for each in await forum.dead_letters.all_parked()]
    assert parked == [("AliasOpened", "DomainError"), ("SubjectNotified", "")]
    assert await listed(forum, author) == []
    assert await listed(forum, other) == [(INTENT, OPENS_AT, False)]


@pytest.mark.parametrize(
    "malformed",
    [
        told.SubjectNotified(alias_key=b"short", intent=INTENT),
        told.SubjectNotified(alias_key=b"k" * 32, intent=b"short"),
        told.HoldPlaced(alias_key=b"k" * 32, hold=b"short", until=1),
    ],
)
async def test_what_is_malformed_waits(forum: World, malformed: Any) -> None:
    await forum.tell(malformed)
    assert len(await forum.dead_letters.all_parked()) == 1

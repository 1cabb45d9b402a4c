"""An alias stands on a nonce, a label, a credential, a receipt and a proof of possession; each is refused by itself."""

from datetime import timedelta

from tests.rpc.forum.world import World, key_published, refused
from tests.unit.forum.authors import LABEL_NAME, Author, issuer_key
from vouchsafe.credential.v1 import credential_pb2


async def alias_events(world: World, author: Author) -> list[str]:
    commits = await world.store.read_stream(f"alias-{author.key.public_key.hex()}")
    return [event.type for commit in commits for event in commit.events]


async def test_an_alias_is_created_under_its_label(forum: World) -> None:
    author = Author()
    answer = await forum.edge.unary(forum.aliases.CreateAlias, await forum.alias_request(author))
    assert answer.label_name == LABEL_NAME
    assert await alias_events(forum, author) == ["vouchsafe.forum.events.v1.AliasCreated"]


async def test_a_repeat_is_answered_and_changes_nothing_even_with_a_new_nonce(forum: World) -> None:
    author = Author()
    request = await forum.alias_request(author)
    first = await forum.edge.unary(forum.aliases.CreateAlias, request)
    assert await forum.edge.unary(forum.aliases.CreateAlias, request) == first
    forum.clock.advance(timedelta(hours=1))
    again = await forum.alias_request(author, request_id=request.request_id, credential=request.credential)
    assert await forum.edge.unary(forum.aliases.CreateAlias, again) == first
    assert len(await alias_events(forum, author)) == 1


async def test_a_repeated_request_id_with_other_content_is_refused(forum: World) -> None:
    author = Author()
    request = await forum.alias_request(author)
    await forum.edge.unary(forum.aliases.CreateAlias, request)
    other = await forum.alias_request(Author(), request_id=request.request_id)
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, other)) == "REQUEST_ID_REUSED"
    renamed = await forum.alias_request(author, request_id=request.request_id, handle="red")
    renamed.signature = author.possession(renamed.nonce, "red")
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, renamed)) == "REQUEST_ID_REUSED"
    assert len(await alias_events(forum, author)) == 1


async def test_a_credential_serves_once(forum: World) -> None:
    author = await forum.newcomer()
    again = await forum.alias_request(author)
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, again)) == "ALIAS_EXISTS"


async def test_a_nonce_must_be_the_forums_and_fresh(forum: World) -> None:
    forged = await forum.alias_request(Author(), nonce=bytes(40))
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, forged)) == "NONCE_INVALID"
    author = Author()
    late = await forum.alias_request(author)
    forum.clock.advance(timedelta(minutes=10))
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, late)) == "NONCE_EXPIRED"
    assert await alias_events(forum, author) == []


async def test_a_label_must_be_known_and_then_open(bare_forum: World) -> None:
    request = await bare_forum.alias_request(Author())
    assert await refused(bare_forum.edge.unary(bare_forum.aliases.CreateAlias, request)) == "UNKNOWN_KEY"
    bare_forum.publish(key_published(issuer_key()))
    await bare_forum.until(lambda: bare_forum.verification_taken_in() == 1)
    assert await refused(bare_forum.edge.unary(bare_forum.aliases.CreateAlias, request)) == "LABEL_NOT_ACTIVE"


async def test_a_credential_of_another_issuer_is_refused(forum: World) -> None:
    request = await forum.alias_request(Author(issuer="second"))
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, request)) == "CREDENTIAL_INVALID"


async def test_a_receipt_for_another_alias_is_refused(forum: World) -> None:
    author = Author()
    receipt = credential_pb2.Receipt(signature=Author().receipt())
    request = await forum.alias_request(author, receipt=receipt)
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, request)) == "RECEIPT_INVALID"
    assert await alias_events(forum, author) == []


async def test_possession_must_be_proven_for_this_nonce_and_handle(forum: World) -> None:
    renamed = await forum.alias_request(Author(), handle="red")
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, renamed)) == "ALIAS_PROOF_INVALID"


async def test_checks_come_in_order(forum: World) -> None:
    """Of several faults the first is told, so that nobody learns of the label or the key before a nonce was spent."""
    wrong = await forum.alias_request(Author(issuer="second"), nonce=bytes(40), signature=bytes(64))
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, wrong)) == "NONCE_INVALID"
    wrong = await forum.alias_request(
        Author(label="nowhere", issuer="second"), receipt=credential_pb2.Receipt(signature=bytes(64))
    )
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, wrong)) == "UNKNOWN_KEY"
    wrong = await forum.alias_request(
        Author(issuer="second"), receipt=credential_pb2.Receipt(signature=bytes(64)), signature=bytes(64)
    )
    assert await refused(forum.edge.unary(forum.aliases.CreateAlias, wrong)) == "CREDENTIAL_INVALID"


async def test_what_is_stored_tells_no_exact_moment(forum: World) -> None:
    forum.clock.advance(timedelta(seconds=37))
    author = await forum.newcomer()
    (commit,) = await forum.store.read_stream(f"alias-{author.key.public_key.hex()}")
    assert commit.parts[0].meta.at % 60 == 0

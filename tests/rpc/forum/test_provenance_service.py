"""Provenance for the author alone, quotations for anyone, and a day's root on the bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_server import ServiceBinding
from services.chassis.views.viewstore import Views
from services.chassis.views.viewstore_memory import MemoryDocuments
from services.forum.adapters.event_codec import event_codec
from services.forum.adapters.published_posts import PublishedPosts
from services.forum.api.errors import ERRORS
from services.forum.api.nonces import Nonces
from services.forum.api.provenance_servicer import ProvenanceServicer, Sources
from services.forum.domain import alias_decider
from services.forum.projections.commitments import COMMITMENTS
from services.seal.commitment import TextCommitment, TextId, passages_root_of, statement_commitment, verify_passage
from services.seal.leaves import PostRootLeaf
from services.seal.post_root import DayPlace, verify_place
from services.seal.provenance import ProvenanceRequest
from services.seal.statements import PostStatement
from tests.rpc.forum.requests import comment_request
from tests.rpc.forum.world import ALLOW, EDGE, KEYS, World, refused
from tests.support.rpc import serving
from tests.unit.forum.authors import Author, new_id
from vouchsafe.forum.events.v1 import post_roots_pb2
from vouchsafe.forum.v1 import provenance_service_pb2 as pb
from vouchsafe.forum.v1.provenance_service_pb2_grpc import (
    ProvenanceServiceStub,
    add_ProvenanceServiceServicer_to_server,
)

BODY = "Who sets the rota? Nobody says. 没人说。"


async def day_over(forum: World) -> None:
    """Let the day pass, and the forum root it."""
    before = len(forum.published.stored)
    forum.clock.advance(timedelta(days=1, minutes=5))
    await forum.until(lambda: len(forum.published.stored) > before)
    await forum.settled()


def root_of(forum: World) -> PostRootLeaf:
    """The first root that was published."""
    event = forum.published.stored[0].event
    rooted = post_roots_pb2.PostsRooted.FromString(event.data)
    return PostRootLeaf("2030-01-01", rooted.size, rooted.root)


def place_of(message: pb.DayPlace) -> DayPlace:
    return DayPlace(message.day, message.size, message.index, tuple(message.path))


async def challenge(forum: World, post_id: str) -> pb.CreateProvenanceChallengeResponse:
    request = pb.CreateProvenanceChallengeRequest(post_id=post_id)
    answer: pb.CreateProvenanceChallengeResponse = await forum.edge.unary(
        forum.provenance.CreateProvenanceChallenge, request
    )
    return answer


async def asked(forum: World, author: Author, post_id: str, **changes: Any) -> pb.GetProvenanceRequest:
    """The author's own request, and then with these fields changed."""
    told = await challenge(forum, post_id)
    signature = author.thread_key(told.thread_id).sign(ProvenanceRequest(told.nonce, post_id).signed_bytes())
    fields = {"post_id": post_id, "nonce": told.nonce, "signature": signature}
    return pb.GetProvenanceRequest(**fields | changes)


async def quote(forum: World, post_id: str, text: str, comment_id: str = "") -> pb.CheckQuoteResponse:
    request = pb.CheckQuoteRequest(post_id=post_id, text=text, comment_id=comment_id)
    answer: pb.CheckQuoteResponse = await forum.edge.unary(forum.provenance.CheckQuote, request)
    return answer


async def test_an_author_gets_the_chain_and_once_the_day_is_over_the_commitment(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice, "Title", BODY)
    early = await forum.edge.unary(forum.provenance.GetProvenance, await asked(forum, alice, post_id))
    assert (early.thread_id, early.title, early.body) == (thread_id, "Title", BODY)
    assert early.credential.alias_key == early.proof.alias_key == alice.key.public_key
    assert not early.HasField("committed")

    await day_over(forum)
    found = await forum.edge.unary(forum.provenance.GetProvenance, await asked(forum, alice, post_id))
    told = found.committed
    statement = statement_commitment(told.salt, PostStatement(thread_id, post_id, "Title", BODY).hash())
    commitment = TextCommitment(TextId(thread_id, post_id), statement, told.passage_count, told.passages_root)
    verify_place(place_of(told.place), commitment.to_bytes(), root_of(forum))
    assert told.passage_count == 4
    assert passages_root_of(("Title", "Who sets the rota?", "Nobody says.", "没人说。"), told.passage_salts) == (
        told.passages_root
    )


async def test_nobody_but_the_holder_of_the_posts_key_is_told(forum: World) -> None:
    alice, bob = await forum.newcomer(), await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice)
    other_thread, other_post = await forum.open_thread(alice)
    await forum.post(bob, thread_id)
    mine = await asked(forum, alice, post_id)
    other_key = alice.thread_key(other_thread).sign(ProvenanceRequest(mine.nonce, post_id).signed_bytes())
    for request, reason in (
        (await asked(forum, bob, post_id), "SIGNATURE_INVALID"),
        (await asked(forum, alice, post_id, signature=other_key), "SIGNATURE_INVALID"),
        (await asked(forum, alice, post_id, signature=mine.signature), "SIGNATURE_INVALID"),
        (await asked(forum, alice, other_post, signature=mine.signature, nonce=mine.nonce), "SIGNATURE_INVALID"),
        (await asked(forum, alice, post_id, nonce=b"n" * 40), "NONCE_INVALID"),
        (pb.GetProvenanceRequest(post_id=new_id(), nonce=mine.nonce, signature=mine.signature), "POST_NOT_FOUND"),
    ):
        assert await refused(forum.edge.unary(forum.provenance.GetProvenance, request)) == reason
    forum.clock.advance(timedelta(seconds=301))
    assert await refused(forum.edge.unary(forum.provenance.GetProvenance, mine)) == "NONCE_EXPIRED"


async def test_a_challenge_tells_what_readers_know(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice)
    told = await challenge(forum, post_id)
    assert told.thread_id == thread_id
    assert {field.name for field, _ in told.ListFields()} == {"nonce", "thread_id"}
    unknown = pb.CreateProvenanceChallengeRequest(post_id=new_id())
    assert await refused(forum.edge.unary(forum.provenance.CreateProvenanceChallenge, unknown)) == "POST_NOT_FOUND"


async def test_a_quotation_is_confirmed_with_its_proof_or_refuted(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice, "Title", BODY)
    await forum.settled()
    assert (await quote(forum, post_id, BODY)).verdict == pb.VERDICT_UNKNOWN
    await day_over(forum)

    answer = await quote(forum, post_id, " Nobody   says.\n没人说。")
    assert answer.verdict == pb.VERDICT_CONFIRMED
    proof = answer.proof
    commitment = TextCommitment(
        TextId(thread_id, post_id), proof.statement_commitment, proof.passage_count, proof.passages_root
    )
    verify_place(place_of(proof.place), commitment.to_bytes(), root_of(forum))
    for index, passage in enumerate(proof.passages, start=proof.first):
        verify_passage(commitment, index, passage.salt, passage.text, tuple(passage.path))
    assert [passage.text for passage in proof.passages] == ["Nobody says.", "没人说。"]

    for altered in ("Somebody says.", "Nobody says", "没人说。 Nobody says.", "..."):
        answer = await quote(forum, post_id, altered)
        assert (answer.verdict, answer.HasField("proof")) == (pb.VERDICT_REFUTED, False)


async def test_comments_can_be_quoted_too(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice)
    request = comment_request(alice, thread_id, post_id, "I saw it. I was there.")
    await forum.edge.unary(forum.threads.CreateComment, request)
    await forum.settled()
    assert (await quote(forum, post_id, "I saw it.", request.comment_id)).verdict == pb.VERDICT_UNKNOWN
    await day_over(forum)
    assert (await quote(forum, post_id, "I saw it.", request.comment_id)).verdict == pb.VERDICT_CONFIRMED
    assert (await quote(forum, post_id, "I saw it.")).verdict == pb.VERDICT_REFUTED
    for unknown in ((new_id(), ""), (post_id, new_id()), (new_id(), request.comment_id)):
        asking = pb.CheckQuoteRequest(post_id=unknown[0], comment_id=unknown[1], text="I saw it.")
        assert await refused(forum.edge.unary(forum.provenance.CheckQuote, asking)) == "POST_NOT_FOUND"


async def test_a_quotation_is_checked_without_the_text(forum: World) -> None:
    """As it will be once the text is removed: of all that the forum has, what was committed to is left."""
    alice = await forum.newcomer()
    _, post_id = await forum.open_thread(alice, "Title", BODY)
    await day_over(forum)
    kept = forum.catalog.views(COMMITMENTS)
    document = await kept.get(post_id)
    assert document is not None
    assert "rota" not in str(document)

    async with forum_without_texts(kept) as channel:
        stub = ProvenanceServiceStub(channel.channel)
        for text, verdict in (("Nobody says.", pb.VERDICT_CONFIRMED), ("Somebody says.", pb.VERDICT_REFUTED)):
            asking = pb.CheckQuoteRequest(post_id=post_id, text=text)
            assert (await channel.unary(stub.CheckQuote, asking)).verdict == verdict
        asking_provenance = pb.CreateProvenanceChallengeRequest(post_id=post_id)
        assert await refused(channel.unary(stub.CreateProvenanceChallenge, asking_provenance)) == "POST_NOT_FOUND"


@asynccontextmanager
async def forum_without_texts(kept: Views) -> AsyncIterator[RpcChannel]:
    """The service over an empty log and empty views, but for what was committed to; a channel to it."""
    store, codec = MemoryEventStore(), event_codec()
    sources = Sources(
        published=PublishedPosts(store, codec),
        aliases=CommandHandler(store, codec, alias_decider),
        posts=MemoryDocuments(),
        comments=MemoryDocuments(),
        commitments=kept,
    )
    nonces = Nonces(key=KEYS.nonce, lifetime_seconds=300, clock=FixedClock())
    servicer = ProvenanceServicer(sources, nonces=nonces, secret=KEYS.commitment)
    binding = ServiceBinding(add_ProvenanceServiceServicer_to_server, servicer)
    name = "vouchsafe.forum.v1.ProvenanceService"
    async with (
        serving("forum", [binding], allow={name: ALLOW[name]}, errors=ERRORS) as running,
        running.channel(EDGE, retry=NO_RETRY) as channel,
    ):
        yield channel


async def test_the_days_root_is_all_that_leaves_the_forum(forum: World) -> None:
    alice = await forum.newcomer()
    await forum.open_thread(alice, "Title", BODY)
    await day_over(forum)
    [message] = forum.published.stored
    assert message.subject == "forum.public.PostsRooted.v1"
    rooted = post_roots_pb2.PostsRooted.FromString(message.event.data)
    assert {field.name for field, _ in rooted.ListFields()} == {"day", "size", "root"}
    assert rooted.size == 64


async def test_only_the_edge_may_ask(forum: World) -> None:
    stub = ProvenanceServiceStub(forum.disclosure.channel)
    request = pb.CheckQuoteRequest(post_id=new_id(), text="x")
    assert await refused(forum.disclosure.unary(stub.CheckQuote, request)) == "CALLER_NOT_ALLOWED"

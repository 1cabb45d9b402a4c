"""Evidence: the whole chain from the text to the credential, for disclosure alone."""

from services.forum import checks
from services.forum.domain.verified import AuthorProof, Credential, SignedPost
from tests.rpc.forum.requests import open_request
from tests.rpc.forum.world import World, refused
from tests.unit.forum.authors import issuer_key, new_id
from vouchsafe.forum.v1 import evidence_service_pb2 as pb
from vouchsafe.forum.v1.evidence_service_pb2_grpc import EvidenceServiceStub


async def test_evidence_verifies_from_the_text_to_the_issuer(forum: World) -> None:
    alice = await forum.newcomer()
    request = open_request(alice, "Title", "words")
    await forum.edge.unary(forum.threads.OpenThread, request)
    later = await forum.post(alice, request.thread_id, "later")
    for post_id, title, body in ((request.post_id, "Title", "words"), (later, "", "later")):
        found = await forum.disclosure.unary(forum.evidence.GetPostEvidence, pb.GetPostEvidenceRequest(post_id=post_id))
        proof = AuthorProof(
            found.proof.alias_key, found.proof.thread_key, found.proof.certificate, found.proof.signature
        )
        checks.verified_post(SignedPost(found.thread_id, found.title, post_id, found.body, proof))
        c = found.credential
        claim = Credential(c.label, c.epoch, c.alias_key, c.envelope_hash, c.prefix, c.signature)
        checks.verified_credential(claim, issuer_key().public_key)
        assert (found.title, found.body, c.alias_key) == (title, body, alice.key.public_key)


async def test_a_post_that_is_not_there(forum: World) -> None:
    request = pb.GetPostEvidenceRequest(post_id=new_id())
    assert await refused(forum.disclosure.unary(forum.evidence.GetPostEvidence, request)) == "POST_NOT_FOUND"


async def test_an_identifier_that_was_reserved_but_never_used_is_no_post(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    again = open_request(alice, thread_id=thread_id)
    assert await refused(forum.edge.unary(forum.threads.OpenThread, again)) == "THREAD_EXISTS"
    request = pb.GetPostEvidenceRequest(post_id=again.post_id)
    assert await refused(forum.disclosure.unary(forum.evidence.GetPostEvidence, request)) == "POST_NOT_FOUND"


async def test_the_edge_may_not_ask(forum: World) -> None:
    stub = EvidenceServiceStub(forum.edge.channel)
    request = pb.GetPostEvidenceRequest(post_id=new_id())
    assert await refused(forum.edge.unary(stub.GetPostEvidence, request)) == "CALLER_NOT_ALLOWED"

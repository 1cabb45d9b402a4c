"""Threads, posts and comments: who may say what, once, and under which name."""

import asyncio
from typing import Any

import pytest

from services.chassis.rpc_errors import RpcError
from services.forum.domain import post_root, thread
from services.seal.statements import PostStatement, ThreadCertificate
from tests.rpc.forum.requests import comment_request, open_request, post_request, proof_message
from tests.rpc.forum.world import World, refused
from tests.unit.forum.authors import Author, new_id
from vouchsafe.forum.v1.evidence_service_pb2 import GetPostEvidenceRequest


async def events_of(world: World, stream: str) -> list[str]:
    commits = await world.store.read_stream(stream)
    return [event.type.rpartition(".")[2] for commit in commits for event in commit.events]


async def test_an_author_has_one_random_name_in_a_thread(forum: World) -> None:
    alice, bob = await forum.newcomer(), await forum.newcomer()
    request = open_request(alice)
    opened = await forum.edge.unary(forum.threads.OpenThread, request)
    thread_id = request.thread_id
    later = await forum.edge.unary(forum.threads.CreatePost, post_request(alice, thread_id))
    comment = await forum.edge.unary(forum.threads.CreateComment, comment_request(alice, thread_id, request.post_id))
    other = await forum.edge.unary(forum.threads.CreatePost, post_request(bob, thread_id))
    assert opened.author_name == later.author_name == comment.author_name != other.author_name
    assert await events_of(forum, f"thread-{thread_id}") == [
        *("ThreadOpened", "AuthorNamed", "PostPublished"),
        "PostPublished",
        "CommentPublished",
        *("AuthorNamed", "PostPublished"),
    ]


async def test_two_threads_of_one_alias_share_no_name(forum: World) -> None:
    alice = await forum.newcomer()
    names = set()
    for _ in range(5):
        names.add((await forum.edge.unary(forum.threads.OpenThread, open_request(alice))).author_name)
    assert len(names) == 5


async def test_a_repeat_gets_the_first_answer_and_changes_nothing(forum: World) -> None:
    alice = await forum.newcomer()
    request = open_request(alice)
    first = await forum.edge.unary(forum.threads.OpenThread, request)
    post = post_request(alice, request.thread_id)
    await forum.edge.unary(forum.threads.CreatePost, post)
    answers = await asyncio.gather(*(forum.edge.unary(forum.threads.OpenThread, request) for _ in range(5)))
    assert [answer.author_name for answer in answers] == [first.author_name] * 5
    await forum.edge.unary(forum.threads.CreatePost, post)
    events = await events_of(forum, f"thread-{request.thread_id}")
    assert events.count("PostPublished") == 2
    assert events.count("ThreadOpened") == 1


async def test_a_repeated_request_id_with_other_content_is_refused(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice)
    post = post_request(alice, thread_id)
    await forum.edge.unary(forum.threads.CreatePost, post)
    for other in (post_request(alice, thread_id, "other"), post_request(alice, thread_id, "other", post.post_id)):
        other.request_id = post.request_id
        assert await refused(forum.edge.unary(forum.threads.CreatePost, other)) == "REQUEST_ID_REUSED"
    comment = comment_request(alice, thread_id, post_id)
    comment.request_id = post.request_id
    assert await refused(forum.edge.unary(forum.threads.CreateComment, comment)) == "REQUEST_ID_REUSED"
    assert (await events_of(forum, f"thread-{thread_id}")).count("PostPublished") == 2


async def test_who_has_no_alias_says_nothing(forum: World) -> None:
    alice, stranger = await forum.newcomer(), Author()
    thread_id, post_id = await forum.open_thread(alice)
    assert await refused(forum.edge.unary(forum.threads.OpenThread, open_request(stranger))) == "ALIAS_UNKNOWN"
    assert (
        await refused(forum.edge.unary(forum.threads.CreatePost, post_request(stranger, thread_id))) == "ALIAS_UNKNOWN"
    )
    comment = comment_request(stranger, thread_id, post_id)
    assert await refused(forum.edge.unary(forum.threads.CreateComment, comment)) == "ALIAS_UNKNOWN"


async def test_a_signature_by_another_threads_key_is_refused(forum: World) -> None:
    alice = await forum.newcomer()
    here, _ = await forum.open_thread(alice)
    there, _ = await forum.open_thread(alice)
    post = post_request(alice, here)
    post.proof.signature = alice.thread_key(there).sign(b"anything")
    assert await refused(forum.edge.unary(forum.threads.CreatePost, post)) == "SIGNATURE_INVALID"
    post = post_request(alice, here)
    elsewhere = alice.proof(there, b"")
    post.proof.thread_key, post.proof.certificate = elsewhere.thread_key, elsewhere.certificate
    assert await refused(forum.edge.unary(forum.threads.CreatePost, post)) == "CERTIFICATE_INVALID"


async def test_an_alias_cannot_change_its_key_in_a_thread(forum: World) -> None:
    alice, twin = await forum.newcomer(), Author()
    thread_id, _ = await forum.open_thread(alice)
    post = post_request(alice, thread_id)
    # A second key, properly certified by the same alias.
    key = twin.thread_key(thread_id)
    certificate = ThreadCertificate(alice.key.public_key, key.public_key, thread_id).signed_bytes()
    statement = PostStatement(thread_id, post.post_id, "", post.body).signed_bytes()
    post.proof.thread_key = key.public_key
    post.proof.certificate, post.proof.signature = alice.key.sign(certificate), key.sign(statement)
    assert await refused(forum.edge.unary(forum.threads.CreatePost, post)) == "THREAD_KEY_CHANGED"


async def test_places_that_do_not_exist_or_are_taken(forum: World) -> None:
    alice, bob = await forum.newcomer(), await forum.newcomer()
    thread_id, post_id = await forum.open_thread(alice)
    call, threads = forum.edge.unary, forum.threads
    assert await refused(call(threads.OpenThread, open_request(bob, thread_id=thread_id))) == "THREAD_EXISTS"
    assert await refused(call(threads.CreatePost, post_request(bob, new_id()))) == "THREAD_UNKNOWN"
    assert await refused(call(threads.CreateComment, comment_request(bob, new_id(), post_id))) == "THREAD_UNKNOWN"
    assert await refused(call(threads.CreateComment, comment_request(bob, thread_id, new_id()))) == "POST_UNKNOWN"
    taken = post_request(bob, thread_id, post_id=post_id)
    assert await refused(call(threads.CreatePost, taken)) == "POST_EXISTS"


async def test_a_post_id_cannot_stand_in_two_threads(forum: World) -> None:
    """Or a case about one of the posts would be led with the evidence of the other."""
    alice, mallory = await forum.newcomer(), await forum.newcomer()
    _, post_id = await forum.open_thread(alice)
    copied = open_request(mallory, post_id=post_id)
    assert await refused(forum.edge.unary(forum.threads.OpenThread, copied)) == "POST_EXISTS"
    elsewhere, _ = await forum.open_thread(mallory)
    again = post_request(mallory, elsewhere, post_id=post_id)
    assert await refused(forum.edge.unary(forum.threads.CreatePost, again)) == "POST_EXISTS"


async def test_of_two_threads_that_want_a_post_id_at_once_one_gets_it(forum: World) -> None:
    authors = [await forum.newcomer() for _ in range(4)]
    threads = [(await forum.open_thread(author))[0] for author in authors]
    for _ in range(5):
        post_id = new_id()
        rivals = [post_request(author, at, post_id=post_id) for author, at in zip(authors, threads, strict=True)]
        others = [post_request(author, at) for author, at in zip(authors, threads, strict=True)]
        calls = [forum.edge.unary(forum.threads.CreatePost, each) for each in [*rivals, *others]]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [isinstance(each, RpcError) and each.reason for each in refusals] == ["POST_EXISTS"] * 3
        (winner,) = (rival for rival, outcome in zip(rivals, outcomes, strict=False) if outcome not in refusals)
        again = await forum.edge.unary(forum.threads.CreatePost, winner)
        assert again.author_name in [getattr(outcome, "author_name", "") for outcome in outcomes[: len(rivals)]]
        found = await forum.disclosure.unary(forum.evidence.GetPostEvidence, GetPostEvidenceRequest(post_id=post_id))
        assert found.thread_id == winner.thread_id


async def test_a_refused_post_keeps_no_identifier(forum: World) -> None:
    alice, bob = await forum.newcomer(), await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    nowhere, again = post_request(bob, new_id()), open_request(bob, thread_id=thread_id)
    assert await refused(forum.edge.unary(forum.threads.CreatePost, nowhere)) == "THREAD_UNKNOWN"
    assert await refused(forum.edge.unary(forum.threads.OpenThread, again)) == "THREAD_EXISTS"
    for post_id in (nowhere.post_id, again.post_id):
        await forum.edge.unary(forum.threads.CreatePost, post_request(bob, thread_id, post_id=post_id))


async def test_many_newcomers_at_once_get_different_names(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    others = [await forum.newcomer() for _ in range(5)]
    answers = await asyncio.gather(
        *(forum.edge.unary(forum.threads.CreatePost, post_request(author, thread_id)) for author in others)
    )
    assert len({answer.author_name for answer in answers}) == len(others)


async def test_another_posts_signature_does_not_pass(forum: World) -> None:
    alice = await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    post, other = post_request(alice, thread_id), alice.post(thread_id, "other")
    post.proof.CopyFrom(proof_message(other.proof))
    assert await refused(forum.edge.unary(forum.threads.CreatePost, post)) == "SIGNATURE_INVALID"


async def test_a_warm_post_is_one_append_and_no_read(forum: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await forum.newcomer()
    thread_id, _ = await forum.open_thread(alice)
    await forum.settled()
    asked: list[tuple[str, str]] = []

    def counted(name: str) -> None:
        real = getattr(forum.store, name)

        async def call(stream: str, *more: Any) -> Any:
            if stream != post_root.STREAM:  # what a day's root is made from, at a pace of its own
                asked.append((name, stream))
            return await real(stream, *more)

        monkeypatch.setattr(forum.store, name, call)

    for name in ("append", "read_stream"):
        counted(name)
    await forum.edge.unary(forum.threads.CreatePost, post_request(alice, thread_id))
    assert asked == [("append", thread.stream(thread_id))]

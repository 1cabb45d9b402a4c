"""Requests into claims, and documents and events into answers.

What readers get is built field by field from a view document that holds nothing private to begin with (`projections`).
"""

from collections.abc import Sequence

from services.chassis.views.viewstore import Document
from services.forum.domain.alias import AliasCreated
from services.forum.domain.notices import Opening
from services.forum.domain.thread import PostPublished
from services.forum.domain.verified import AliasClaim, AuthorProof, Credential, SignedComment, SignedPost
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.forum.v1 import alias_service_pb2, evidence_service_pb2, reading_service_pb2, thread_service_pb2


def alias_claim(request: alias_service_pb2.CreateAliasRequest, label_name: str) -> AliasClaim:
    """What the request claims, under a label of that name."""
    return AliasClaim(_credential(request.credential), label_name, request.handle, request.receipt.signature)


def notices(openings: Sequence[Opening]) -> alias_service_pb2.ListNoticesResponse:
    """What the owner of an alias may know. Nothing of it is for readers."""
    return alias_service_pb2.ListNoticesResponse(
        notices=[
            alias_service_pb2.Notice(intent=each.intent, opens_at=each.opens_at, opened=each.opened)
            for each in openings
        ]
    )


def opening_post(request: thread_service_pb2.OpenThreadRequest) -> SignedPost:
    """The post that opens a thread."""
    return SignedPost(request.thread_id, request.title, request.post_id, request.body, _proof(request.proof))


def later_post(request: thread_service_pb2.CreatePostRequest) -> SignedPost:
    """A post in a thread that exists: it is signed without a title."""
    return SignedPost(request.thread_id, "", request.post_id, request.body, _proof(request.proof))


def comment_of(request: thread_service_pb2.CreateCommentRequest) -> SignedComment:
    """A comment."""
    return SignedComment(request.thread_id, request.post_id, request.comment_id, request.body, _proof(request.proof))


def evidence(post: PostPublished, author: AliasCreated) -> evidence_service_pb2.GetPostEvidenceResponse:
    """Everything that proves who signed a post. For disclosure; nothing of it is for readers."""
    proof = thread_service_pb2.AuthorProof(
        alias_key=post.alias_key,
        thread_key=post.thread_key,
        certificate=post.certificate,
        signature=post.signature,
    )
    credential = credential_pb2.Credential(
        label=author.label,
        epoch=author.epoch,
        alias_key=author.alias_key,
        envelope_hash=author.envelope_hash,
        prefix=author.prefix,
        signature=author.credential_signature,
    )
    return evidence_service_pb2.GetPostEvidenceResponse(
        thread_id=post.thread_id, title=post.title, body=post.body, proof=proof, credential=credential
    )


def post_in_feed(post_id: str, post: Document) -> reading_service_pb2.Post:
    """A post as readers see it among others: the number of its comments stands for them."""
    return reading_service_pb2.Post(
        post_id=post_id,
        thread_id=post["thread_id"],
        thread_title=post["thread_title"],
        author=_author(post),
        body=post["body"],
        published_at=post["published_at"],
        comment_count=post["comment_count"],
    )


def post_in_thread(post_id: str, post: Document, comments: Sequence[Document]) -> reading_service_pb2.Post:
    """A post as readers see it in its thread, with its comments."""
    message = post_in_feed(post_id, post)
    message.comments.extend(_comment(comment) for comment in comments)
    message.comment_count = len(comments)
    return message


def _comment(comment: Document) -> reading_service_pb2.Comment:
    return reading_service_pb2.Comment(
        comment_id=comment["comment_id"],
        author=_author(comment),
        body=comment["body"],
        published_at=comment["published_at"],
    )


def _author(text: Document) -> reading_service_pb2.Author:
    return reading_service_pb2.Author(name=text["author_name"], label_name=text["label_name"])


def _credential(message: credential_pb2.Credential) -> Credential:
    return Credential(
        label=message.label,
        epoch=message.epoch,
        alias_key=message.alias_key,
        envelope_hash=message.envelope_hash,
        prefix=message.prefix,
        signature=message.signature,
    )


def _proof(message: thread_service_pb2.AuthorProof) -> AuthorProof:
    return AuthorProof(message.alias_key, message.thread_key, message.certificate, message.signature)

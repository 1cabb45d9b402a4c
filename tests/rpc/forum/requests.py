"""True requests of authors, signed for real; tests change what they want to be wrong."""

from services.forum.domain.verified import AuthorProof
from services.seal.ed25519 import SigningKey
from tests.unit.forum.authors import RECEIPT_KEY, Author, new_id
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.forum.v1 import alias_service_pb2, thread_service_pb2


def alias_request(
    author: Author, nonce: bytes, *, receipt_key: SigningKey = RECEIPT_KEY
) -> alias_service_pb2.CreateAliasRequest:
    """A request for the author's alias, called blue."""
    credential = author.credential()
    return alias_service_pb2.CreateAliasRequest(
        request_id=new_id(),
        handle="blue",
        credential=credential_pb2.Credential(
            label=credential.label,
            epoch=credential.epoch,
            alias_key=credential.alias_key,
            envelope_hash=credential.envelope_hash,
            prefix=credential.prefix,
            signature=credential.signature,
        ),
        receipt=credential_pb2.Receipt(signature=author.receipt(receipt_key)),
        nonce=nonce,
        signature=author.possession(nonce, "blue"),
    )


def proof_message(proof: AuthorProof) -> thread_service_pb2.AuthorProof:
    return thread_service_pb2.AuthorProof(
        alias_key=proof.alias_key,
        thread_key=proof.thread_key,
        certificate=proof.certificate,
        signature=proof.signature,
    )


def open_request(
    author: Author, title: str = "A title", body: str = "words", **ids: str
) -> thread_service_pb2.OpenThreadRequest:
    """A true request to open a thread."""
    thread_id = ids.get("thread_id") or new_id()
    post = author.post(thread_id, body, title=title, post_id=ids.get("post_id", ""))
    return thread_service_pb2.OpenThreadRequest(
        request_id=new_id(),
        thread_id=thread_id,
        title=title,
        post_id=post.post_id,
        body=body,
        proof=proof_message(post.proof),
    )


def post_request(
    author: Author, thread_id: str, body: str = "words", post_id: str = ""
) -> thread_service_pb2.CreatePostRequest:
    """A true request for a post."""
    post = author.post(thread_id, body, post_id=post_id)
    return thread_service_pb2.CreatePostRequest(
        request_id=new_id(), thread_id=thread_id, post_id=post.post_id, body=body, proof=proof_message(post.proof)
    )


def comment_request(
    author: Author, thread_id: str, post_id: str, body: str = "words"
) -> thread_service_pb2.CreateCommentRequest:
    """A true request for a comment."""
    comment = author.comment(thread_id, post_id, body)
    return thread_service_pb2.CreateCommentRequest(
        request_id=new_id(),
        thread_id=thread_id,
        post_id=post_id,
        comment_id=comment.comment_id,
        body=body,
        proof=proof_message(comment.proof),
    )

"""What an alias signs: its credential as others see it, the possession of its key, its texts. No I/O.

A text is signed by a key that exists for its thread alone, and that key is certified by the alias key; the certificate
stays in the forum, so two threads have nothing in common for a reader.
"""

from services.seal.statements import AliasProof, CommentStatement, NoticesRequest, PostStatement, ThreadCertificate
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.forum.v1 import alias_service_pb2 as alias_pb
from vouchsafe.forum.v1 import thread_service_pb2 as thread_pb
from vouchsafe.sdk.keys import Alias


def credential(alias: Alias) -> credential_pb2.Credential:
    """The credential, which holds the envelope's hash and not the envelope."""
    return credential_pb2.Credential(
        label=alias.label,
        epoch=alias.epoch,
        alias_key=alias.key.public_key,
        envelope_hash=alias.envelope_hash,
        prefix=alias.prefix,
        signature=alias.signature,
    )


def alias_request(alias: Alias, handle: str, nonce: bytes) -> alias_pb.CreateAliasRequest:
    """The request that makes an alias known to the forum, with the receipt of its deposit."""
    proof = AliasProof(nonce, alias.key.public_key, handle)
    return alias_pb.CreateAliasRequest(
        request_id=alias.create_request_id,
        handle=handle,
        credential=credential(alias),
        receipt=credential_pb2.Receipt(signature=alias.receipt),
        nonce=nonce,
        signature=alias.key.sign(proof.signed_bytes()),
    )


def notices_request(alias: Alias, nonce: bytes) -> alias_pb.ListNoticesRequest:
    """The request for what is announced about the alias, which nobody else can make."""
    cpk = alias.key.public_key
    signature = alias.key.sign(NoticesRequest(nonce, cpk).signed_bytes())
    return alias_pb.ListNoticesRequest(alias_key=cpk, nonce=nonce, signature=signature)


def author_proof(alias: Alias, text: PostStatement | CommentStatement) -> thread_pb.AuthorProof:
    """The chain from a text over the thread's key to the alias key."""
    cpk = alias.key.public_key
    thread_key = alias.thread_key(text.thread_id)
    certificate = ThreadCertificate(cpk, thread_key.public_key, text.thread_id)
    return thread_pb.AuthorProof(
        alias_key=cpk,
        thread_key=thread_key.public_key,
        certificate=alias.key.sign(certificate.signed_bytes()),
        signature=thread_key.sign(text.signed_bytes()),
    )

"""Requests of the alias side that are in order, for a test to spoil in one place."""

import uuid

from services.seal import blind_rsa, envelope, kdf
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import CommentStatement, Context, CredentialMessage, PostStatement, ThreadCertificate
from tests.e2e.bad_input.world import LABEL, Citizen, World, fresh
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.disclosure.v1 import deposit_service_pb2 as deposit_pb
from vouchsafe.forum.v1 import alias_service_pb2 as alias_pb
from vouchsafe.forum.v1 import thread_service_pb2 as thread_pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.sdk import signing
from vouchsafe.sdk.issuing import VARIANT
from vouchsafe.sdk.keys import Alias
from vouchsafe.verification.v1 import issuance_service_pb2 as issuance_pb
from vouchsafe.verification.v1.issuance_service_pb2_grpc import IssuanceServiceStub


def deposit(alias: Alias) -> deposit_pb.DepositEnvelopeRequest:
    """The deposit of an alias's envelope."""
    credential = signing.credential(alias)
    return deposit_pb.DepositEnvelopeRequest(request_id=fresh(), credential=credential, envelope=alias.envelope)


async def alias(world: World, alias: Alias, *, handle: str = "mine") -> alias_pb.CreateAliasRequest:
    """The creation of an alias, over a fresh nonce."""
    stub = world.channels.stub(AliasServiceStub, "alias-edge", "forum")
    nonce = (await stub.CreateChallenge(alias_pb.CreateChallengeRequest(), timeout=20)).nonce
    request = signing.alias_request(alias, handle, nonce)
    request.request_id = fresh()
    return request


def thread(alias: Alias, *, title: str = "A title", body: str = "A text") -> thread_pb.OpenThreadRequest:
    """A new thread with its first post."""
    thread_id, post_id = str(uuid.uuid4()), str(uuid.uuid4())
    proof = signing.author_proof(alias, PostStatement(thread_id, post_id, title, body))
    return thread_pb.OpenThreadRequest(
        request_id=fresh(), thread_id=thread_id, title=title, post_id=post_id, body=body, proof=proof
    )


def post(alias: Alias, thread_id: str, *, body: str = "A text") -> thread_pb.CreatePostRequest:
    """A post in a thread."""
    post_id = str(uuid.uuid4())
    proof = signing.author_proof(alias, PostStatement(thread_id, post_id, "", body))
    return thread_pb.CreatePostRequest(request_id=fresh(), thread_id=thread_id, post_id=post_id, body=body, proof=proof)


def comment(alias: Alias, thread_id: str, post_id: str, *, body: str = "A text") -> thread_pb.CreateCommentRequest:
    """A comment below a post."""
    comment_id = str(uuid.uuid4())
    proof = signing.author_proof(alias, CommentStatement(thread_id, post_id, comment_id, body))
    return thread_pb.CreateCommentRequest(
        request_id=fresh(), thread_id=thread_id, post_id=post_id, comment_id=comment_id, body=body, proof=proof
    )


async def deposit_of_any_envelope(
    world: World, citizen: Citizen, sealed: bytes, *, slot: int
) -> deposit_pb.DepositEnvelopeRequest:
    """A deposit with a genuine credential over an envelope that its owner made up: blind, the issuer cannot tell."""
    known = citizen.alias
    cpk = kdf.alias_key(SecretBytes.random(32)).public_key
    prefix = SecretBytes.random(VARIANT.prefix_size).reveal()
    message = CredentialMessage(prefix, Context(LABEL, known.epoch), cpk, envelope.envelope_hash(sealed))
    key = blind_rsa.PublicKey.from_spki(known.issuer_key)
    blinding = blind_rsa.blind(key, message.signed_bytes(), VARIANT)
    stub = world.channels.stub(IssuanceServiceStub, "person-edge", "verification")
    request = issuance_pb.IssueCredentialRequest(
        request_id=fresh(), label=LABEL, epoch=known.epoch, slot=slot, blinded_message=blinding.blinded_message
    )
    answer = await stub.IssueCredential(request, timeout=20, metadata=await world.bearer(citizen))
    signature = blind_rsa.finalize(key, message.signed_bytes(), answer.blind_signature, blinding.inverse, VARIANT)
    credential = credential_pb2.Credential(
        label=LABEL,
        epoch=known.epoch,
        alias_key=cpk,
        envelope_hash=message.envelope_hash,
        prefix=prefix,
        signature=signature,
    )
    return deposit_pb.DepositEnvelopeRequest(request_id=fresh(), credential=credential, envelope=sealed)


def proof_with(alias: Alias, key: SigningKey, text: PostStatement) -> thread_pb.AuthorProof:
    """A valid chain over a thread key that is not the one derived for the thread."""
    certificate = ThreadCertificate(alias.key.public_key, key.public_key, text.thread_id)
    return thread_pb.AuthorProof(
        alias_key=alias.key.public_key,
        thread_key=key.public_key,
        certificate=alias.key.sign(certificate.signed_bytes()),
        signature=key.sign(text.signed_bytes()),
    )


def certified_by(alias: Alias, proof: thread_pb.AuthorProof, thread_id: str) -> thread_pb.AuthorProof:
    """Somebody's key and signature as they are, under this alias's certificate."""
    certificate = ThreadCertificate(alias.key.public_key, proof.thread_key, thread_id)
    return thread_pb.AuthorProof(
        alias_key=alias.key.public_key,
        thread_key=proof.thread_key,
        certificate=alias.key.sign(certificate.signed_bytes()),
        signature=proof.signature,
    )

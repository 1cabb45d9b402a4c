"""Requests of the alias side that are in order, for a test to spoil in one place."""

import uuid

from services.seal import blind_rsa, envelope, kdf
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.cut_and_choose import VARIANT, Offer, Terms
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import CommentStatement, Context, CredentialMessage, PostStatement, ThreadCertificate
from services.verification.adapters.keystore_log import KeySealing
from services.verification.config import SAFE_CANDIDATES as CANDIDATES
from tests.e2e.bad_input.world import LABEL, Citizen, World, fresh
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.disclosure.v1 import deposit_service_pb2 as deposit_pb
from vouchsafe.forum.v1 import alias_service_pb2 as alias_pb
from vouchsafe.forum.v1 import thread_service_pb2 as thread_pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.sdk import signing
from vouchsafe.sdk.keys import Alias
from vouchsafe.verification.v1 import issuance_service_pb2 as issuance_pb


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


def offer(citizen: Citizen, *, slot: int) -> Offer:
    """Honest candidates for one of the citizen's slots, as many as the platform asks for."""
    person, known = citizen.keys, citizen.alias
    terms = Terms(
        context=Context(LABEL, known.epoch),
        slot=slot,
        eref=person.escrow_reference,
        ipk=person.ownership_key.public_key,
        opening_key=citizen.account._trust.opening_key,
        issuer_key=known.issuer_key,
        candidates=CANDIDATES,
    )
    return Offer(terms, SecretBytes.random(32), person.ownership_key)


def begin_issuance(offer: Offer) -> issuance_pb.BeginIssuanceRequest:
    """The commitment to an offer."""
    terms = offer.terms
    return issuance_pb.BeginIssuanceRequest(
        request_id=fresh(),
        label=terms.context.label,
        epoch=terms.context.epoch,
        slot=terms.slot,
        candidates=terms.candidates,
        terms=terms.digest,
        commitment=offer.commitment,
    )


def finish_issuance(offer: Offer, chosen: int) -> issuance_pb.FinishIssuanceRequest:
    """The answer to a challenge."""
    terms = offer.terms
    return issuance_pb.FinishIssuanceRequest(
        request_id=fresh(),
        label=terms.context.label,
        epoch=terms.context.epoch,
        slot=terms.slot,
        blinded_message=offer.blinded_message(chosen),
        openings=offer.openings(chosen),
    )


async def deposit_of_any_envelope(world: World, citizen: Citizen, sealed: bytes) -> deposit_pb.DepositEnvelopeRequest:
    """A deposit with a genuine credential over an envelope that its owner made up.

    Candidates that are opened keep a person from getting one; the test signs with the issuer's own key.
    """
    known = citizen.alias
    cpk = kdf.alias_key(SecretBytes.random(32)).public_key
    prefix = SecretBytes.random(VARIANT.prefix_size).reveal()
    message = CredentialMessage(prefix, Context(LABEL, known.epoch), cpk, envelope.envelope_hash(sealed))
    signer = await _issuer(world, known.epoch)
    blinding = blind_rsa.blind(signer.public_key, message.signed_bytes(), VARIANT)
    blind_signature = signer.blind_sign(blinding.blinded_message)
    signature = blind_rsa.finalize(
        signer.public_key, message.signed_bytes(), blind_signature, blinding.inverse, VARIANT
    )
    credential = credential_pb2.Credential(
        label=LABEL,
        epoch=known.epoch,
        alias_key=cpk,
        envelope_hash=message.envelope_hash,
        prefix=prefix,
        signature=signature,
    )
    return deposit_pb.DepositEnvelopeRequest(request_id=fresh(), credential=credential, envelope=sealed)


async def _issuer(world: World, epoch: int) -> BlindSigner:
    sealed = await world.stores.sealed_issuer_key(LABEL, epoch)
    kek = SecretBytes((world.platform.client_secrets("verification") / "kek").read_bytes())
    return KeySealing(kek).open(LABEL, epoch, sealed)


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

"""Checks what others say: a credential and its envelope, and the chain from a post to the alias key that signed it.

Pure functions. Which key counts for a label, and which envelope lies in the vault, is given by the caller.
"""

from services.disclosure.domain.deposit import EnvelopeDeposited
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.messages import credential_message
from services.disclosure.shelf import Held
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.authorship import SignedPost, verify_authorship
from services.seal.envelope import check_envelope, envelope_hash
from services.seal.errors import SealError
from services.seal.statements import Context, CredentialMessage
from vouchsafe.forum.v1.evidence_service_pb2 import GetPostEvidenceResponse


def credential_of(deposit: EnvelopeDeposited) -> SignedCredential:
    """The credential that a deposit is bound to, as `seal` wants it."""
    context = Context(deposit.label, deposit.epoch)
    message = CredentialMessage(deposit.prefix, context, deposit.alias_key, deposit.envelope_hash)
    return SignedCredential(message, deposit.credential_signature)


def check_deposit(unverified: EnvelopeDeposited, issuer_key: bytes) -> EnvelopeDeposited:
    """Return the deposit when its credential verifies under the issuer key and its envelope is the one named there.

    Raises DomainError: CREDENTIAL_INVALID, ENVELOPE_MISMATCH, ENVELOPE_INVALID.
    """
    try:
        verify_credential(credential_of(unverified), issuer_key)
    except SealError:
        raise DomainError(Reason.CREDENTIAL_INVALID) from None
    if envelope_hash(unverified.envelope) != unverified.envelope_hash:
        raise DomainError(Reason.ENVELOPE_MISMATCH)
    try:
        check_envelope(unverified.envelope)
    except SealError:
        raise DomainError(Reason.ENVELOPE_INVALID) from None
    return unverified


def check_post(post_id: str, told: GetPostEvidenceResponse, held: Held) -> SignedPost:
    """Return the post when every link holds from it to what the vault holds; DomainError EVIDENCE_INVALID otherwise.

    Besides the links of `verify_authorship`, the credential that the forum tells is the very one under which the vault
    took its envelope.
    """
    proof = told.proof
    post = SignedPost(
        told.thread_id, post_id, told.title, told.body, proof.thread_key, proof.certificate, proof.signature
    )
    if held.deposit.alias_key != proof.alias_key or credential_message(held.deposit) != told.credential:
        raise DomainError(Reason.EVIDENCE_INVALID)
    try:
        verify_authorship(post, credential_of(held.deposit), held.issuer_key)
    except SealError:
        raise DomainError(Reason.EVIDENCE_INVALID) from None
    return post

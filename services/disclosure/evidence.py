"""Checks what others say: a credential and its envelope, and the chain from a post to the alias key that signed it.

Pure functions. Which key counts for a label, and which envelope lies in the vault, is given by the caller.
"""

from services.disclosure.domain.deposit import EnvelopeDeposited
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.messages import credential_message
from services.seal import ed25519
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.envelope import check_envelope, envelope_hash
from services.seal.errors import SealError
from services.seal.statements import Context, CredentialMessage, PostStatement, ThreadCertificate
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


def check_post(post_id: str, told: GetPostEvidenceResponse, deposit: EnvelopeDeposited) -> SignedCredential:
    """Return the credential when every link holds from the post to the deposit; DomainError EVIDENCE_INVALID otherwise.

    The links: the thread key signed the post, the alias key certified the thread key for this thread, and the alias
    key's credential is the very one under which the vault took its envelope.
    """
    proof, credential = told.proof, credential_of(deposit)
    try:
        statement = PostStatement(told.thread_id, post_id, told.title, told.body)
        certificate = ThreadCertificate(proof.alias_key, proof.thread_key, told.thread_id)
        ed25519.verify(proof.thread_key, statement.signed_bytes(), proof.signature)
        ed25519.verify(proof.alias_key, certificate.signed_bytes(), proof.certificate)
    except SealError:
        raise DomainError(Reason.EVIDENCE_INVALID) from None
    if deposit.alias_key != proof.alias_key or credential_message(deposit) != told.credential:
        raise DomainError(Reason.EVIDENCE_INVALID)
    return credential

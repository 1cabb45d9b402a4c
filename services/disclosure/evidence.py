"""Checks what others say: a credential and its envelope, and the chain from a post to the alias key that signed it.

Pure functions over bytes. What comes out is verified by type; which key counts for a label, and which envelope lies in
the vault, is given by the caller.
"""

from dataclasses import dataclass

from services.disclosure.domain.deposit import EnvelopeDeposited
from services.disclosure.domain.errors import DomainError, Reason
from services.seal import ed25519
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.envelope import check_envelope, envelope_hash
from services.seal.errors import SealError
from services.seal.statements import Context, CredentialMessage, PostStatement, ThreadCertificate


@dataclass(frozen=True)
class UnverifiedPost:
    """A post as the forum tells it: the text, and the keys and signatures that are to prove it."""

    post_id: str
    thread_id: str
    title: str
    body: str
    alias_key: bytes
    thread_key: bytes
    certificate: bytes
    signature: bytes


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


def check_post(post: UnverifiedPost, credential: SignedCredential, deposit: EnvelopeDeposited) -> None:
    """Return when every link holds from the post to the deposit; DomainError EVIDENCE_INVALID otherwise.

    The links: the thread key signed the post, the alias key certified the thread key for this thread, and the alias
    key's credential is the very one under which the vault took its envelope.
    """
    try:
        statement = PostStatement(post.thread_id, post.post_id, post.title, post.body)
        certificate = ThreadCertificate(post.alias_key, post.thread_key, post.thread_id)
        ed25519.verify(post.thread_key, statement.signed_bytes(), post.signature)
        ed25519.verify(post.alias_key, certificate.signed_bytes(), post.certificate)
    except SealError:
        raise DomainError(Reason.EVIDENCE_INVALID) from None
    if credential != credential_of(deposit) or credential.message.cpk != post.alias_key:
        raise DomainError(Reason.EVIDENCE_INVALID)

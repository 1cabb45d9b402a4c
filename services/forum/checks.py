"""Every signature that the forum relies on, verified in one place: claims go in, `Verified…` types come out.

Nobody else makes those types, so whatever reaches a decider has passed here. Not checked here: that a nonce is fresh
(`api/nonces`), that a label is open (`domain/label`), that an alias exists (`domain/alias`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.verified import (
    AliasClaim,
    AuthorProof,
    Credential,
    IssuerKey,
    SignedComment,
    SignedPost,
    VerifiedAlias,
    VerifiedComment,
    VerifiedCredential,
    VerifiedIssuerKey,
    VerifiedPost,
)
from services.seal import blind_rsa, ed25519
from services.seal.errors import SealError
from services.seal.statements import (
    AliasProof,
    CommentStatement,
    Context,
    CredentialMessage,
    NoticesRequest,
    PostStatement,
    Receipt,
    ThreadCertificate,
)

_CERTIFICATES: Final = 8192
"""Certificates that are remembered as verified, about 4 MiB of them: one for each author of each lively thread."""


def verified_issuer_key(claim: IssuerKey) -> VerifiedIssuerKey:
    """The key, if it is of the one size, exponent and encoding; otherwise ISSUER_KEY_MALFORMED."""
    with _refusing(Reason.ISSUER_KEY_MALFORMED):
        blind_rsa.PublicKey.from_spki(claim.public_key)
    return VerifiedIssuerKey(claim)


def verified_credential(claim: Credential, issuer_key: bytes) -> VerifiedCredential:
    """The credential, if `issuer_key` (DER SubjectPublicKeyInfo) signed it; otherwise CREDENTIAL_INVALID."""
    with _refusing(Reason.CREDENTIAL_INVALID):
        context = Context(claim.label, claim.epoch)
        message = CredentialMessage(claim.prefix, context, claim.alias_key, claim.envelope_hash)
        key = blind_rsa.PublicKey.from_spki(issuer_key)
        blind_rsa.verify(key, message.signed_bytes(), claim.signature, blind_rsa.PSS_RANDOMIZED)
        ed25519.check_public_key(claim.alias_key)
    return VerifiedCredential(claim)


def verified_alias(
    claim: AliasClaim, *, issuer_key: bytes, receipt_key: bytes, nonce: bytes, possession: bytes
) -> VerifiedAlias:
    """The alias, if everything that it stands on is true.

    `receipt_key` is disclosure's Ed25519 key, `possession` the alias key's signature over the nonce and the handle.
    Raises CREDENTIAL_INVALID, RECEIPT_INVALID (also a receipt for another alias) or ALIAS_PROOF_INVALID, in that order.
    """
    credential = verified_credential(claim.credential, issuer_key)
    with _refusing(Reason.RECEIPT_INVALID):
        receipt = Receipt(credential.alias_key, credential.envelope_hash)
        ed25519.verify(receipt_key, receipt.signed_bytes(), claim.receipt_signature)
    with _refusing(Reason.ALIAS_PROOF_INVALID):
        proof = AliasProof(nonce, credential.alias_key, claim.handle)
        ed25519.verify(credential.alias_key, proof.signed_bytes(), possession)
    return VerifiedAlias(claim)


def verify_owner(alias_key: bytes, *, nonce: bytes, signature: bytes) -> None:
    """Return when the alias key has signed that it wants to see what is announced about it; ALIAS_PROOF_INVALID."""
    with _refusing(Reason.ALIAS_PROOF_INVALID):
        ed25519.verify(alias_key, NoticesRequest(nonce, alias_key).signed_bytes(), signature)


def verified_post(claim: SignedPost) -> VerifiedPost:
    """The post, if its thread key is the alias's and signed it; otherwise CERTIFICATE_INVALID or SIGNATURE_INVALID."""
    statement = PostStatement(claim.thread_id, claim.post_id, claim.title, claim.body)
    _verify_author(claim.proof, claim.thread_id, statement.signed_bytes())
    return VerifiedPost(claim)


def verified_comment(claim: SignedComment) -> VerifiedComment:
    """The comment, under the same conditions as a post."""
    statement = CommentStatement(claim.thread_id, claim.post_id, claim.comment_id, claim.body)
    _verify_author(claim.proof, claim.thread_id, statement.signed_bytes())
    return VerifiedComment(claim)


def _verify_author(proof: AuthorProof, thread_id: str, text: bytes) -> None:
    with _refusing(Reason.CERTIFICATE_INVALID):
        _verify_certificate(proof.alias_key, proof.thread_key, thread_id, proof.certificate)
    with _refusing(Reason.SIGNATURE_INVALID):
        ed25519.verify(proof.thread_key, text, proof.signature)


@lru_cache(maxsize=_CERTIFICATES)
def _verify_certificate(alias_key: bytes, thread_key: bytes, thread_id: str, certificate: bytes) -> None:
    """Verify these very bytes, once: a signature that verified goes on to. A refusal is not remembered."""
    statement = ThreadCertificate(alias_key, thread_key, thread_id)
    ed25519.verify(alias_key, statement.signed_bytes(), certificate)


@contextmanager
def _refusing(reason: Reason) -> Iterator[None]:
    """Turn whatever the seal package refuses inside the block into one reason."""
    try:
        yield
    except SealError as error:
        raise DomainError(reason) from error

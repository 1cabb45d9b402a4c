"""What a trustee is told, as the values that seal works on. Checks shapes only, never truth: `decision` does."""

from services.seal.authorization import Authorization, Demand, Scope, SignedCredential
from services.seal.authorship import SignedPost
from services.seal.leaves import case_reference
from services.seal.statements import CaseStatement, Context, CredentialMessage
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2, post_evidence_pb2


def authorization_of(told: authorization_pb2.Authorization) -> Authorization:
    """The unverified authorization; SealError when it is malformed."""
    statement = CaseStatement(
        case_id=told.case_id,
        case=case_reference(told.case_salt, told.case_id),
        bundle_hash=told.bundle_hash,
        ground=told.ground,
        policy_hash=told.policy_hash,
        opened_unix=told.opened_at,
        expires_unix=told.expires_at,
        delay_seconds=told.delay_seconds,
        gag_until_unix=told.gag_until,
        waiver_hash=told.waiver_hash,
    )
    return Authorization(
        statement=statement,
        demand=Demand(told.requester, told.basis, told.organisation, told.instrument, told.document_hash),
        scope=Scope(told.post_id, tuple(told.fields)),
        recipient_key=told.recipient_key,
        approvals=tuple(told.approvals),
        case_salt=told.case_salt,
        intent_salt=told.intent_salt,
        subject=told.subject,
        intent_proof=told.intent_proof,
    )


def credential_of(told: credential_pb2.Credential) -> SignedCredential:
    """The unverified credential; SealError when it is malformed."""
    context = Context(told.label, told.epoch)
    message = CredentialMessage(told.prefix, context, told.alias_key, told.envelope_hash)
    return SignedCredential(message, told.signature)


def post_of(told: post_evidence_pb2.PostEvidence, post_id: str) -> SignedPost:
    """The unverified post of that identifier, which stands in the authorization."""
    return SignedPost(told.thread_id, post_id, told.title, told.body, told.thread_key, told.certificate, told.signature)

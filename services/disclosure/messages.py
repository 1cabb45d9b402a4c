"""What carries a case to officers, trustees and identity, from what this service has stored."""

from services.disclosure.domain.case import Witnessed
from services.disclosure.domain.case_events import CaseOpened
from services.disclosure.domain.deposit import EnvelopeDeposited
from services.seal.statements import CaseStatement
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2, post_evidence_pb2


def statement_of(facts: CaseOpened) -> CaseStatement:
    """What officers sign and the intent's leaf commits to."""
    return CaseStatement(
        case_id=facts.case_id,
        bundle_hash=facts.bundle_hash,
        ground=facts.ground,
        policy_hash=facts.policy_hash,
        opened_unix=facts.opened_at,
        expires_unix=facts.expires_at,
        delay_seconds=facts.delay_seconds,
        gag_until_unix=facts.gag_until,
        waiver_hash=facts.waiver_hash,
    )


def credential_message(held: EnvelopeDeposited) -> credential_pb2.Credential:
    """The credential of a deposit."""
    return credential_pb2.Credential(
        label=held.label,
        epoch=held.epoch,
        alias_key=held.alias_key,
        envelope_hash=held.envelope_hash,
        prefix=held.prefix,
        signature=held.credential_signature,
    )


def post_message(facts: CaseOpened) -> post_evidence_pb2.PostEvidence | None:
    """The post of a case, and what ties it to the alias key; None for a case about the alias itself."""
    if not facts.post_id:
        return None
    return post_evidence_pb2.PostEvidence(
        thread_id=facts.thread_id,
        title=facts.title,
        body=facts.body,
        thread_key=facts.thread_key,
        certificate=facts.thread_certificate,
        signature=facts.post_signature,
    )


def authorization_message(state: Witnessed) -> authorization_pb2.Authorization:
    """The evidence that a case may be opened, as it was when the intent was co-signed: the same at every attempt."""
    facts, opening = state.facts, state.opening
    return authorization_pb2.Authorization(
        case_id=facts.case_id,
        bundle_hash=facts.bundle_hash,
        ground=facts.ground,
        policy_hash=facts.policy_hash,
        opened_at=facts.opened_at,
        expires_at=facts.expires_at,
        requester=facts.requester,
        basis=facts.basis,
        organisation=facts.organisation,
        instrument=facts.instrument,
        document_hash=facts.document_hash,
        post_id=facts.post_id,
        fields=facts.fields,
        recipient_key=facts.recipient_key,
        delay_seconds=facts.delay_seconds,
        gag_until=facts.gag_until,
        waiver_hash=facts.waiver_hash,
        approvals=opening.approvals,
        case_salt=facts.case_salt,
        intent_salt=opening.intent_salt,
        subject=opening.subject,
        intent_proof=state.witnessed.intent_proof,
    )

"""The messages that carry a case to officers, trustees and identity, from what this service has stored."""

from services.disclosure.domain.case import CaseOpened, Intended, live_approvals
from services.disclosure.domain.deposit import EnvelopeDeposited
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2, post_evidence_pb2


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


def post_message(facts: CaseOpened) -> post_evidence_pb2.PostEvidence:
    """The post of a case, and what ties it to the alias key."""
    return post_evidence_pb2.PostEvidence(
        thread_id=facts.thread_id,
        title=facts.title,
        body=facts.body,
        thread_key=facts.thread_key,
        certificate=facts.thread_certificate,
        signature=facts.post_signature,
    )


def authorization_message(
    state: Intended, intent_proof: str, subject: bytes, now: int
) -> authorization_pb2.Authorization:
    """The evidence that a case may be opened, with the approvals in force at `now` (Unix seconds)."""
    facts = state.facts
    return authorization_pb2.Authorization(
        case_id=facts.case_id,
        bundle_hash=facts.bundle_hash,
        ground=facts.ground,
        policy_hash=facts.policy_hash,
        opened_at=facts.opened_at,
        expires_at=facts.expires_at,
        requester=facts.requester.removeprefix("REQUESTER_CLASS_").lower(),
        instrument=facts.instrument,
        document_hash=facts.document_hash,
        post_id=facts.post_id,
        recipient_key=facts.recipient_key,
        approvals=[approval.approval for approval in live_approvals(state, now)],
        intent_salt=state.salt,
        basis=facts.basis,
        organisation=facts.organisation,
        fields=facts.fields,
        delay_seconds=facts.delay_seconds,
        gag_until=facts.gag_until,
        waiver_hash=facts.waiver_hash,
        case_salt=facts.case_salt,
        subject=subject,
        intent_proof=intent_proof,
    )

"""What carries a case to officers, trustees and identity, from what this service has stored."""

from typing import Any

from google.protobuf.message import Message

from services.disclosure.domain.case import Unsealed, Witnessed
from services.disclosure.domain.case_events import CaseOpened
from services.disclosure.domain.deposit import EnvelopeDeposited
from services.disclosure.domain.errors import DomainError, Reason
from services.seal.authorization import Demand
from services.seal.leaves import case_reference
from services.seal.statements import CaseStatement
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.trustee.v1 import authorization_pb2, post_evidence_pb2


def shared(facts: object, message: type[Message]) -> dict[str, Any]:
    """What of the facts the message has a field of the same name for."""
    names = [field.name for field in message.DESCRIPTOR.fields]
    return {name: getattr(facts, name) for name in names if hasattr(facts, name)}


def statement_of(facts: CaseOpened) -> CaseStatement:
    """What officers sign and the intent's leaf commits to; DomainError CASE_OUTDATED when that knows no such case."""
    if not facts.case_salt:
        raise DomainError(Reason.CASE_OUTDATED)
    return CaseStatement(
        case_id=facts.case_id,
        case=case_reference(facts.case_salt, facts.case_id),
        bundle_hash=facts.bundle_hash,
        ground=facts.ground,
        policy_hash=facts.policy_hash,
        opened_unix=facts.opened_at,
        expires_unix=facts.expires_at,
        delay_seconds=facts.delay_seconds,
        gag_until_unix=facts.gag_until,
        waiver_hash=facts.waiver_hash,
    )


def demand_of(facts: CaseOpened) -> Demand:
    """Who asks, on what paper."""
    return Demand(facts.requester, facts.basis, facts.organisation, facts.instrument, facts.document_hash)


def credential_message(held: EnvelopeDeposited) -> credential_pb2.Credential:
    """The credential of a deposit."""
    return credential_pb2.Credential(**shared(held, credential_pb2.Credential), signature=held.credential_signature)


def post_message(facts: CaseOpened) -> post_evidence_pb2.PostEvidence | None:
    """The post of a case, and what ties it to the alias key; None for a case about the alias itself."""
    if not facts.post_id:
        return None
    return post_evidence_pb2.PostEvidence(
        **shared(facts, post_evidence_pb2.PostEvidence),
        certificate=facts.thread_certificate,
        signature=facts.post_signature,
    )


def authorization_message(state: Witnessed | Unsealed) -> authorization_pb2.Authorization:
    """The evidence that a case may be opened, as it was when the intent was co-signed: the same at every attempt."""
    opening = state.opening
    return authorization_pb2.Authorization(
        **shared(state.facts, authorization_pb2.Authorization),
        approvals=opening.approvals,
        intent_salt=opening.intent_salt,
        subject=opening.subject,
        intent_proof=state.witnessed.intent_proof,
    )

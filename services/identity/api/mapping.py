"""From RPC messages to the values that identity and seal work on, and back. Checks shapes only, never truth."""

from services.identity.domain.person import PersonRegistered
from services.seal.authorization import Authorization, Demand, Scope, SignedCredential
from services.seal.leaves import case_reference
from services.seal.statements import CaseStatement, Context, CredentialMessage
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.identity.v1 import person_service_pb2 as person_rpc
from vouchsafe.trustee.v1 import authorization_pb2


def to_register_response(registered: PersonRegistered) -> person_rpc.RegisterResponse:
    """What the person's device keeps, from the recorded event."""
    return person_rpc.RegisterResponse(
        person_id=registered.person_id,
        escrow_reference=registered.escrow_reference,
        commitment_salt=registered.commitment_salt,
    )


def to_authorization(message: authorization_pb2.Authorization) -> Authorization:
    """The unverified authorization; raises SealError when a field cannot be one."""
    statement = CaseStatement(
        case_id=message.case_id,
        case=case_reference(message.case_salt, message.case_id),
        bundle_hash=message.bundle_hash,
        ground=message.ground,
        policy_hash=message.policy_hash,
        opened_unix=message.opened_at,
        expires_unix=message.expires_at,
        delay_seconds=message.delay_seconds,
        gag_until_unix=message.gag_until,
        waiver_hash=message.waiver_hash,
    )
    told = (message.requester, message.basis, message.organisation, message.instrument, message.document_hash)
    return Authorization(
        statement=statement,
        demand=Demand(*told),
        scope=Scope(message.post_id, tuple(message.fields)),
        recipient_key=message.recipient_key,
        approvals=tuple(message.approvals),
        case_salt=message.case_salt,
        intent_salt=message.intent_salt,
        subject=message.subject,
        intent_proof=message.intent_proof,
    )


def to_credential(message: credential_pb2.Credential) -> SignedCredential:
    """The unverified credential; raises SealError when a field cannot be one."""
    context = Context(message.label, message.epoch)
    signed = CredentialMessage(message.prefix, context, message.alias_key, message.envelope_hash)
    return SignedCredential(signed, message.signature)

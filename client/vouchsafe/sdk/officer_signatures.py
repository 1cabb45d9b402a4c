"""What an officer signs, made on his own machine: approval, withdrawal, veto, lock-down, endorsement.

Each signature is over bytes that are computed here, from a case or a proposal that was checked here; none is over
bytes that somebody sends. The key is looked at first: it must be the officer's, as the log has him today. Sending is
`officer_side`'s and `governance_side`'s.
"""

from services.seal.authorization import approval_hash, check_independent, has_withdrawn, sign_approval
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.governance import Governance, Proposal, proposal_hash
from services.seal.leaves import ApprovalWithdrawnLeaf, EndorsementLeaf, LockDownLeaf, OpeningVetoedLeaf
from services.seal.statements import Endorsement, LockDown, Veto, Withdrawal
from services.seal.trust import Officer
from vouchsafe.sdk.case_review import ReviewedCase, check_approvable, demand_of, intent_of
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated


def listed(governance: Governance, name: str, key: SigningKey) -> Officer:
    """The officer of this name, whose key it is; PROOF_INVALID when there is none, or it is not."""
    with translated():
        officer = governance.officer(name)
        if officer.public != key.public_key:
            raise SealError("this key is not the officer's")
    return officer


def check_voice(reviewed: ReviewedCase, name: str, key: SigningKey) -> Officer:
    """The officer, when he may approve this case: his key, and not his organisation's own request. PROOF_INVALID.

    APPROVAL_WITHDRAWN when the log shows that he has taken back, for good, what he approved in it.
    """
    officer = listed(reviewed.governance, name, key)
    if has_withdrawn(reviewed.governance, reviewed.statement.case_id, name):
        raise VouchsafeError(Reason.APPROVAL_WITHDRAWN, "the officer's approval of this case was taken back, for good")
    with translated():
        check_independent(officer, demand_of(reviewed.case))
    return officer


def approval_of(reviewed: ReviewedCase, name: str, key: SigningKey, *, now: int) -> str:
    """The signed note that approves a case at `now` (Unix seconds), good for as long as the policy says.

    PROOF_INVALID for a case that may not be approved, and for an officer who may not approve it; APPROVAL_WITHDRAWN.
    """
    check_approvable(reviewed, now=now)
    check_voice(reviewed, name, key)
    expires = now + reviewed.governance.policy.approval_ttl_seconds
    return sign_approval(reviewed.statement, name, key, expires)


def withdrawable(reviewed: ReviewedCase, name: str, key: SigningKey) -> Withdrawal:
    """What takes back, for good and once signed, whatever an officer approved in this case. PROOF_INVALID.

    No approval has to be shown: one that was said not to have arrived may be kept, and used.
    """
    listed(reviewed.governance, name, key)
    approval = approval_hash(reviewed.statement.case_id, name)
    return Withdrawal(reviewed.governance.ceremony, approval, name)


def withdrawal_of(reviewed: ReviewedCase, name: str, key: SigningKey) -> ApprovalWithdrawnLeaf:
    """The leaf by which an officer takes his approvals of a case back; errors as of `withdrawable`."""
    statement = withdrawable(reviewed, name, key)
    return ApprovalWithdrawnLeaf(statement.approval, name, key.sign(statement.signed_bytes()))


def veto_of(reviewed: ReviewedCase, name: str, key: SigningKey) -> OpeningVetoedLeaf:
    """The leaf that stops an opening for good; NOTHING_INTENDED when there is none to stop."""
    listed(reviewed.governance, name, key)
    if not reviewed.case.HasField("intent"):
        raise VouchsafeError(Reason.NOTHING_INTENDED, "nothing is about to be opened in this case")
    intent = intent_of(reviewed.case, reviewed.statement).commitment
    return veto_of_intent(reviewed.governance.ceremony, intent, name, key)


def veto_of_intent(ceremony: bytes, intent: bytes, name: str, key: SigningKey) -> OpeningVetoedLeaf:
    """The leaf that stops the intent with this commitment (32 bytes), after the ceremony with this hash (`Trust.hash`).

    Whether the key is the officer's, and the intent logged, cannot be asked here: disclosure and the log may be away.
    """
    return OpeningVetoedLeaf(intent, name, key.sign(Veto(ceremony, intent, name).signed_bytes()))


def lock_down_of(ceremony: bytes, number: int, name: str, key: SigningKey) -> LockDownLeaf:
    """The leaf that stops everything after the ceremony with this hash (`Trust.hash`).

    Whether the key is the officer's cannot be asked here: the log may be away.
    """
    return LockDownLeaf(number, name, key.sign(LockDown(ceremony, number, name).signed_bytes()))


def endorsement_of(governance: Governance, proposal: Proposal, name: str, key: SigningKey) -> EndorsementLeaf:
    """The leaf by which an officer wants what is proposed; NOT_PENDING when it can no longer take effect."""
    listed(governance, name, key)
    hashed = proposal_hash(proposal)
    pending = governance.pending.get(hashed)
    if pending is None:
        raise VouchsafeError(Reason.NOT_PENDING, "the log shows no such proposal that could still take effect")
    return EndorsementLeaf(hashed, name, key.sign(Endorsement(governance.ceremony, hashed).signed_bytes()))

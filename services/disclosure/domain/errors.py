"""Why disclosure refuses: the stable reasons, and the one error that carries them.

The status code of each reason is `api.errors`'s to say. No error of this service carries a value of any kind.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Told to callers as they stand; the service's README explains each."""

    PERSON_TOKEN_REFUSED = "PERSON_TOKEN_REFUSED"  # noqa: S105  (a reason, not a token)
    UNKNOWN_KEY = "UNKNOWN_KEY"
    LABEL_NOT_ACTIVE = "LABEL_NOT_ACTIVE"
    LABEL_REVOKED = "LABEL_REVOKED"
    CREDENTIAL_INVALID = "CREDENTIAL_INVALID"
    ENVELOPE_MISMATCH = "ENVELOPE_MISMATCH"
    ENVELOPE_INVALID = "ENVELOPE_INVALID"
    ALIAS_KEY_USED = "ALIAS_KEY_USED"
    LEAF_UNKNOWN = "LEAF_UNKNOWN"
    REQUESTER_DECLINED = "REQUESTER_DECLINED"
    POST_UNKNOWN = "POST_UNKNOWN"
    EVIDENCE_INVALID = "EVIDENCE_INVALID"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    CASE_EXPIRED = "CASE_EXPIRED"
    CASE_NOT_PENDING = "CASE_NOT_PENDING"
    CASE_NOT_INTENDED = "CASE_NOT_INTENDED"
    CASE_INTENDED = "CASE_INTENDED"
    CASE_WITHDRAWN = "CASE_WITHDRAWN"
    SCOPE_INVALID = "SCOPE_INVALID"
    WAIVER_INVALID = "WAIVER_INVALID"
    GAG_INVALID = "GAG_INVALID"
    HOLD_MISSING = "HOLD_MISSING"
    HOLD_SPENT = "HOLD_SPENT"
    LOCKED_DOWN = "LOCKED_DOWN"
    GOVERNANCE_CHANGED = "GOVERNANCE_CHANGED"
    GOVERNANCE_REFUSED = "GOVERNANCE_REFUSED"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    OPENING_VETOED = "OPENING_VETOED"
    ANSWER_COLLECTED = "ANSWER_COLLECTED"
    APPROVAL_INVALID = "APPROVAL_INVALID"
    ALREADY_APPROVED = "ALREADY_APPROVED"
    QUORUM_MISSING = "QUORUM_MISSING"
    TRUSTEES_UNAVAILABLE = "TRUSTEES_UNAVAILABLE"
    OPENING_REFUSED = "OPENING_REFUSED"


class DomainError(Exception):
    """A command that the rules refuse; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

"""The one map from disclosure's reasons, and the log's, to status codes."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.disclosure.domain.errors import Reason
from services.tlog.errors import SizeUnknown, WitnessesUnavailable

ERRORS: Final = ErrorTable(
    reasons={
        Reason.PERSON_TOKEN_REFUSED: StatusCode.INVALID_ARGUMENT,
        Reason.UNKNOWN_KEY: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_NOT_ACTIVE: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_REVOKED: StatusCode.FAILED_PRECONDITION,
        Reason.CREDENTIAL_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.ENVELOPE_MISMATCH: StatusCode.INVALID_ARGUMENT,
        Reason.ENVELOPE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.ALIAS_KEY_USED: StatusCode.ALREADY_EXISTS,
        Reason.LEAF_UNKNOWN: StatusCode.NOT_FOUND,
        Reason.REQUESTER_DECLINED: StatusCode.PERMISSION_DENIED,
        Reason.POST_UNKNOWN: StatusCode.NOT_FOUND,
        Reason.EVIDENCE_INVALID: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_UNKNOWN: StatusCode.NOT_FOUND,
        Reason.CASE_EXPIRED: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_NOT_PENDING: StatusCode.FAILED_PRECONDITION,
        Reason.APPROVAL_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.SCOPE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.WAIVER_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.SIGNATURE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.CASE_NOT_INTENDED: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_INTENDED: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_WITHDRAWN: StatusCode.FAILED_PRECONDITION,
        Reason.GAG_INVALID: StatusCode.FAILED_PRECONDITION,
        Reason.HOLD_MISSING: StatusCode.FAILED_PRECONDITION,
        Reason.HOLD_SPENT: StatusCode.FAILED_PRECONDITION,
        Reason.LOCKED_DOWN: StatusCode.FAILED_PRECONDITION,
        Reason.GOVERNANCE_CHANGED: StatusCode.FAILED_PRECONDITION,
        Reason.GOVERNANCE_REFUSED: StatusCode.FAILED_PRECONDITION,
        Reason.CONFLICT_OF_INTEREST: StatusCode.FAILED_PRECONDITION,
        Reason.OPENING_VETOED: StatusCode.FAILED_PRECONDITION,
        Reason.ANSWER_COLLECTED: StatusCode.FAILED_PRECONDITION,
        Reason.ALREADY_APPROVED: StatusCode.ALREADY_EXISTS,
        Reason.QUORUM_MISSING: StatusCode.FAILED_PRECONDITION,
        Reason.TRUSTEES_UNAVAILABLE: StatusCode.UNAVAILABLE,
        Reason.OPENING_REFUSED: StatusCode.FAILED_PRECONDITION,
    },
    exceptions={
        SizeUnknown: (StatusCode.OUT_OF_RANGE, "SIZE_UNKNOWN"),
        WitnessesUnavailable: (StatusCode.UNAVAILABLE, "WITNESSES_UNAVAILABLE"),
    },
)

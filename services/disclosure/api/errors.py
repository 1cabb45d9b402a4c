"""The one map from disclosure's reasons to status codes."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.disclosure.domain.errors import Reason

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
        Reason.SIZE_UNKNOWN: StatusCode.OUT_OF_RANGE,
        Reason.WITNESSES_UNAVAILABLE: StatusCode.UNAVAILABLE,
        Reason.REQUESTER_DECLINED: StatusCode.PERMISSION_DENIED,
        Reason.POST_UNKNOWN: StatusCode.NOT_FOUND,
        Reason.EVIDENCE_INVALID: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_UNKNOWN: StatusCode.NOT_FOUND,
        Reason.CASE_EXPIRED: StatusCode.FAILED_PRECONDITION,
        Reason.CASE_NOT_PENDING: StatusCode.FAILED_PRECONDITION,
        Reason.APPROVAL_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.ALREADY_APPROVED: StatusCode.ALREADY_EXISTS,
        Reason.QUORUM_MISSING: StatusCode.FAILED_PRECONDITION,
        Reason.TRUSTEES_UNAVAILABLE: StatusCode.UNAVAILABLE,
        Reason.OPENING_REFUSED: StatusCode.FAILED_PRECONDITION,
    },
)

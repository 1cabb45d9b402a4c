"""The one map from disclosure's reasons, and the log's, to status codes."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.disclosure.domain.errors import Reason
from services.tlog.errors import SizeUnknown, WitnessesUnavailable

_OTHERS: Final = {
    Reason.PERSON_TOKEN_REFUSED: StatusCode.INVALID_ARGUMENT,
    Reason.CREDENTIAL_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.ENVELOPE_MISMATCH: StatusCode.INVALID_ARGUMENT,
    Reason.ENVELOPE_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.APPROVAL_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.SCOPE_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.WAIVER_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.SIGNATURE_INVALID: StatusCode.INVALID_ARGUMENT,
    Reason.LEAF_UNKNOWN: StatusCode.NOT_FOUND,
    Reason.POST_UNKNOWN: StatusCode.NOT_FOUND,
    Reason.CASE_UNKNOWN: StatusCode.NOT_FOUND,
    Reason.ALIAS_KEY_USED: StatusCode.ALREADY_EXISTS,
    Reason.ALREADY_APPROVED: StatusCode.ALREADY_EXISTS,
    Reason.REQUESTER_DECLINED: StatusCode.PERMISSION_DENIED,
    Reason.TRUSTEES_UNAVAILABLE: StatusCode.UNAVAILABLE,
}

# Most refusals say that what is asked for does not fit how things stand: asking again, unchanged, would not help.
ERRORS: Final = ErrorTable(
    reasons={reason: _OTHERS.get(reason, StatusCode.FAILED_PRECONDITION) for reason in Reason},
    exceptions={
        SizeUnknown: (StatusCode.OUT_OF_RANGE, "SIZE_UNKNOWN"),
        WitnessesUnavailable: (StatusCode.UNAVAILABLE, "WITNESSES_UNAVAILABLE"),
    },
)

"""The one map from verification's reasons to status codes."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.chassis.worker_processes import WorkersDied
from services.verification.adapters.key_custody import IssuerKeyUnavailable
from services.verification.domain.errors import Reason

ERRORS: Final = ErrorTable(
    reasons={
        Reason.ASSERTION_MISSING: StatusCode.UNAUTHENTICATED,
        Reason.ASSERTION_INVALID: StatusCode.UNAUTHENTICATED,
        Reason.ASSERTION_EXPIRED: StatusCode.UNAUTHENTICATED,
        Reason.UNKNOWN_MAIL_DOMAIN: StatusCode.FAILED_PRECONDITION,
        Reason.TOO_MANY_CODES: StatusCode.RESOURCE_EXHAUSTED,
        Reason.MAIL_NOT_SENT: StatusCode.UNAVAILABLE,
        Reason.UNKNOWN_CHALLENGE: StatusCode.NOT_FOUND,
        Reason.WRONG_CODE: StatusCode.INVALID_ARGUMENT,
        Reason.CODE_LOCKED: StatusCode.FAILED_PRECONDITION,
        Reason.CODE_USED: StatusCode.FAILED_PRECONDITION,
        Reason.CODE_EXPIRED: StatusCode.FAILED_PRECONDITION,
        Reason.MAILBOX_TAKEN: StatusCode.ALREADY_EXISTS,
        Reason.UNKNOWN_LABEL: StatusCode.NOT_FOUND,
        Reason.EPOCH_CLOSED: StatusCode.FAILED_PRECONDITION,
        Reason.NOT_EMPLOYED: StatusCode.PERMISSION_DENIED,
        Reason.OTHER_EMPLOYER: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_REVOKED: StatusCode.FAILED_PRECONDITION,
        Reason.EPOCH_UNKNOWN: StatusCode.INVALID_ARGUMENT,
        Reason.UNKNOWN_SLOT: StatusCode.INVALID_ARGUMENT,
        Reason.SLOT_USED: StatusCode.ALREADY_EXISTS,
        Reason.SLOT_CHALLENGED: StatusCode.FAILED_PRECONDITION,
        Reason.SLOT_LOST: StatusCode.FAILED_PRECONDITION,
        Reason.TOO_MANY_STRIKES: StatusCode.FAILED_PRECONDITION,
        Reason.CHALLENGES_OPEN: StatusCode.FAILED_PRECONDITION,
        Reason.CANDIDATES_DIFFER: StatusCode.FAILED_PRECONDITION,
        Reason.TERMS_DIFFER: StatusCode.FAILED_PRECONDITION,
        Reason.NO_CHALLENGE: StatusCode.FAILED_PRECONDITION,
        Reason.OPENINGS_MALFORMED: StatusCode.INVALID_ARGUMENT,
        Reason.CHEAT_CAUGHT: StatusCode.PERMISSION_DENIED,
        Reason.BLINDED_MESSAGE_INVALID: StatusCode.INVALID_ARGUMENT,
    },
    exceptions={
        IssuerKeyUnavailable: (StatusCode.UNAVAILABLE, "ISSUER_KEY_UNAVAILABLE"),
        WorkersDied: (StatusCode.UNAVAILABLE, "CHECKS_UNAVAILABLE"),
    },
)

"""Which gRPC status each of the forum's refusals becomes. What a reason means to callers is told in the README."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.forum.domain.errors import Reason

ERRORS: Final = ErrorTable(
    reasons={
        Reason.PERSON_TOKEN_REFUSED: StatusCode.INVALID_ARGUMENT,
        Reason.NONCE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.NONCE_EXPIRED: StatusCode.FAILED_PRECONDITION,
        Reason.UNKNOWN_KEY: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_NOT_ACTIVE: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_REVOKED: StatusCode.FAILED_PRECONDITION,
        Reason.LABEL_EXPIRED: StatusCode.FAILED_PRECONDITION,
        Reason.CREDENTIAL_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.RECEIPT_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.ALIAS_PROOF_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.ALIAS_EXISTS: StatusCode.ALREADY_EXISTS,
        Reason.ALIAS_UNKNOWN: StatusCode.FAILED_PRECONDITION,
        Reason.CERTIFICATE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.SIGNATURE_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.THREAD_EXISTS: StatusCode.ALREADY_EXISTS,
        Reason.THREAD_UNKNOWN: StatusCode.FAILED_PRECONDITION,
        Reason.THREAD_KEY_CHANGED: StatusCode.FAILED_PRECONDITION,
        Reason.THREAD_KEY_TAKEN: StatusCode.FAILED_PRECONDITION,
        Reason.THREAD_FULL: StatusCode.RESOURCE_EXHAUSTED,
        Reason.NAMES_TAKEN: StatusCode.ABORTED,
        Reason.POST_EXISTS: StatusCode.ALREADY_EXISTS,
        Reason.POST_UNKNOWN: StatusCode.FAILED_PRECONDITION,
        Reason.COMMENT_EXISTS: StatusCode.ALREADY_EXISTS,
        Reason.COMMENTS_FULL: StatusCode.RESOURCE_EXHAUSTED,
        Reason.ISSUER_KEY_CONFLICT: StatusCode.FAILED_PRECONDITION,
        Reason.ISSUER_KEY_MALFORMED: StatusCode.INVALID_ARGUMENT,
        Reason.NOTICE_MALFORMED: StatusCode.INVALID_ARGUMENT,
        Reason.OPENING_UNANNOUNCED: StatusCode.FAILED_PRECONDITION,
        Reason.THREAD_NOT_FOUND: StatusCode.NOT_FOUND,
        Reason.POST_NOT_FOUND: StatusCode.NOT_FOUND,
    },
)

"""The one map from identity's reasons to status codes."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.identity.adapters.passwords import PasswordsBusy
from services.identity.domain.errors import Reason
from services.tlog.errors import LogForked, LogUnavailable

ERRORS: Final = ErrorTable(
    reasons={
        Reason.LOGIN_TAKEN: StatusCode.ALREADY_EXISTS,
        Reason.OWNERSHIP_KEY_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.OWNERSHIP_PROOF_INVALID: StatusCode.INVALID_ARGUMENT,
        Reason.WRONG_CREDENTIALS: StatusCode.UNAUTHENTICATED,
        Reason.TOO_MANY_ATTEMPTS: StatusCode.RESOURCE_EXHAUSTED,
        Reason.SESSION_MISSING: StatusCode.UNAUTHENTICATED,
        Reason.SESSION_INVALID: StatusCode.UNAUTHENTICATED,
        Reason.SESSION_EXPIRED: StatusCode.UNAUTHENTICATED,
        Reason.RELEASE_REFUSED: StatusCode.PERMISSION_DENIED,
        Reason.REFUSED: StatusCode.PERMISSION_DENIED,
    },
    exceptions={
        PasswordsBusy: (StatusCode.RESOURCE_EXHAUSTED, "PASSWORDS_BUSY"),
        LogUnavailable: (StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE"),
        LogForked: (StatusCode.UNAVAILABLE, "LOG_FORKED"),
    },
)

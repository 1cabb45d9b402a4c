"""The one error of the client, and the reasons that it adds to those of the services.

Whatever goes wrong below, a refused call, a signature that does not verify, a wallet that does not open, reaches the
caller as `VouchsafeError`. Its message never holds a secret, a name or a value that was sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from services.chassis.configfile import ConfigError
from services.chassis.rpc_errors import RpcError
from services.seal.errors import SealError
from vouchsafe.sdk.explanations import EXPLANATIONS


class Reason(StrEnum):
    """Why the client itself refuses. Every other reason is a service's own, passed on as it came."""

    PROFILE_INVALID = "PROFILE_INVALID"
    WALLET_EXISTS = "WALLET_EXISTS"
    WALLET_MISSING = "WALLET_MISSING"
    WALLET_DAMAGED = "WALLET_DAMAGED"
    WRONG_PASSPHRASE = "WRONG_PASSPHRASE"  # noqa: S105  # a reason, not a secret
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    NOT_REGISTERED = "NOT_REGISTERED"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    NO_SUCH_ALIAS = "NO_SUCH_ALIAS"
    TOO_EARLY = "TOO_EARLY"
    NO_SLOT_LEFT = "NO_SLOT_LEFT"
    ALIAS_NOT_READY = "ALIAS_NOT_READY"
    ISSUING_ELSEWHERE = "ISSUING_ELSEWHERE"
    EPOCH_UNEXPECTED = "EPOCH_UNEXPECTED"
    LABEL_NOT_ACTIVE = "LABEL_NOT_ACTIVE"
    LABEL_MISNAMED = "LABEL_MISNAMED"
    PROOF_INVALID = "PROOF_INVALID"
    ANSWER_COLLECTED = "ANSWER_COLLECTED"
    CASE_NOT_OPENED = "CASE_NOT_OPENED"
    LOG_STALE = "LOG_STALE"
    LOG_FORKED = "LOG_FORKED"
    LOG_ROLLED_BACK = "LOG_ROLLED_BACK"
    LOG_UNSIGNED = "LOG_UNSIGNED"
    LOG_RULE_BROKEN = "LOG_RULE_BROKEN"
    LOG_ALARM = "LOG_ALARM"
    LOG_UNREACHABLE = "LOG_UNREACHABLE"
    NOTHING_INTENDED = "NOTHING_INTENDED"
    APPROVAL_WITHDRAWN = "APPROVAL_WITHDRAWN"
    NOT_PENDING = "NOT_PENDING"
    NOT_LOCKED = "NOT_LOCKED"
    NOT_VETOED = "NOT_VETOED"
    ENVELOPE_OPENED = "ENVELOPE_OPENED"
    REQUEST_ID_INVALID = "REQUEST_ID_INVALID"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    NO_TERMINAL = "NO_TERMINAL"
    FILE_EXISTS = "FILE_EXISTS"
    RECIPIENT_INVALID = "RECIPIENT_INVALID"
    RECOVERY_CODE_WRONG = "RECOVERY_CODE_WRONG"
    CODE_MALFORMED = "CODE_MALFORMED"
    TEXT_INVALID = "TEXT_INVALID"
    QUOTE_REFUTED = "QUOTE_REFUTED"
    QUOTE_UNKNOWN = "QUOTE_UNKNOWN"


class VouchsafeError(Exception):
    """What a caller of the SDK catches: a stable UPPER_SNAKE reason and a sentence for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = str(reason)
        self.message = message


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the layers below into `VouchsafeError`."""
    try:
        yield
    except RpcError as error:
        raise VouchsafeError(error.reason, _explained(error)) from error
    except SealError as error:
        raise VouchsafeError(Reason.PROOF_INVALID, str(error)) from error
    except ConfigError as error:
        raise VouchsafeError(Reason.PROFILE_INVALID, str(error)) from error


def _explained(error: RpcError) -> str:
    """What the reason means and, of an invalid request, the fields and their rules; of a fault, how to find it."""
    sentence = EXPLANATIONS.get(error.reason, error.message)
    details = [f"{violation.field}: {violation.message}" for violation in error.violations]
    if trace := error.metadata.get("trace_id"):
        details.append(f"trace {trace}")
    return f"{sentence} ({'; '.join(details)})" if details else sentence

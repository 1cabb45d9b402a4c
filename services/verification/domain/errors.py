"""Why verification refuses a command. `wiring` maps each reason to a gRPC status; the README explains them."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable names, part of the API."""

    ASSERTION_MISSING = "ASSERTION_MISSING"
    ASSERTION_INVALID = "ASSERTION_INVALID"
    ASSERTION_EXPIRED = "ASSERTION_EXPIRED"
    UNKNOWN_MAIL_DOMAIN = "UNKNOWN_MAIL_DOMAIN"
    TOO_MANY_CODES = "TOO_MANY_CODES"
    MAIL_NOT_SENT = "MAIL_NOT_SENT"
    UNKNOWN_CHALLENGE = "UNKNOWN_CHALLENGE"
    WRONG_CODE = "WRONG_CODE"
    CODE_LOCKED = "CODE_LOCKED"
    CODE_USED = "CODE_USED"
    CODE_EXPIRED = "CODE_EXPIRED"
    MAILBOX_TAKEN = "MAILBOX_TAKEN"
    UNKNOWN_LABEL = "UNKNOWN_LABEL"
    EPOCH_CLOSED = "EPOCH_CLOSED"
    NOT_EMPLOYED = "NOT_EMPLOYED"
    OTHER_EMPLOYER = "OTHER_EMPLOYER"
    LABEL_REVOKED = "LABEL_REVOKED"
    EPOCH_UNKNOWN = "EPOCH_UNKNOWN"
    UNKNOWN_SLOT = "UNKNOWN_SLOT"
    SLOT_USED = "SLOT_USED"
    BLINDED_MESSAGE_INVALID = "BLINDED_MESSAGE_INVALID"


class DomainError(Exception):
    """A refusal. It carries its reason and nothing about the person."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

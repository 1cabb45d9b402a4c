"""Why identity refuses a command. `wiring` maps each reason to a gRPC status; the README explains them."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable names, part of the API."""

    LOGIN_TAKEN = "LOGIN_TAKEN"
    OWNERSHIP_KEY_INVALID = "OWNERSHIP_KEY_INVALID"
    OWNERSHIP_PROOF_INVALID = "OWNERSHIP_PROOF_INVALID"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    SESSION_MISSING = "SESSION_MISSING"
    SESSION_INVALID = "SESSION_INVALID"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    RELEASE_REFUSED = "RELEASE_REFUSED"
    REFUSED = "REFUSED"


class DomainError(Exception):
    """A refusal. It carries its reason and nothing about the person."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

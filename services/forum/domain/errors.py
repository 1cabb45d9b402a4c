"""Why the forum refuses a command or a query: one stable reason each.

Which gRPC status a reason becomes is `api/errors.py`'s business; what each means to a caller is told in the README.
"""

from enum import StrEnum


class Reason(StrEnum):
    """The forum's reasons. A value is part of the API: it may be added, never renamed."""

    PERSON_TOKEN_REFUSED = "PERSON_TOKEN_REFUSED"  # noqa: S105  # a reason, not a secret

    NONCE_INVALID = "NONCE_INVALID"
    NONCE_EXPIRED = "NONCE_EXPIRED"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    LABEL_NOT_ACTIVE = "LABEL_NOT_ACTIVE"
    LABEL_REVOKED = "LABEL_REVOKED"
    LABEL_EXPIRED = "LABEL_EXPIRED"
    CREDENTIAL_INVALID = "CREDENTIAL_INVALID"
    RECEIPT_INVALID = "RECEIPT_INVALID"
    ALIAS_PROOF_INVALID = "ALIAS_PROOF_INVALID"
    ALIAS_EXISTS = "ALIAS_EXISTS"
    ALIAS_UNKNOWN = "ALIAS_UNKNOWN"

    CERTIFICATE_INVALID = "CERTIFICATE_INVALID"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    THREAD_EXISTS = "THREAD_EXISTS"
    THREAD_UNKNOWN = "THREAD_UNKNOWN"
    THREAD_KEY_CHANGED = "THREAD_KEY_CHANGED"
    THREAD_KEY_TAKEN = "THREAD_KEY_TAKEN"
    THREAD_FULL = "THREAD_FULL"
    NAMES_TAKEN = "NAMES_TAKEN"
    POST_EXISTS = "POST_EXISTS"
    POST_UNKNOWN = "POST_UNKNOWN"
    COMMENT_EXISTS = "COMMENT_EXISTS"
    COMMENTS_FULL = "COMMENTS_FULL"

    ISSUER_KEY_CONFLICT = "ISSUER_KEY_CONFLICT"
    ISSUER_KEY_MALFORMED = "ISSUER_KEY_MALFORMED"

    NOTICE_MALFORMED = "NOTICE_MALFORMED"
    OPENING_UNANNOUNCED = "OPENING_UNANNOUNCED"

    THREAD_NOT_FOUND = "THREAD_NOT_FOUND"
    POST_NOT_FOUND = "POST_NOT_FOUND"


class DomainError(Exception):
    """A refusal. It carries its reason and nothing of what was refused."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

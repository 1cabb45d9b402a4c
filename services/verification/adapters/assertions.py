"""Who is calling: identity's assertion, verified under the public key of the trust file."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.chassis.clock import Clock
from services.seal import ed25519
from services.seal.errors import SealError
from services.seal.statements import decode_assertion
from services.verification.domain.errors import DomainError, Reason

AUDIENCE = "verification"
_SCHEME = "bearer "


@dataclass(frozen=True)
class Person:
    """All that verification may know of a caller: the escrow reference and the ownership key. Verified."""

    escrow_reference: bytes
    ownership_key: bytes


class AssertionVerifier:
    """Reads `authorization: Bearer <assertion>`."""

    def __init__(self, assertion_public: bytes, clock: Clock) -> None:
        self._public = assertion_public
        self._clock = clock

    def person(self, metadata: Mapping[str, str]) -> Person:
        """The person of a call; ASSERTION_MISSING, ASSERTION_INVALID, ASSERTION_EXPIRED."""
        value = metadata.get("authorization", "")
        if not value.lower().startswith(_SCHEME):
            raise DomainError(Reason.ASSERTION_MISSING)
        try:
            assertion, signature = decode_assertion(value[len(_SCHEME) :].strip())
            ed25519.verify(self._public, assertion.signed_bytes(), signature)
        except SealError as e:
            raise DomainError(Reason.ASSERTION_INVALID) from e
        if assertion.audience != AUDIENCE:
            raise DomainError(Reason.ASSERTION_INVALID)
        if assertion.expires_unix <= self._clock.now().timestamp():
            raise DomainError(Reason.ASSERTION_EXPIRED)
        return Person(assertion.eref, assertion.ipk)

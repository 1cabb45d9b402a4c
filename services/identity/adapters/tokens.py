"""The two tokens that identity signs: sessions for itself, assertions for one other service.

Both are statements of `services.seal` under Ed25519 keys of their own. They cannot be revoked; they are short-lived.
"""

from dataclasses import dataclass

from services.chassis.clock import Clock
from services.identity.domain.errors import DomainError, Reason
from services.seal import ed25519
from services.seal.errors import SealError
from services.seal.statements import Assertion, Session, decode_session, encode_token


@dataclass(frozen=True)
class Token:
    """A signed token and when it ends, Unix seconds."""

    text: str
    expires_at: int


class Sessions:
    """Sessions of people who have shown their password."""

    def __init__(self, key: ed25519.SigningKey, clock: Clock, lifetime_seconds: int) -> None:
        self._key = key
        self._clock = clock
        self._lifetime = lifetime_seconds

    def open(self, person_id: str) -> Token:
        """A new session."""
        session = Session(person_id, _now(self._clock) + self._lifetime)
        return Token(encode_token(session, self._key.sign(session.signed_bytes())), session.expires_unix)

    def person_id(self, unverified_token: str) -> str:
        """Whose session it is; raises SESSION_INVALID, or SESSION_EXPIRED for one that was ours."""
        try:
            session, signature = decode_session(unverified_token)
            ed25519.verify(self._key.public_key, session.signed_bytes(), signature)
        except SealError as e:
            raise DomainError(Reason.SESSION_INVALID) from e
        if session.expires_unix <= _now(self._clock):
            raise DomainError(Reason.SESSION_EXPIRED)
        return session.person_id


class Assertions:
    """Identity's word to one audience: this escrow reference has this ownership key."""

    def __init__(self, key: ed25519.SigningKey, clock: Clock, lifetime_seconds: int) -> None:
        self._key = key
        self._clock = clock
        self._lifetime = lifetime_seconds

    def issue(self, escrow_reference: bytes, ownership_key: bytes, audience: str) -> Token:
        """A new assertion."""
        expires_at = _now(self._clock) + self._lifetime
        assertion = Assertion(escrow_reference, ownership_key, audience, expires_at)
        return Token(encode_token(assertion, self._key.sign(assertion.signed_bytes())), expires_at)


def _now(clock: Clock) -> int:
    return int(clock.now().timestamp())

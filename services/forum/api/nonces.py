"""Nonces for proofs of possession, without any memory of them.

A nonce is its own expiry (8 bytes, Unix seconds, big-endian), 16 random bytes and 16 bytes of HMAC-SHA256 over both:
any process with the key accepts what any other has issued. It can be used until it expires; that a proof over it serves
only once follows from what it proves, since an alias is created once.
"""

import hmac
import secrets
from typing import Final

from services.chassis.clock import Clock
from services.forum.domain.errors import DomainError, Reason
from services.seal.canonical import signed_bytes
from services.seal.secret import SecretBytes

NONCE_SIZE: Final = 40
_EXPIRY: Final = 8
_RANDOM: Final = 16
_TAG: Final = 16


class Nonces:
    """Issues and checks nonces under `key` (32 bytes)."""

    def __init__(self, *, key: SecretBytes, lifetime_seconds: int, clock: Clock) -> None:
        self._key = key
        self._lifetime = lifetime_seconds
        self._clock = clock

    def issue(self) -> bytes:
        """A fresh nonce."""
        body = (self._now() + self._lifetime).to_bytes(_EXPIRY, "big") + secrets.token_bytes(_RANDOM)
        return body + self._tag(body)

    def check(self, nonce: bytes) -> None:
        """Return when the nonce was issued under this key and has not expired; else NONCE_INVALID or NONCE_EXPIRED."""
        body, tag = nonce[:-_TAG], nonce[-_TAG:]
        if len(nonce) != NONCE_SIZE or not hmac.compare_digest(tag, self._tag(body)):
            raise DomainError(Reason.NONCE_INVALID)
        if int.from_bytes(body[:_EXPIRY], "big") <= self._now():
            raise DomainError(Reason.NONCE_EXPIRED)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key.reveal(), signed_bytes("forum-nonce", body), "sha256")[:_TAG]

"""A login as the rest of identity knows it: a keyed hash, from which nobody without the key can guess it back.

The hash names the person's stream, which makes "one login, one person" the event store's own rule.
"""

import hmac
import unicodedata
from hashlib import sha256

from services.seal.canonical import signed_bytes
from services.seal.secret import SecretBytes

_HEX_DIGITS = 32


class Logins:
    """Turns logins into person identifiers under a key that is kept outside the database."""

    def __init__(self, key: SecretBytes) -> None:
        if len(key) != 32:
            raise ValueError("login-mac.key must hold 32 bytes")
        self._key = key

    def person_id(self, login: str) -> str:
        """32 hex digits; the same however the login is capitalised or composed."""
        return self._mac(normal_login(login).encode("utf-8"))[:_HEX_DIGITS]

    def request_digest(self, *fields: bytes | str) -> str:
        """A digest of a request's personal fields that may be stored: hex, useless without the key."""
        return self._mac(signed_bytes("identity-request", *fields))

    def _mac(self, data: bytes) -> str:
        return hmac.new(self._key.reveal(), data, sha256).hexdigest()


def normal_login(login: str) -> str:
    """The one spelling that a login counts as: NFKC, case-folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold())

"""A work address as the rest of verification knows it: a keyed hash, and the domain that it ends with."""

import hmac
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from services.seal.canonical import signed_bytes
from services.seal.secret import SecretBytes

_HEX_DIGITS = 32


@dataclass(frozen=True)
class Mailbox:
    """`mac`: 32 hex digits that stand for the mailbox; `domain`: lower case."""

    mac: str
    domain: str


class Mailboxes:
    """Turns addresses into mailboxes under a key that is kept outside the database."""

    def __init__(self, key: SecretBytes) -> None:
        if len(key) != 32:
            raise ValueError("mail-mac.key must hold 32 bytes")
        self._key = key

    def of(self, address: str) -> Mailbox:
        """The mailbox of an address that has passed the request's rules; the same for every spelling of it."""
        local, _, domain = _normal(address).rpartition("@")
        # `a+one@x` and `a+two@x` are one mailbox: with a subaddress each, one person could pass for a crowd.
        mailbox = f"{local.partition('+')[0]}@{domain}"
        return Mailbox(self._mac(mailbox.encode("utf-8"))[:_HEX_DIGITS], domain)

    def request_digest(self, *fields: bytes | str) -> str:
        """A digest of a request's fields that may be stored: hex, useless without the key."""
        return self._mac(signed_bytes("verification-request", *fields))

    def _mac(self, data: bytes) -> str:
        return hmac.new(self._key.reveal(), data, sha256).hexdigest()


def _normal(address: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold())

"""The port between verification and whoever holds the private halves of its issuer keys.

Two implementations: `keystore_log` seals them in the log, `keystore_token` leaves them inside a PKCS#11 token. Which
key of a label and epoch counts is decided by the log alone (`issuer_keys`), not here.
"""

from dataclasses import dataclass
from typing import Protocol


class IssuerKeyUnavailable(Exception):
    """The holder of private keys does not answer, or no longer has this one. Nothing was signed; worth another try.

    The message is for the operator's log; callers are told the reason alone.
    """

    retry_seconds = 5.0


@dataclass(frozen=True)
class KeyPlace:
    """What a key is for: one label in one epoch."""

    label: str
    epoch: int


@dataclass(frozen=True)
class KeptKey:
    """What the log holds of a key: the public half, DER SubjectPublicKeyInfo, and the private one sealed, if at all."""

    public_key: bytes
    sealed: bytes = b""


class PrivateKey(Protocol):
    """One private key, to be used through its holder."""

    async def blind_sign(self, blinded_message: bytes) -> bytes:
        """The blind signature (RFC 9474 section 4.3), checked, the same for the same message.

        Raises SealError for a message out of the modulus' range, IssuerKeyUnavailable.
        """


class Custody(Protocol):
    """A holder of private keys."""

    async def make(self, place: KeyPlace) -> KeptKey:
        """A new key for this place, not yet anybody's: the log decides. IssuerKeyUnavailable."""

    async def open(self, place: KeyPlace, kept: KeptKey) -> PrivateKey:
        """The private key behind what the log holds. SealError when the two do not belong together."""

    async def destroy(self, place: KeyPlace, kept: KeptKey) -> None:
        """Destroy a key that `make` made and that the log did not take. IssuerKeyUnavailable."""

    async def close(self) -> None:
        """Wait for the work in progress."""

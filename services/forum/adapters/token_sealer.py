"""Seals consistency tokens: what they say of the forum's streams is for the forum's own processes."""

from services.seal import field_crypt
from services.seal.errors import SealError
from services.seal.kdf import derive
from services.seal.secret import SecretBytes


class TokenSealer:
    """A `consistency.Sealer` under a key derived from `secret` (32 bytes), the same in every replica."""

    def __init__(self, secret: SecretBytes) -> None:
        self._key = derive(secret, "forum-consistency-token")

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """See `Sealer.seal`."""
        return field_crypt.encrypt(self._key, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """See `Sealer.open`."""
        try:
            return field_crypt.decrypt(self._key, sealed, aad)
        except SealError as error:
            raise ValueError("not sealed here") from error

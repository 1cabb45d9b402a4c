"""Mail codes: six digits computed from a key and the challenge, so that none is ever stored."""

import hmac
from hashlib import sha256

from services.seal.canonical import signed_bytes
from services.seal.secret import SecretBytes

DIGITS = 6


class Codes:
    """Computes and compares codes."""

    def __init__(self, key: SecretBytes) -> None:
        if len(key) != 32:
            raise ValueError("code.key must hold 32 bytes")
        self._key = key

    def code(self, challenge_id: str, escrow_reference: bytes, mailbox_mac: str) -> str:
        """The code of one person's challenge for one mailbox; 256 bits reduced leave no bias to speak of."""
        bound = signed_bytes("mail-code", challenge_id, escrow_reference, mailbox_mac)
        digest = hmac.new(self._key.reveal(), bound, sha256).digest()
        return f"{int.from_bytes(digest, 'big') % 10**DIGITS:0{DIGITS}}"

    def matches(self, tried: str, challenge_id: str, escrow_reference: bytes, mailbox_mac: str) -> bool:
        """Whether `tried` is the code, in a time that does not depend on where it differs."""
        right = self.code(challenge_id, escrow_reference, mailbox_mac)
        return hmac.compare_digest(right.encode(), tried.encode())

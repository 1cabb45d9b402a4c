"""RSA blind signatures (RFC 9474), the signer's side: the raw private-key operation, guarded.

The signer sees nothing of what it signs, so *whether* to sign is decided before, by the caller, and the key must serve
no other purpose. This module guards the key itself: base blinding and gmpy2's constant-time exponentiation against
timing, and a check of the result against faults in the CRT computation (RFC 9474 section 7.1). A key inside a hardware
token signs elsewhere; its result passes the same check, `checked`.
"""

import secrets
from math import gcd

import gmpy2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
)

from services.seal.blind_rsa import EXPONENT, MODULUS_BITS, PublicKey
from services.seal.errors import SealError
from services.seal.secret import Hidden, SecretBytes


class BlindSigner(Hidden):
    """An issuer's private key for one (label, epoch)."""

    __slots__ = ("_key", "_numbers", "public_key")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self._numbers = key.private_numbers()
        public = self._numbers.public_numbers
        self.public_key = PublicKey(public.n, public.e)

    @classmethod
    def generate(cls, *, bits: int = MODULUS_BITS) -> "BlindSigner":
        """Return a new key. Takes about half a second at 3072 bits."""
        return cls(rsa.generate_private_key(EXPONENT, bits))

    @classmethod
    def from_pkcs8(cls, der: bytes, passphrase: SecretBytes, *, bits: int = MODULUS_BITS) -> "BlindSigner":
        """Load an encrypted PKCS #8 key (RFC 5958, DER); raise `SealError` when anything about it is wrong."""
        try:
            key = load_der_private_key(der, passphrase.reveal())
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SealError("not an issuer key, or a wrong passphrase") from error
        if (
            not isinstance(key, rsa.RSAPrivateKey)
            or key.key_size != bits
            or key.public_key().public_numbers().e != EXPONENT
        ):
            raise SealError(f"an issuer key is an RSA key of {bits} bits")
        return cls(key)

    def to_pkcs8(self, passphrase: SecretBytes) -> bytes:
        """Return the key as PKCS #8 (DER), encrypted under the passphrase, which must not be empty."""
        if not len(passphrase):
            raise SealError("an issuer key is stored under a passphrase")
        encryption = BestAvailableEncryption(passphrase.reveal())
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)

    def blind_sign(self, blinded_message: bytes) -> bytes:
        """Return the blind signature of a blinded message (RFC 9474 section 4.3), as long as the modulus."""
        key = self.public_key
        if not in_range(key, blinded_message):
            raise SealError("the blinded message is out of range")
        m = int.from_bytes(blinded_message, "big")
        # The base is blinded again, so that the timing of the exponentiation depends on nothing the client chose.
        r = _unit(key.n)
        blinded = m * int(gmpy2.powmod(r, key.e, key.n)) % key.n
        signature = self._private_power(blinded) * int(gmpy2.invert(r, key.n)) % key.n
        return checked(key, blinded_message, signature.to_bytes(key.size, "big"))

    def _private_power(self, base: int) -> int:
        """RSASP1 with the Chinese remainder theorem (RFC 8017 section 5.2.1)."""
        numbers = self._numbers
        s1 = int(gmpy2.powmod_sec(base % numbers.p, numbers.dmp1, numbers.p))
        s2 = int(gmpy2.powmod_sec(base % numbers.q, numbers.dmq1, numbers.q))
        return s2 + numbers.q * ((s1 - s2) * numbers.iqmp % numbers.p)


def in_range(key: PublicKey, blinded_message: bytes) -> bool:
    """Whether the blinded message is as long as the modulus, and a number between 0 and it."""
    return len(blinded_message) == key.size and 0 < int.from_bytes(blinded_message, "big") < key.n


def checked(key: PublicKey, blinded_message: bytes, signature: bytes) -> bytes:
    """Return the blind signature if s^e = m; raise `SealError` otherwise, and let nothing else of it out.

    A fault in one half of a CRT computation gives away a factor of the modulus (Boneh, DeMillo and Lipton, 1997).
    """
    s = int.from_bytes(signature, "big")
    sound = len(signature) == key.size and s < key.n
    if not sound or int(gmpy2.powmod(s, key.e, key.n)) != int.from_bytes(blinded_message, "big"):
        raise SealError("the private-key operation failed its check")
    return signature


def _unit(n: int) -> int:
    while True:
        r = secrets.randbelow(n)
        if gcd(r, n) == 1:
            return r

"""RSA blind signatures (RFC 9474), the sides of the client and of everybody who verifies.

All four variants over SHA-384. The signer's side, which holds the private key, is `blind_rsa_signer`. A finished
signature is an ordinary RSASSA-PSS signature (RFC 8017 section 8.1) over `prepare`'s output, so any stock library
verifies it. Which key counts for which context, and that there is exactly one, is for the caller to know.
"""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property

import gmpy2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from services.seal.errors import SealError
from services.seal.secret import SecretBytes

MODULUS_BITS = 3072
EXPONENT = 65537
_HASH_SIZE = 48


@dataclass(frozen=True)
class Variant:
    """One of RFC 9474 section 5's variants: the bytes of PSS salt and of random message prefix."""

    name: str
    salt_size: int
    prefix_size: int


PSS_RANDOMIZED = Variant("RSABSSA-SHA384-PSS-Randomized", salt_size=48, prefix_size=32)
PSSZERO_RANDOMIZED = Variant("RSABSSA-SHA384-PSSZERO-Randomized", salt_size=0, prefix_size=32)
PSS_DETERMINISTIC = Variant("RSABSSA-SHA384-PSS-Deterministic", salt_size=48, prefix_size=0)
PSSZERO_DETERMINISTIC = Variant("RSABSSA-SHA384-PSSZERO-Deterministic", salt_size=0, prefix_size=0)


@dataclass(frozen=True)
class PublicKey:
    """An issuer's RSA public key. Make one with `from_spki`, which demands the size and the exponent."""

    n: int
    e: int

    @classmethod
    def from_spki(cls, der: bytes, *, bits: int = MODULUS_BITS) -> "PublicKey":
        """Parse a DER SubjectPublicKeyInfo (RFC 5280) of an `rsaEncryption` key.

        Raises `SealError` unless the modulus has exactly `bits` bits, the exponent is 65537 and the encoding is the
        canonical one: a second encoding or an odd exponent would let an issuer mark a person by the key it shows.
        """
        try:
            key = load_der_public_key(der)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SealError("not a DER public key") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise SealError("not an RSA public key")
        numbers = key.public_numbers()
        if key.key_size != bits or numbers.e != EXPONENT or numbers.n % 2 == 0:
            raise SealError(f"an issuer key has a modulus of {bits} bits and the exponent 65537")
        public = cls(numbers.n, numbers.e)
        if public.to_spki() != der:
            raise SealError("the public key is not encoded canonically")
        return public

    def to_spki(self) -> bytes:
        """Return the DER SubjectPublicKeyInfo."""
        return self._stock.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def size(self) -> int:
        """Bytes of the modulus, of a blinded message and of a signature."""
        return (self.n.bit_length() + 7) // 8

    @cached_property
    def _stock(self) -> rsa.RSAPublicKey:
        try:
            return rsa.RSAPublicNumbers(self.e, self.n).public_key()
        except ValueError as error:
            raise SealError("not an RSA public key") from error


@dataclass(frozen=True)
class Blinding:
    """The client's secret between `blind` and `finalize`, and the bytes that it sends to the signer."""

    blinded_message: bytes
    inverse: SecretBytes


def prepare(message: bytes, variant: Variant, *, prefix: bytes | None = None) -> bytes:
    """Return RFC 9474's ``input_msg``: the random prefix, if the variant has one, then the message (section 4.1)."""
    if prefix is None:
        prefix = secrets.token_bytes(variant.prefix_size)
    if len(prefix) != variant.prefix_size:
        raise SealError(f"{variant.name} has a prefix of {variant.prefix_size} bytes")
    return prefix + message


def blind(
    key: PublicKey,
    input_message: bytes,
    variant: Variant,
    *,
    salt: bytes | None = None,
    factor: SecretBytes | None = None,
) -> Blinding:
    """Blind a prepared message (section 4.2).

    `salt` (PSS) and `factor` (the blinding factor r, big-endian, see `blinding_factor`) are random unless given. Both
    must be used for one message only.
    """
    if salt is None:
        salt = secrets.token_bytes(variant.salt_size)
    if factor is None:
        factor = blinding_factor(key, SecretBytes.random(key.size + 16))
    blinded = blinded_message(key, input_message, variant, salt=salt, factor=factor)
    inverse = int(gmpy2.invert(int.from_bytes(factor.reveal(), "big"), key.n))
    return Blinding(blinded, SecretBytes(inverse.to_bytes(key.size, "big")))


def blinded_message(
    key: PublicKey, input_message: bytes, variant: Variant, *, salt: bytes, factor: SecretBytes
) -> bytes:
    """What `blind` sends for this salt and factor: for whoever was told both, and checks that nothing else was sent."""
    if len(salt) != variant.salt_size:
        raise SealError(f"{variant.name} has a salt of {variant.salt_size} bytes")
    n = gmpy2.mpz(key.n)
    encoded = gmpy2.mpz(int.from_bytes(_emsa_pss_encode(input_message, salt, n.bit_length() - 1), "big"))
    if gmpy2.gcd(encoded, n) != 1:
        raise SealError("the encoded message is not coprime to the modulus")
    r = gmpy2.mpz(int.from_bytes(factor.reveal(), "big"))
    if not 0 < r < n or gmpy2.gcd(r, n) != 1:
        raise SealError("the blinding factor is out of range")
    return int(encoded * gmpy2.powmod(r, key.e, n) % n).to_bytes(key.size, "big")


def blinding_factor(key: PublicKey, uniform: SecretBytes) -> SecretBytes:
    """Reduce uniform bytes, at least 16 more than the modulus has, to a blinding factor; the bias is below 2^-128."""
    if len(uniform) < key.size + 16:
        raise SealError("a blinding factor takes 16 bytes more than the modulus has")
    return SecretBytes((int.from_bytes(uniform.reveal(), "big") % key.n).to_bytes(key.size, "big"))


def finalize(
    key: PublicKey, input_message: bytes, blind_signature: bytes, inverse: SecretBytes, variant: Variant
) -> bytes:
    """Unblind the signer's answer and return the signature, verified (section 4.4)."""
    if len(blind_signature) != key.size or len(inverse) != key.size:
        raise SealError("a blind signature has as many bytes as the modulus")
    z = int.from_bytes(blind_signature, "big")
    if z >= key.n:
        raise SealError("the blind signature is out of range")
    signature = z * int.from_bytes(inverse.reveal(), "big") % key.n
    encoded = signature.to_bytes(key.size, "big")
    verify(key, input_message, encoded, variant)
    return encoded


def verify(key: PublicKey, input_message: bytes, signature: bytes, variant: Variant) -> None:
    """Return when the signature is the key's over the prepared message; raise `SealError` otherwise (section 4.5)."""
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), variant.salt_size)
    try:
        key._stock.verify(signature, input_message, pss, hashes.SHA384())
    except (InvalidSignature, ValueError) as error:
        raise SealError("the RSA-PSS signature does not verify") from error


def _emsa_pss_encode(message: bytes, salt: bytes, em_bits: int) -> bytes:
    """EMSA-PSS-ENCODE of RFC 8017 section 9.1.1 with SHA-384 and MGF1-SHA-384."""
    em_size = (em_bits + 7) // 8
    if em_size < _HASH_SIZE + len(salt) + 2:
        raise SealError("the modulus is too short for this encoding")
    hashed = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    data = bytes(em_size - len(salt) - _HASH_SIZE - 2) + b"\x01" + salt
    mask = _mgf1(hashed, len(data))
    masked = bytearray((int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(data), "big"))
    masked[0] &= 0xFF >> (8 * em_size - em_bits)
    return bytes(masked) + hashed + b"\xbc"


def _mgf1(seed: bytes, size: int) -> bytes:
    """Return RFC 8017 appendix B.2.1's mask over SHA-384."""
    blocks = (hashlib.sha384(seed + counter.to_bytes(4, "big")).digest() for counter in range(-(-size // _HASH_SIZE)))
    return b"".join(blocks)[:size]

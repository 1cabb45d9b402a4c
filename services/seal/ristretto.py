"""The ristretto255 group (RFC 9496) over libsodium: scalars and points as their 32-byte encodings.

Every function refuses a scalar that is not canonical or is zero, a point that is not canonical, and the identity, on
the way in and on the way out: no construction in this package has a use for them, and each is a classic way to cheat.
Secret scalars travel as `SecretBytes` in the modules above; here they are plain bytes within one expression.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce

import pysodium

from services.seal.errors import SealError

SIZE = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes(SIZE)

_UNIFORM_SIZE = 64
_SHA512_BLOCK = 128


def random_scalar() -> bytes:
    """Return a uniform scalar in 1..ORDER-1."""
    return bytes(pysodium.crypto_core_ristretto255_scalar_random())


def scalar(value: int) -> bytes:
    """Return a *public* integer, such as a trustee's index, as a scalar."""
    return check_scalar((value % ORDER).to_bytes(SIZE, "little"))


def check_scalar(encoded: bytes) -> bytes:
    """Return the scalar when it is canonical and not zero."""
    if len(encoded) != SIZE or not 0 < int.from_bytes(encoded, "little") < ORDER:
        raise SealError("not a ristretto255 scalar in 1..ORDER-1")
    return encoded


def check_point(encoded: bytes) -> bytes:
    """Return the point when it is a canonical encoding and not the identity."""
    if len(encoded) != SIZE or not pysodium.crypto_core_ristretto255_is_valid_point(encoded):
        raise SealError("not a ristretto255 point")
    if encoded == IDENTITY:
        raise SealError("the ristretto255 identity is refused")
    return encoded


def scalar_add(x: bytes, y: bytes) -> bytes:
    """Return x + y, which must not be zero."""
    return check_scalar(bytes(pysodium.crypto_core_ristretto255_scalar_add(check_scalar(x), check_scalar(y))))


def scalar_sub(x: bytes, y: bytes) -> bytes:
    """Return x - y, which must not be zero."""
    return check_scalar(bytes(pysodium.crypto_core_ristretto255_scalar_sub(check_scalar(x), check_scalar(y))))


def scalar_mul(x: bytes, y: bytes) -> bytes:
    """Return x * y."""
    return bytes(pysodium.crypto_core_ristretto255_scalar_mul(check_scalar(x), check_scalar(y)))


def scalar_invert(x: bytes) -> bytes:
    """Return 1 / x."""
    return bytes(pysodium.crypto_core_ristretto255_scalar_invert(check_scalar(x)))


def scalar_from_uniform(uniform: bytes) -> bytes:
    """Reduce 64 uniform bytes (little-endian) to a scalar."""
    if len(uniform) != _UNIFORM_SIZE:
        raise SealError("a scalar is reduced from 64 bytes")
    return check_scalar(bytes(pysodium.crypto_core_ristretto255_scalar_reduce(uniform)))


def base_mult(x: bytes) -> bytes:
    """Return x times the generator."""
    return bytes(pysodium.crypto_scalarmult_ristretto255_base(check_scalar(x)))


def mult(x: bytes, point: bytes) -> bytes:
    """Return x times the point."""
    return bytes(pysodium.crypto_scalarmult_ristretto255(check_scalar(x), check_point(point)))


def add(p: bytes, q: bytes) -> bytes:
    """Return p + q, which must not be the identity."""
    return check_point(bytes(pysodium.crypto_core_ristretto255_add(check_point(p), check_point(q))))


def total(points: Sequence[bytes]) -> bytes:
    """Return the sum of one or more points."""
    return reduce(add, points)


def point_from_uniform(uniform: bytes) -> bytes:
    """Map 64 uniform bytes to a point (RFC 9496 section 4.3.4)."""
    if len(uniform) != _UNIFORM_SIZE:
        raise SealError("a point is mapped from 64 bytes")
    return check_point(bytes(pysodium.crypto_core_ristretto255_from_hash(uniform)))


def hash_to_scalar(message: bytes, dst: bytes) -> bytes:
    """Return RFC 9497's HashToScalar for ristretto255-SHA512, under the whole domain separation tag `dst`."""
    return scalar_from_uniform(_expand_message(message, dst))


def hash_to_point(message: bytes, dst: bytes) -> bytes:
    """Return RFC 9497's HashToGroup for ristretto255-SHA512, under the whole domain separation tag `dst`."""
    return point_from_uniform(_expand_message(message, dst))


def _expand_message(message: bytes, dst: bytes) -> bytes:
    """expand_message_xmd with SHA-512 for 64 bytes of output, which is one block (RFC 9380 section 5.3.1)."""
    if not 0 < len(dst) <= 255:
        raise SealError("a domain separation tag has 1 to 255 bytes")
    tag = dst + bytes([len(dst)])
    first = hashlib.sha512(bytes(_SHA512_BLOCK) + message + _UNIFORM_SIZE.to_bytes(2, "big") + b"\x00" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()

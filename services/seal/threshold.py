"""Sharing of a ristretto255 key: Shamir (1979) with Feldman's commitments (1987), as in RFC 9591 appendix C.

A dealer splits x into n shares of which any k open and k-1 say nothing. The commitments let each trustee check its
share and let everyone compute each trustee's public key. The dealer knows x: run the ceremony offline and destroy the
machine's memory. What the shares are used for is `envelope`'s.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.seal import ristretto
from services.seal.errors import SealError
from services.seal.secret import SecretBytes

MAX_SHARES = 255
SHARE_SIZE = 2 + ristretto.SIZE


@dataclass(frozen=True)
class Share:
    """One trustee's share: its index, 1 to 255, and its secret scalar."""

    index: int
    value: SecretBytes

    def __post_init__(self) -> None:
        if not 1 <= self.index <= MAX_SHARES:
            raise SealError("a share's index is 1 to 255")
        ristretto.check_scalar(self.value.reveal())

    @property
    def public_key(self) -> bytes:
        """The trustee's public key Y_i."""
        return ristretto.base_mult(self.value.reveal())

    def encode(self) -> SecretBytes:
        """Return 34 bytes: the index, big-endian in 2, and the scalar."""
        return SecretBytes(self.index.to_bytes(2, "big") + self.value.reveal())

    @classmethod
    def decode(cls, encoded: SecretBytes) -> "Share":
        """Parse what `encode` returns."""
        if len(encoded) != SHARE_SIZE:
            raise SealError("a share has 34 bytes")
        data = encoded.reveal()
        return cls(int.from_bytes(data[:2], "big"), SecretBytes(data[2:]))


@dataclass(frozen=True)
class Dealing:
    """What a ceremony makes. All but `shares` is public; each share goes to its trustee alone."""

    threshold: int
    commitments: tuple[bytes, ...]
    shares: tuple[Share, ...]
    public_key: bytes
    share_public_keys: tuple[bytes, ...]
    """Y_1 to Y_n, in the order of the indices."""


def generate_secret() -> SecretBytes:
    """Return a new opening key x."""
    return SecretBytes(ristretto.random_scalar())


def deal(secret: SecretBytes, k: int, n: int, *, coefficients: Sequence[SecretBytes] | None = None) -> Dealing:
    """Split the secret so that any k of n shares open. The k-1 other coefficients are random unless given."""
    if not 1 <= k <= n <= MAX_SHARES:
        raise SealError("a threshold is 1 <= k <= n <= 255")
    if coefficients is None:
        coefficients = [generate_secret() for _ in range(k - 1)]
    if len(coefficients) != k - 1:
        raise SealError("a polynomial for k shares has k-1 random coefficients")
    polynomial = [secret.reveal(), *(coefficient.reveal() for coefficient in coefficients)]
    shares = tuple(Share(index, _evaluate(polynomial, index)) for index in range(1, n + 1))
    commitments = tuple(ristretto.base_mult(coefficient) for coefficient in polynomial)
    return Dealing(k, commitments, shares, commitments[0], tuple(share.public_key for share in shares))


def share_public_key(commitments: Sequence[bytes], index: int) -> bytes:
    """Return Y_i, computed from the commitments alone."""
    if not commitments or not 1 <= index <= MAX_SHARES:
        raise SealError("a share's public key needs the commitments and an index of 1 to 255")
    at = ristretto.scalar(index)
    total = ristretto.check_point(commitments[-1])
    for commitment in reversed(commitments[:-1]):
        total = ristretto.add(ristretto.mult(at, total), commitment)
    return total


def check_share(share: Share, commitments: Sequence[bytes]) -> None:
    """Return when the share is on the committed polynomial; raise `SealError` otherwise. Each trustee must call it."""
    if share.public_key != share_public_key(commitments, share.index):
        raise SealError("the share does not fit the dealer's commitments")


def lagrange(indices: Iterable[int], index: int) -> bytes:
    """Return the factor of one share when the shares of these indices are interpolated at zero."""
    chosen = list(indices)
    if len(set(chosen)) != len(chosen) or index not in chosen or not all(1 <= i <= MAX_SHARES for i in chosen):
        raise SealError("interpolation takes distinct indices of 1 to 255")
    numerator, denominator = 1, 1
    for other in chosen:
        if other != index:
            numerator = numerator * other % ristretto.ORDER
            denominator = denominator * (other - index) % ristretto.ORDER
    return ristretto.scalar(numerator * pow(denominator, -1, ristretto.ORDER))


def combine_points(points: Mapping[int, bytes]) -> bytes:
    """Return x*C from the points x_i*C by index, without ever assembling x. It takes at least k points to be right."""
    if not points:
        raise SealError("interpolation takes at least one point")
    return ristretto.total([ristretto.mult(lagrange(points, index), point) for index, point in points.items()])


def _evaluate(polynomial: Sequence[bytes], index: int) -> SecretBytes:
    """Horner's rule in the scalar field, by libsodium's arithmetic and not by Python's integers."""
    at = ristretto.scalar(index)
    total = polynomial[-1]
    for coefficient in reversed(polynomial[:-1]):
        total = ristretto.scalar_add(ristretto.scalar_mul(total, at), coefficient)
    return SecretBytes(total)

"""How sure a rate is, and when it is more than twice what guessing gives."""

from math import comb, log, sqrt

_Z95 = 1.96
_ODDS = 0.001
"""How often a sound platform may fail its test by accident."""

TWICE = 2.0
"""How much better than guessing an attacker may do by order and time."""


def interval(right: float, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson)."""
    if of == 0:
        return 0.0, 1.0
    share, spread = right / of, _Z95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z95 * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def most_by_accident(of: int, ways: int, share: float) -> int:
    """How many the best of so many ways gets right, but for one run in a thousand, if each hits with this share."""
    allowed = -log(1 - _ODDS) / max(ways, 1)
    tail, right = 1.0, -1
    while tail > allowed and right < of:
        right += 1
        tail -= comb(of, right) * share**right * (1 - share) ** (of - right)
    return right

"""What the SDK's delays are worth, without a platform: many crowds, each waiting as the SDK draws it.

The platform's run shows that nothing but the moments tells; this shows what the moments tell, to more digits than two
hundred people can give. The attacker knows every moment exactly and the law of the waits.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, stdev

from tests.boundary.people import HOUR
from vouchsafe.sdk.delays import SAFE_DEPOSIT_HOURS, Delays

ARRIVAL_HOURS = (18, 36, 72, 144, 288)
_CROWDS = 300
CROWD = 40


@dataclass(frozen=True)
class Worth:
    """People come in over `hours`; `times_chance`: how much better than guessing the attacker does, and its error."""

    hours: int
    times_chance: float
    error: float
    by_rank: float


def worth(hours: int, crowd: int, chance: random.Random) -> Worth:
    """The mean over many crowds of so many people under one label that is open all the while."""
    runs = [_run(hours, crowd, chance) for _ in range(_CROWDS)]
    likely, ranked = [each[0] * crowd for each in runs], [each[1] * crowd for each in runs]
    return Worth(hours, fmean(likely), 1.96 * stdev(likely) / len(runs) ** 0.5, fmean(ranked))


def expected(hours: float, crowd: int) -> float:
    """What calculation says of evenly drawn waits and even arrivals.

    One, and the arrivals' span over the window; less what a crowd of this size falls short of it, since whoever comes
    out when nobody else can have come in is known, but counts once: (1 - p)^crowd over the moments at which a share p
    of the arrivals is within the window.
    """
    span, window = hours, SAFE_DEPOSIT_HOURS
    most = min(span, window) / span
    ramps = 2 * span * (1 - (1 - most) ** (crowd + 1)) / (crowd + 1)
    between = abs(span - window) * (1 - most) ** crowd
    return (span + window - ramps - between) / window


def _run(hours: int, crowd: int, chance: random.Random) -> tuple[float, float]:
    delays, window = Delays(), SAFE_DEPOSIT_HOURS * HOUR
    issued = sorted(chance.uniform(0, hours * HOUR) for _ in range(crowd))
    deposited = [delays.deposit_due(int(each)) for each in issued]
    right = [1 / sum(0 <= due - other <= window + 1 for other in map(int, issued)) for due in deposited]
    ranked = sorted(range(crowd), key=deposited.__getitem__)
    return fmean(right), fmean(one == other for one, other in enumerate(ranked))


def table(chance: random.Random, crowd: int = CROWD) -> Iterator[Worth]:
    """One for each span of arrivals."""
    for hours in ARRIVAL_HOURS:
        yield worth(hours, crowd, chance)

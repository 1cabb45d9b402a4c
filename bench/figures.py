"""What a row of the table says: both sides' figures, their medians and ratio, and whether the target is met.

Nothing here measures. A figure is one round's; the rounds of both sides are interleaved (`rounds`), so that whatever
else the machine did met both alike, and a ratio is one of medians.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median


class Aim(StrEnum):
    """On which side of its target a ratio shall be."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the ratio of ours to the raw limit shall be; or, with `of_ours`, our own figure whatever the limit is."""

    aim: Aim
    value: float
    of_ours: bool = False

    def is_met_by(self, value: float) -> bool:
        """Whether `value` is as good as this or better."""
        return value >= self.value if self.aim is Aim.AT_LEAST else value <= self.value

    def __str__(self) -> str:
        return f"{'ours ' if self.of_ours else ''}{self.aim} {self.value:.2f}"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison: what was done, and a figure for each round.

    `store_cpu`: of each round's wall time, the share for which the store's process had a processor; 1.0 is all that a
    store of one interpreter can use. Empty where no store took part or it is not ours to look at.
    """

    what: str
    figures: Sequence[float]
    store_cpu: Sequence[float] = ()

    @property
    def median(self) -> float:
        """The median round."""
        return median(self.figures)

    @property
    def median_store_cpu(self) -> float | None:
        """The median share, None when there is none."""
        return median(self.store_cpu) if self.store_cpu else None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A row: `ours` beside the `raw` limit, both in `unit`. `notes` are further figures that explain it, by name.

    Without a target the row explains another one and is neither met nor missed.
    """

    name: str
    what: str
    unit: str
    raw: Side
    ours: Side
    target: Target | None = None
    notes: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Median of ours by median of raw."""
        return self.ours.median / self.raw.median

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None without one."""
        if self.target is None:
            return None
        return self.target.is_met_by(self.ours.median if self.target.of_ours else self.ratio)

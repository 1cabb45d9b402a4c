"""The anonymity meter: what is known about how well an alias hides its owner, and what to say about it.

Only what is sound is counted. The crowd is what the log proves: at least so many different verified people hold a
credential under the label, a rounded number from when the label opened. It is not reduced or multiplied by guesses;
what weakens an alias over time (texts in one style, a long life) stands beside it, as concerns. What a text says about
its author is not measured, and no meter could.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vouchsafe.sdk.keys import Alias

SMALL_CROWD: Final = 20
"""People. The crowd that the platform asks for by default; below it, chance alone names somebody too often."""

MANY_TEXTS: Final = 20
"""Texts of one alias. There is no safe number: attribution at the scale of the internet (Narayanan et al., IEEE S&P
2012) put the right one of 100,000 authors first in a fifth of all cases, from a few posts each. At twenty we insist."""

OLD_DAYS: Final = 90
"""Days. What happened to a person over a season can be laid beside what an alias said when."""


class Concern(StrEnum):
    """Why an alias may hide less well than its owner thinks."""

    SMALL_CROWD = "SMALL_CROWD"
    MANY_TEXTS = "MANY_TEXTS"
    OLD_ALIAS = "OLD_ALIAS"
    NO_DELAY = "NO_DELAY"


WARNINGS: Mapping[Concern, str] = MappingProxyType(
    {
        Concern.SMALL_CROWD: (
            f"fewer than {SMALL_CROWD} people are known to stand under this label: a mere guess is right too often, "
            "and what few colleagues know narrows it further; a wider label hides you better"
        ),
        Concern.MANY_TEXTS: (
            "this alias has written enough to be recognised by its style; the forum knows that its threads belong "
            "together, and readers may find out; consider another alias (`rotate`)"
        ),
        Concern.OLD_ALIAS: (
            f"this alias is older than {OLD_DAYS} days: what it said when can be compared with what happened to whom; "
            "consider another alias (`rotate`)"
        ),
        Concern.NO_DELAY: (
            "this profile lets an alias be used soon after its credential was issued, so the two can be matched by "
            "time; it is meant for tests and demonstrations"
        ),
    }
)


@dataclass(frozen=True)
class Anonymity:
    """What the meter shows. `crowd_at_least`: verified people who may be behind the label, 0 when the log was not seen.

    `texts` and `threads` count what this alias has published from this wallet; `age_days` are whole days.
    """

    crowd_at_least: int
    texts: int
    threads: int
    age_days: int
    concerns: tuple[Concern, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each concern."""
        return tuple(WARNINGS[concern] for concern in self.concerns)


def measure(alias: Alias, *, now: int, hasty: bool) -> Anonymity:
    """The meter's reading at a moment (Unix seconds); `hasty`: whether the profile's delays are insecure."""
    age_days = max(0, now - alias.created_at) // 86_400
    found = {
        Concern.SMALL_CROWD: alias.crowd_at_least < SMALL_CROWD,
        Concern.MANY_TEXTS: alias.texts >= MANY_TEXTS,
        Concern.OLD_ALIAS: age_days >= OLD_DAYS,
        Concern.NO_DELAY: hasty,
    }
    concerns = tuple(concern for concern, applies in found.items() if applies)
    return Anonymity(alias.crowd_at_least, alias.texts, len(alias.threads), age_days, concerns)

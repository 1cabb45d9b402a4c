"""The whole attack: one platform, a sound course, then each broken build; the evidence of each, for the attackers."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.configuration import CONFIGURATION
from tests.boundary import evidence, settings
from tests.boundary.breaking import Build
from tests.boundary.course import Course, Stage
from tests.boundary.deployment import OverheardPlatform
from tests.boundary.evidence import Stored
from tests.boundary.parties import Bench
from tests.boundary.people import HOUR
from vouchsafe.sdk.delays import Delays

START = 1930089600.0
"""The first of March 2031, 00:00 UTC: the sound course ends within one epoch, and a later one sees the next begin."""

ARRIVAL_HOURS = 36
"""People come in within half the window in which the SDK draws the moment of a deposit."""

_SECONDS = 30 / 3600
_WAITS: Mapping[Build, Delays] = {
    Build.NO_DELAYS: Delays(insecure_deposit_hours=0, insecure_alias_hours=0),
    Build.PRECISE_TIMES: Delays(insecure_deposit_hours=_SECONDS, insecure_alias_hours=_SECONDS),
}


@dataclass(frozen=True)
class Plan:
    """How many people come to the sound platform, of how many employers; how many to each build that values give away,
    and to each that order or time does.
    """

    people: int
    employers: int
    by_value: int
    by_moment: int
    seed: int = 1


WHOLE = Plan(people=200, employers=5, by_value=8, by_moment=16)
SMALL = Plan(people=10, employers=1, by_value=5, by_moment=10)


async def carry_out(directory: Path, plan: Plan) -> dict[Build, Bench]:
    """Run every build's course on a platform below `directory`; what was left behind by each."""
    employers = settings.employers(CONFIGURATION, plan.employers)
    kept: list[tuple[Course, Stored, Stored]] = []
    platform = OverheardPlatform(directory, START, plan.employers)
    async with platform:
        stage = Stage(platform, random.Random(plan.seed), employers)
        before = await Stored.of(platform)
        for build in Build:
            sound = build is Build.SOUND
            # The broken builds' people share one label, which opens with the fifth of them.
            stage.employers = employers if sound else employers[:1]
            fewer = plan.by_moment if build in _WAITS else plan.by_value
            people = stage.arrivals(plan.people if sound else fewer, ARRIVAL_HOURS * HOUR)
            course = await stage.run(build, people, _WAITS.get(build, Delays()))
            after = await Stored.of(platform)
            kept.append((course, before, after))
            before = after
    # Logs, traces and metrics are complete when everything has stopped.
    heard = list(evidence.overheard(platform, platform.overheard))
    return {
        course.build: Bench(
            course,
            [*after.since(before), *(each for each in heard if course.covers(each.real_ns))],
            platform.clock.at,
            platform.layout.secrets,
        )
        for course, before, after in kept
    }

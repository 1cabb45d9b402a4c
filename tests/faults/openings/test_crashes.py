"""Disclosure killed between any two steps of an opening: it goes on where it stopped, and nothing happens twice."""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Device
from tests.faults.openings.court import Court, Followed
from vouchsafe.sdk import VouchsafeError

INTENDING = (
    "OpeningIntended.before",
    "OpeningIntended.after",
    "open-intent.after",
    "subject-notice.before",
    "subject-notice.after",
    "witness.before",
    "witness.after",
    "OpeningWitnessed.before",
    "OpeningWitnessed.after",
)
OPENING = (
    "trustee.before",
    "trustee.after",
    "identity.before",
    "identity.after",
    "CaseExecuted.before",
    "CaseExecuted.after",
    "open-result.before",
    "open-result.after",
)
COLLECTING = ("AnswerCollected.before", "AnswerCollected.after")


async def test_killed_at_the_turning_points(court: Court):
    await _carried_through(court, ["open-intent.after"], ["identity.after"], [])


@pytest.mark.long
async def test_killed_between_any_two_steps(court: Court):
    await _carried_through(court, INTENDING, OPENING, COLLECTING)


@pytest.mark.long
async def test_one_case_is_hit_again_and_again(court: Court):
    """At its first attempt, at its second and at its third, while whoever asked keeps asking."""
    followed = await court.approved()
    await _killed_again_and_again(court, INTENDING[1::2], court.intend(followed))
    await court.delay_over(followed)
    await _killed_again_and_again(court, OPENING[1::2], court.carry_out(followed))
    await court.collect(followed)
    await court.judge()


@pytest.mark.long
async def test_everybody_sees_an_intent_without_a_result(court: Court, tmp_path: Path):
    """While disclosure is dead, between identity's answer and its result: the mirror still shows what was announced."""
    device = Device(court.platform.run_directory, tmp_path / "device")
    mirror = ("--mirror", court.platform.mirrors[0])
    followed = await court.due()
    before = (await device.must("log", "report", *mirror, "--out", str(tmp_path / "before"))).facts
    held = court.platform.keep_away_when_killed("disclosure")
    court.platform.break_at("identity.after")
    with pytest.raises(VouchsafeError):
        await court.hasty.execute(followed.case_id)
    await court.platform.broken()
    dead = (await device.must("log", "report", *mirror, "--out", str(tmp_path / "dead"))).facts
    assert before["openings without a result"] == dead["openings without a result"] == "1"
    held.unlink()
    await court.platform.wait_ready("disclosure")
    await court.opened_and_collected(followed)
    await court.judge()
    after = (await device.must("log", "report", *mirror, "--out", str(tmp_path / "after"))).facts
    assert after["openings without a result"] == after["things that should not be"] == "0"


async def _carried_through(
    court: Court, intending: Sequence[str], opening: Sequence[str], collecting: Sequence[str]
) -> None:
    """As many cases as there are points, each killed once on each part of its way."""
    cases = [await court.approved(number % 2) for number in range(max(len(intending), len(opening)))]
    for number, followed in enumerate(cases):
        await _killed(court, _at(intending, number), court.intend(followed))
    evidence = await court.judge()
    assert len(evidence.without_result) == len(cases), "announced, and not yet ended"
    for number, followed in enumerate(cases):
        await court.delay_over(followed)
        await _killed(court, _at(opening, number), court.carry_out(followed))
        await _killed(court, _at(collecting, number), court.collect(followed))
        await court.collect(followed)
        with pytest.raises(VouchsafeError, match="ANSWER_COLLECTED"):
            await court.desk.collect(followed.case_id, _another(followed))
    evidence = await court.judge()
    assert not evidence.without_result


async def _killed_again_and_again(court: Court, points: Sequence[str], step: Coroutine[Any, Any, Any]) -> None:
    asking = asyncio.create_task(step)
    for point in points:
        if asking.done():  # the clock may have taken the last steps by itself
            break
        court.platform.break_at(point)
        await court.platform.back()
    await asking


async def _killed(court: Court, point: str, step: Awaitable[Any]) -> None:
    """Take a step during which disclosure is killed; whoever asked asks again until it is there again."""
    if point:
        court.platform.break_at(point)
    await step
    if point:
        await court.platform.back()


def _at(points: Sequence[str], number: int) -> str:
    return points[number] if number < len(points) else ""


def _another(followed: Followed) -> str:
    return f"{followed.request_id[:-4]}ffff"

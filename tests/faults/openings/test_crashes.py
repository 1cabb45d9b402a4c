"""Disclosure killed between any two steps of an opening: it goes on where it stopped, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Device
from tests.faults.openings.court import Court, Followed
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.officer_signatures import veto_of

INTENDING = (
    "OpeningIntended.before",
    "OpeningIntended.after",
    "open-intent.after",
    "subject-notice.after",
    "witness.after",
    "OpeningWitnessed.after",
)
OPENING = (
    "trustee.before",
    "trustee.after",
    "EnvelopeOpened.after",
    "open-result.after",
    "identity.before",
    "identity.after",
    "CaseExecuted.after",
)
COLLECTING = ("AnswerCollected.before", "AnswerCollected.after")


async def test_killed_at_the_turning_points(court: Court) -> None:
    await _carried_through(court, ["open-intent.after"], ["identity.after"], [])


@pytest.mark.long
async def test_killed_between_any_two_steps(court: Court) -> None:
    await _carried_through(court, INTENDING, OPENING, COLLECTING)


@pytest.mark.long
async def test_one_case_is_hit_again_and_again(court: Court) -> None:
    """At its first attempt and at each later one, while whoever asked keeps asking."""
    followed = await court.approved()
    asking = asyncio.create_task(court.insist(followed))
    # None of these is passed by what the clock does for a case by itself.
    for point in (
        "OpeningIntended.after",
        "trustee.after",
        "EnvelopeOpened.after",
        "identity.before",
        "identity.after",
    ):
        court.platform.break_at(point)
        await court.platform.back()
    await asking
    await court.collect(followed)
    await court.judge()


@pytest.mark.long
@pytest.mark.parametrize("point", ["OpeningVetoed.after", "opening-vetoed.after"])
async def test_killed_while_it_records_a_veto(court: Court, point: str) -> None:
    followed = await court.witnessed()
    name, key = next(iter(court.officers.items()))
    leaf = veto_of(await court.desk.review(followed.case_id), name, key)
    await _killed(court, point, court.desk.veto(followed.case_id, leaf))
    await court.delay_over(followed)
    assert await court.refused(followed) == "OPENING_VETOED"
    await court.judge()


@pytest.mark.long
async def test_a_veto_after_the_trustees_have_answered_keeps_everything_back(court: Court) -> None:
    """Nothing was recorded when it was killed, so what the trustees have answered is gone with it."""
    followed = await court.due()
    name, key = next(iter(court.officers.items()))
    leaf = veto_of(await court.desk.review(followed.case_id), name, key)
    async with _dead_at(court, "trustee.after", followed):
        pass
    await court.desk.veto(followed.case_id, leaf)
    assert await court.refused(followed) == "OPENING_VETOED"
    assert await court.not_given(followed) == "OPENING_VETOED"
    await court.judge()
    each = await court.case_evidence(followed)
    assert each.released == ()


@pytest.mark.long
@pytest.mark.parametrize("point", ["identity.before", "identity.after"])
async def test_once_the_envelope_is_open_the_log_tells_and_no_veto_hides_it(court: Court, point: str) -> None:
    followed = await court.due()
    name, key = next(iter(court.officers.items()))
    leaf = veto_of(await court.desk.review(followed.case_id), name, key)
    async with _dead_at(court, point, followed):
        pass
    with pytest.raises(VouchsafeError, match="ENVELOPE_OPENED"):
        await court.desk.veto(followed.case_id, leaf)
    assert await court.state(followed) == "UNSEALED"
    evidence, each = await court.judge(), await court.case_evidence(followed)
    assert [leaf.outcome for _, leaf in evidence.results(each)] == ["opened"]
    assert len(each.released) == (point == "identity.after")
    await court.opened_and_collected(followed)
    await court.judge()


@pytest.mark.long
async def test_everybody_sees_an_intent_without_a_result(court: Court, tmp_path: Path) -> None:
    """While disclosure is dead: the mirror still shows what was announced, and that nothing came of it yet."""
    device = Device(court.platform.run_directory, tmp_path / "device")

    async def reported(name: str) -> tuple[str, str]:
        mirror = ("--mirror", court.platform.mirrors[0])
        facts = (await device.must("log", "report", *mirror, "--out", str(tmp_path / name))).facts
        return facts["openings without a result"], facts["things that should not be"]

    await court.judge()
    assert await reported("nothing") == ("0", "0")
    followed = await court.due()
    await court.judge()
    assert await reported("announced") == ("1", "0")
    async with _dead_at(court, "trustee.after", followed):
        assert await reported("dead") == ("1", "0")
    await court.opened_and_collected(followed)
    await court.judge()
    assert await reported("over") == ("0", "0")


@asynccontextmanager
async def _dead_at(court: Court, point: str, followed: Followed) -> AsyncIterator[None]:
    """Have disclosure killed at that point of an execution, and keep it away until the block ends."""
    held = court.platform.keep_away_when_killed("disclosure")
    court.platform.break_at(point)
    asked = asyncio.create_task(court.refused(followed))
    try:
        await court.platform.broken()
        assert await asked == "UNAVAILABLE"
        yield
    finally:
        held.unlink()
    await court.platform.back()


async def _carried_through(
    court: Court, intending: Sequence[str], opening: Sequence[str], collecting: Sequence[str]
) -> None:
    """As many cases as there are points, each killed once on each part of its way."""
    cases = [await court.approved(number % 2) for number in range(max(len(intending), len(opening)))]
    for number, followed in enumerate(cases):
        await _intended(court, _at(intending, number), followed)
    evidence = await court.judge()
    assert len(evidence.without_result) == len(cases), "announced, and not yet ended"
    for number, followed in enumerate(cases):
        await court.delay_over(followed)
        await _killed(court, _at(opening, number), court.carry_out(followed))
        await _killed(court, _at(collecting, number), court.collect(followed))
        await court.collect(followed)
        assert await court.not_given(followed) == "ANSWER_COLLECTED"
    evidence = await court.judge()
    assert not evidence.without_result


async def _intended(court: Court, point: str, followed: Followed) -> None:
    """Have the intent logged and witnessed, though disclosure is killed at that point; nothing is opened."""
    if point:
        court.platform.break_at(point)
        await court.attempt(followed)
        await court.platform.back()
    if await court.state(followed) in ("PENDING", "INTENDED"):
        await court.intend(followed)


async def _killed(court: Court, point: str, step: Awaitable[Any]) -> None:
    """Take a step during which disclosure is killed; whoever asked asks again until it is there again."""
    if point:
        court.platform.break_at(point)
    await step
    if point:
        await court.platform.back()


def _at(points: Sequence[str], number: int) -> str:
    return points[number] if number < len(points) else ""

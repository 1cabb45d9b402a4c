"""Whoever else an opening needs, away for a while: it waits or is refused, changes nothing, and goes on afterwards."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager

import pytest

from services.disclosure.domain import case
from tests.e2e.waiting import eventually
from tests.faults.openings.court import UNREACHED, Court
from tests.support import stale_mirror

pytestmark = pytest.mark.long


async def test_a_witness_is_away_before_the_intent_is_co_signed(court: Court) -> None:
    followed = await court.approved()
    async with court.platform.away("witness-2"):
        assert await court.refused(followed) == "WITNESSES_UNAVAILABLE"
        assert await court.state(followed) == "INTENDED"

    async def witnessed() -> bool:
        return await court.state(followed) == "WITNESSED"

    await eventually(witnessed)  # nobody need ask again
    await court.delay_over(followed)
    await court.opened_and_collected(followed)
    await court.judge()


async def test_nobody_is_named_before_witnesses_have_seen_that_the_envelope_is_open(court: Court) -> None:
    followed = await court.due()
    async with court.platform.away("witness-1"):
        assert await court.refused(followed) == "WITNESSES_UNAVAILABLE"
        assert await court.state(followed) == "UNSEALED"
        assert await court.not_given(followed) == "ENVELOPE_OPENED"
        assert (await court.case_evidence(followed)).released == ()
    await court.opened_and_collected(followed)
    await court.judge()


@pytest.mark.parametrize("how", ["dead", "stale"])
async def test_trustees_cannot_see_the_log(court: Court, how: str) -> None:
    await court.judge()  # the mirror has all that there was
    away: AbstractAsyncContextManager[None] = (
        court.platform.away("mirror") if how == "dead" else court.platform.replaced(["mirror"], stale_mirror.__name__)
    )
    async with away:
        followed = await court.due()
        assert await court.refused(followed) in UNREACHED
        assert await court.state(followed) == "WITNESSED"
    await court.opened_and_collected(followed)
    await court.judge()


async def test_identity_is_away(court: Court) -> None:
    followed = await court.due()
    async with court.platform.away("identity"):
        assert await court.refused(followed) == "DEPENDENCY_UNAVAILABLE"
        assert await court.state(followed) == "UNSEALED"
        await court.judge()  # the log tells already that the envelope was opened
    await court.opened_and_collected(followed)
    await court.judge()


async def test_the_bus_is_away(court: Court) -> None:
    """An opening needs no bus; its subject's forum hears of it later, and once."""
    async with court.platform.away("nats"):
        followed = await court.witnessed()
        await court.platform.killed("disclosure")
        await court.delay_over(followed)
        await court.opened_and_collected(followed)
        each = await court.case_evidence(followed)
        assert (each.notified, each.told_opened) == (0, 0)
    await court.judge()


@pytest.mark.parametrize("point", ["open-intent.before", "CaseExecuted.before"])
async def test_the_store_is_killed_in_the_middle(court: Court, point: str) -> None:
    followed = await court.approved()

    async def whole() -> None:
        await court.intend(followed)
        await court.delay_over(followed)
        await court.opened_and_collected(followed)

    court.platform.break_at(point, signal.SIGSTOP)
    carried = asyncio.create_task(whole())
    await court.platform.broken()
    await court.platform.killed("store-disclosure")
    court.platform.kill("disclosure", signal.SIGCONT)
    await carried
    await court.judge()


async def test_all_that_an_opening_needs_is_killed_at_once(court: Court) -> None:
    """While identity is asked; everything comes back in whatever order it does."""
    followed = await court.due()
    court.platform.break_at("identity.before")
    opening = asyncio.create_task(court.carry_out(followed))
    await court.platform.broken()
    others = ("identity", "store-identity", "store-disclosure", "nats", "witness-1", "witness-2", "mirror", "trustee-1")
    await asyncio.gather(*(court.platform.killed(name) for name in others))
    await court.platform.back()
    await opening
    await court.collect(followed)
    await court.judge()
    assert isinstance((await court.case_evidence(followed)).state, case.Collected)

"""Between announcement and opening: no restart shortens the delay, and whoever wants to stop the opening gets there."""

import asyncio
import time
from dataclasses import replace

import pytest

from services.disclosure.domain import case
from services.seal.leaves import UnlockLeaf
from tests.faults.openings.court import Court
from vouchsafe.sdk.governance_side import GovernanceSide, Reached
from vouchsafe.sdk.officer_signatures import lock_down_of, veto_of, veto_of_intent

pytestmark = pytest.mark.long

NOWHERE = "127.0.0.1:1"


async def test_a_restart_neither_restarts_nor_shortens_the_delay(court: Court) -> None:
    followed = await court.approved()
    announced = await court.intend(followed)
    assert (await court.desk.execute(followed.case_id)).intent == announced.intent, "executed early, it changes nothing"
    await court.platform.killed("disclosure")
    assert (await court.desk.case(followed.case_id)).intent.proof == announced.intent.proof
    while (told := await court.desk.execute(followed.case_id)).intent.opens_at > time.time():
        assert told.intent.opens_at == announced.intent.opens_at
        assert await court.state(followed) == "WITNESSED" or time.time() >= announced.intent.opens_at
        await asyncio.sleep(0.1)
    await court.opened_and_collected(followed)
    await court.judge()
    state = (await court.case_evidence(followed)).state
    assert isinstance(state, case.Collected)
    assert state.witnessed.opens_at == announced.intent.opens_at <= state.end.executed_at
    assert state.witnessed.opens_at == state.witnessed.intended_at + state.facts.delay_seconds


@pytest.mark.parametrize("late", [False, True], ids=["in the window", "after it"])
async def test_a_veto_filed_while_disclosure_is_dead_arrives(court: Court, late: bool) -> None:
    followed = await court.witnessed()
    name, key = next(reversed(court.officers.items()))
    leaf = veto_of(await court.desk.review(followed.case_id), name, key)
    if late:
        await court.delay_over(followed)
    async with court.platform.away("disclosure"):
        filed = asyncio.create_task(court.desk.veto(followed.case_id, leaf))
        await asyncio.sleep(1)
        assert not filed.done()
    await filed
    assert await court.refused(followed) == "OPENING_VETOED"
    assert await court.not_given(followed) == "OPENING_VETOED"
    await court.judge()
    each = await court.case_evidence(followed)
    assert isinstance(each.state, case.Vetoed)
    assert each.released == ()


async def test_trustees_that_an_officer_has_locked_stop_a_disclosure_that_goes_on(court: Court) -> None:
    name, key = next(iter(court.officers.items()))
    followed = await court.due()
    async with court.governance(disclosure=NOWHERE, patience=3) as past_disclosure:
        number = (await court.report()).lock_downs
        lock_down = lock_down_of(court.trust.hash(), len(number) + 1, name, key)
        told = {reached.party: reached.refusal for reached in await past_disclosure.lock_down(lock_down)}
    assert told.pop("disclosure")
    assert set(told.values()) == {""}
    assert not (await court.desk.review(followed.case_id)).governance.locked, "disclosure does not know"
    before = await court.judge()
    assert await court.refused(followed) == "OPENING_REFUSED"
    await court.platform.killed("trustee-3")
    assert await court.refused(followed) == "OPENING_REFUSED", "it was on disk"
    assert await court.evidence() == before, "nothing has changed"

    async with court.governance() as side:
        told = {reached.party: reached.refusal for reached in await side.lock_down(lock_down)}
    assert told["disclosure"] == ""
    assert await court.refused(followed) == "LOCKED_DOWN"
    await court.agree(UnlockLeaf(lock_down.number))
    await court.seen_by_the_mirror()  # until then trustees do not know that it is over
    await court.opened_and_collected(followed)
    await court.judge()


async def test_a_veto_that_identity_alone_was_told_names_nobody_though_identity_is_killed(court: Court) -> None:
    """The trustees answer, the log tells that the envelope was opened, and that is where it ends."""
    name, key = next(iter(court.officers.items()))
    followed = await court.due()
    veto = veto_of_intent(court.trust.hash(), (await court.desk.case(followed.case_id)).intent.commitment, name, key)
    async with GovernanceSide(replace(court.profile.officer_edge(), trustees={}), court.trust, patience=10) as side:
        assert await side.veto(veto) == [Reached("identity")]
    await court.platform.killed("identity")
    assert await court.refused(followed) == "OPENING_REFUSED"
    await court.judge()
    each = await court.case_evidence(followed)
    assert each.released == ()
    assert await court.not_given(followed) == "OPENING_REFUSED"

"""What is signed and logged at the desk is what it has shown, asked about first, and read again in the log."""

import html
import re

import pytest

from services.seal.leaves import (
    EndorsementLeaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    UnlockLeaf,
    kind_of,
)
from services.seal.note import Note
from services.seal.statements import Veto
from tests.rpc.desk.conftest import Played
from tests.unit.client.officers import KEYS, trust
from vouchsafe.desk.statements import YET_TO_COME, signed_text
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError


def case_path(played: Played) -> str:
    return f"/cases/{played.platform.shown.case.case_id}"


def texts(page: str) -> list[str]:
    """What a page shows word for word."""
    return [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]


def kinds(played: Played) -> list[str]:
    return [kind_of(leaf) for leaf in played.platform.leaves]


async def test_the_approval_that_is_sent_is_the_text_that_was_shown(played: Played):
    ann = await played.browser("ann")
    page = await ann.page(case_path(played))
    assert 'class="failed"' not in page
    shown = await ann.say_yes(f"{case_path(played)}/approve")
    (approval,) = played.platform.shown.case.approvals
    assert Note.parse(approval.note).text == texts(shown)[0]
    assert "Approved by: ann" in shown
    statement = signed_text("", played.platform.shown.statement).text
    assert statement in texts(shown)
    page = await ann.page(case_path(played))
    assert "1 of 2" in page
    assert "Take your approval back" in page
    assert "Approve …" not in page


async def test_an_approval_shows_the_leaves_that_would_follow(played: Played):
    ann = await played.browser("ann")
    shown = texts(await ann.say_yes(f"{case_path(played)}/approve"))
    played.platform.intend()
    logged = played.platform.leaves[-1].decode().splitlines()
    foretold = next(text for text in shown if OpenIntentLeaf.KIND in text).splitlines()
    assert [line.split()[0] for line in foretold] == [line.split()[0] for line in logged]
    known = {line for line in foretold if "(made when" not in line}
    assert known <= set(logged)
    assert len(known) == len(logged) - 2, "the salted commitment and the subject's tag come later"


async def test_nothing_is_signed_before_the_yes(played: Played):
    ann = await played.browser("ann")
    asked = await ann.post(f"{ann.room}{case_path(played)}/approve", {"token": await ann.token()})
    assert (await ann.get(asked.headers["Location"])).status == 200
    assert not played.platform.shown.case.approvals


async def test_a_yes_counts_once(played: Played):
    ann = await played.browser("ann")
    asked = await ann.post(f"{ann.room}{case_path(played)}/approve", {"token": await ann.token()})
    for status in (303, 410, 410):
        assert (await ann.post(asked.headers["Location"], {"token": await ann.token()})).status == status
    assert len(played.platform.shown.case.approvals) == 1


async def test_two_officers_are_enough_and_the_page_says_so(played: Played):
    for name in ("ann", "cyd"):
        browser = await played.browser(name)
        await browser.say_yes(f"{case_path(played)}/approve")
    page = await browser.page(case_path(played))
    assert "✓ enough" in page
    assert "Log the intent" in page


async def test_an_approval_that_disclosure_invents_is_found_out(played: Played):
    played.platform.shown.case.approvals.add(officer="cyd", role="privacy", note="x", expires_at=2**40)
    ann = await played.browser("ann")
    page = await ann.page(case_path(played))
    assert "0 of 2" in page
    assert "The rules do not allow to approve it" in page
    assert "Approve …" not in page


async def test_the_veto_in_the_log_is_the_one_that_was_shown(played: Played):
    played.platform.intend()
    dan = await played.browser("dan")
    page = await dan.page(case_path(played))
    assert "Veto …" in page
    assert "delay is running" in page
    shown = await dan.say_yes(f"{case_path(played)}/veto")
    leaf = OpeningVetoedLeaf.parse(played.platform.leaves[-1])
    assert signed_text("", Veto(trust().hash(), leaf.intent, "dan")).text in texts(shown)
    assert leaf.to_bytes().decode().replace(leaf.signature.hex(), YET_TO_COME) in texts(shown)
    page = await dan.page(case_path(played))
    assert "vetoed" in page
    assert "An officer has vetoed it" in page
    assert f"/log/{len(played.platform.leaves) - 1}" in page


async def test_one_officer_locks_a_quorum_unlocks(played: Played):
    browsers = {name: await played.browser(name) for name in KEYS}
    told = await browsers["bob"].say_yes("/governance/lock-down")
    assert "disclosure: locked; trustee-1: locked; trustee-2: UNAVAILABLE" in told
    assert kinds(played)[-1] == LockDownLeaf.KIND
    ann = browsers["ann"]
    for path in ("/cases", case_path(played), "/log", "/report", "/governance", "/open"):
        assert "<strong>Locked down.</strong>" in await ann.page(path), path
    assert "Approve …" not in await ann.page(case_path(played))

    await ann.say_yes("/governance/unlock")
    assert played.platform.leaves[-1] == UnlockLeaf(1).to_bytes()
    (proposal,) = played.platform.governance.pending
    for name in ("ann", "bob"):  # one role: not enough
        shown = await browsers[name].say_yes(f"/governance/endorse/{proposal.hex()}")
        assert UnlockLeaf(1).to_bytes().decode() in texts(shown)
        assert played.platform.governance.locked
    await browsers["cyd"].say_yes(f"/governance/endorse/{proposal.hex()}")
    assert "Locked down." not in await ann.page("/governance")


async def test_an_officer_is_added_by_a_quorum(played: Played):
    ann, key = await played.browser("ann"), bytes(range(32))
    fields = {"name": "fay", "role": "ombuds", "organisation": "Fay & Co", "public": KEYS["ann"].public_key.hex()}
    refused = await ann.post(f"{ann.room}/governance/add-officer", {"token": await ann.token()} | fields)
    assert refused.status == 502, "two officers would share a key"
    shown = await ann.say_yes("/governance/add-officer", fields | {"public": key.hex()})
    leaf = OfficerAddedLeaf(1, "fay", "ombuds", "Fay & Co", key)
    assert texts(shown)[0] == leaf.to_bytes().decode()
    (proposal,) = played.platform.governance.pending
    for name in ("ann", "cyd"):
        await (await played.browser(name)).say_yes(f"/governance/endorse/{proposal.hex()}")
    assert "fay" in await ann.page("/governance")
    assert kinds(played)[-2:] == [EndorsementLeaf.KIND] * 2


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/governance/policy", {"approvals": "3"}),
        ("/governance/policy", dict.fromkeys(("approvals", "distinct_roles"), "x")),
        ("/governance/add-officer", {"name": "fay"}),
        ("/governance/add-officer", {"name": "fay", "role": "r", "organisation": "o", "public": "zz"}),
    ],
)
async def test_what_is_missing_is_told_and_nothing_is_prepared(played: Played, path: str, fields: dict[str, str]):
    ann = await played.browser("ann")
    answer = await ann.post(f"{ann.room}{path}", {"token": await ann.token()} | fields)
    assert answer.status == 400
    assert "Something is missing" in answer.text
    assert not played.desks["ann"].drafts._waiting


async def test_a_refusal_can_be_tried_again_with_the_same_text(played: Played):
    ann, take = await played.browser("ann"), played.platform.approve

    async def refuse(case_id: str, approval: str) -> pb.Case:
        raise VouchsafeError("UNAVAILABLE", "nobody answers")

    played.platform.approve = refuse  # type: ignore[method-assign]
    refused = await ann.say_yes(f"{case_path(played)}/approve")
    assert "UNAVAILABLE: nobody answers" in refused
    assert "Try the same again" in refused
    played.platform.approve = take  # type: ignore[method-assign]
    (name,) = played.desks["ann"].drafts._waiting
    await ann.post(f"{ann.room}/confirm/{name}", {"token": await ann.token()})
    (approval,) = played.platform.shown.case.approvals
    assert Note.parse(approval.note).text in texts(refused)


async def test_a_log_that_does_not_hold_ends_all_approving_but_not_the_lock_down(played: Played):
    desk, ann = played.desks["ann"], await played.browser("ann")
    await ann.page("/log")
    desk.log.alarm = "two signed checkpoints contradict each other"
    page = await ann.page(case_path(played))
    assert "The log does not hold." in page
    assert "sign nothing" in page
    answer = await ann.post(f"{ann.room}{case_path(played)}/approve", {"token": await ann.token()})
    assert answer.status == 502
    assert "locked" in await ann.say_yes("/governance/lock-down")

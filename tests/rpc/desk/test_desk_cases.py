"""A case from the form to its end, by officers at their desks, before the real disclosure service."""

import re
import time
from datetime import timedelta

import pytest

from services.seal.canonical import sha256
from services.seal.leaves import CaseDeclinedLeaf, GagExtendedLeaf, HoldLeaf, OpenResultLeaf, kind_of
from tests.rpc.desk.conftest import AtWork, Browser
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import RECIPIENT, eventually

REQUEST = {
    "requester": "court",
    "basis": "court-order",
    "organisation": "District Court",
    "instrument": "7 O 113/26",
    "ground": "defamation",
    "field_name": "yes",
    "recipient": RECIPIENT.hex(),
}
PATIENCE = 60.0
"""Seconds for a page to show what was done: longer than a busy machine takes."""
ORDER = {"document": b"%PDF of an order"}


async def author_of(at_work: AtWork) -> Author:
    author = at_work.platform.author()
    await at_work.disclosure.deposit(author)
    return author


async def opened(at_work: AtWork, files: dict[str, bytes] | None = None, **fields: str) -> str:
    """A case that ann has opened at her desk; the path of its page, once the log tells of it."""
    post = {"post_id": (await author_of(at_work)).post_id}
    told = await at_work.browser.say_yes("/open", REQUEST | post | fields, ORDER | (files or {}))
    found = re.search(r"The case is open: ([0-9a-f-]{36})", told)
    assert found, told
    path = f"/cases/{found[1]}"
    await showing(at_work.browser, path, "The log tells of this demand")
    return path


async def showing(browser: Browser, path: str, text: str) -> str:
    """A page once it shows something that is on its way."""
    return await eventually(lambda: browser.page(path), lambda page: text in page, PATIENCE)


async def approved(at_work: AtWork, path: str) -> None:
    """Three officers of two roles approve, each at his own desk."""
    for name in ("ann", "bob", "cyd"):
        browser = at_work.browser if name == "ann" else await at_work.browser_of(name)
        await showing(browser, path, "Approve …")
        assert "Your approval was taken." in await browser.say_yes(f"{path}/approve")


async def newest(at_work: AtWork) -> bytes:
    return (await at_work.disclosure.leaves())[-1]


async def test_a_case_is_opened_approved_intended_and_vetoed(unhurried: AtWork):
    browser, path = unhurried.browser, await opened(unhurried)
    page = await browser.page(path)
    assert 'class="failed"' not in page
    assert sha256(ORDER["document"]).hex() in page
    await approved(unhurried, path)
    await showing(browser, "/cases", "3 of 3")
    await showing(browser, path, "✓ enough")
    assert "delay is running" in await browser.say_yes(f"{path}/execute")
    dan = await unhurried.browser_of("dan")
    await showing(dan, path, "The log lets the subject know of it")
    assert "The opening is vetoed." in await dan.say_yes(f"{path}/veto")
    await showing(browser, path, "An officer has vetoed it")
    await showing(browser, path, "dan vetoed intent")
    await showing(browser, "/cases", ">vetoed</span>")


async def test_a_case_is_opened_once_the_veto_window_is_over(at_work: AtWork):
    browser, path = at_work.browser, await opened(at_work)
    await approved(at_work, path)
    await browser.say_yes(f"{path}/execute")
    await showing(browser, path, "may be opened now")
    told = await browser.say_yes(f"{path}/execute")
    assert "opened, answer not collected" in told
    assert OpenResultLeaf.parse(await newest(at_work)).outcome == "opened"
    page = await showing(browser, path, "the envelope was opened")
    assert "it is not read at this desk" in page
    assert "Wei Chen" not in page


async def test_a_company_is_told_that_it_is_declined_before_and_after(at_work: AtWork):
    browser = at_work.browser
    company = {"requester": "company", "basis": "none", "post_id": (await author_of(at_work)).post_id}
    told = await browser.say_yes("/open", REQUEST | company, ORDER)
    assert "The rule declines this" in told
    assert "Declined by rule, recorded, and logged" in told
    leaf = CaseDeclinedLeaf.parse(await newest(at_work))
    assert leaf.requester == "company"
    await showing(browser, "/pressure", "a company asked for a name on no legal basis")
    await showing(browser, "/cases", "declined by rule")


async def test_an_approval_is_taken_back_and_the_case_ended(at_work: AtWork):
    browser, path = at_work.browser, await opened(at_work)
    await browser.say_yes(f"{path}/approve")
    await showing(browser, path, "1 of 3")
    assert "Your approval was taken back." in await browser.say_yes(f"{path}/withdraw-approval")
    await showing(browser, path, "0 of 3")
    assert "The case has ended" in await browser.say_yes(f"{path}/withdraw")
    await showing(browser, path, "ended without an opening: withdrawn")
    await showing(browser, path, "Nothing more: this case is over.")


async def test_a_hold_is_placed_extended_once_and_released(at_work: AtWork):
    browser, path = at_work.browser, await opened(at_work)
    assert "On hold until" in await browser.say_yes(f"{path}/place-hold")
    first = HoldLeaf.parse(await newest(at_work)).until
    await showing(browser, path, "Hold ends")
    await browser.say_yes(f"{path}/extend-hold")
    assert HoldLeaf.parse(await newest(at_work)).until == first + timedelta(days=30).total_seconds()
    await eventually(lambda: browser.page(path), lambda page: "Extend the hold" not in page, PATIENCE)
    assert "There is no hold any more." in await browser.say_yes(f"{path}/release-hold")
    assert HoldLeaf.parse(await newest(at_work)).until == 0


async def test_a_gag_needs_its_document_and_is_extended_by_another(at_work: AtWork):
    browser, order = at_work.browser, {"waiver": b"%PDF of a gag order"}
    path = await opened(at_work, order, gag_days="2")
    await approved(at_work, path)
    await browser.say_yes(f"{path}/execute")
    await showing(browser, path, "Extend the gag …")
    await showing(browser, path, "Gag ends")
    await showing(browser, path, "The log does not let the subject know of it")
    further = {"document": b"%PDF of a further order"}
    told = await browser.say_yes(f"{path}/extend-gag", {"days": "30"}, further)
    assert "The subject is not told before" in told
    leaf = GagExtendedLeaf.parse(await newest(at_work))
    assert leaf.instrument == sha256(further["document"])
    # A gag ends at a full hour.
    assert leaf.until == pytest.approx(time.time() + timedelta(days=30).total_seconds(), abs=2 * 3600)
    assert f"until {leaf.until}\n" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"post_id": ""}, "a post or about an alias"),
        ({"post_id": "x"}, "identifier is not one"),
        ({"alias_key": "ab" * 32}, "a post or about an alias"),
        ({"requester": ""}, "kind of requester is missing"),
        ({"requester": "king"}, "none that the form offers"),
        ({"recipient": "ab"}, "32 bytes"),
        ({"gag_days": "3"}, "needs the document"),
        ({"gag_days": "181"}, "from 0 to 180"),
        ({"field_name": ""}, "what is asked for is missing"),
        ({"instrument": " "}, "reference of the instrument is missing"),
    ],
    ids=str,
)
async def test_what_is_missing_in_a_request_is_told_and_nothing_is_sent(
    at_work: AtWork, change: dict[str, str], told: str
):
    browser, before = at_work.browser, await at_work.disclosure.leaves()
    nobody = {"post_id": "00000000-0000-4000-8000-000000000000"}
    fields = {"token": await browser.token()} | REQUEST | nobody | change
    answer = await browser.send(f"{browser.room}/open", fields, ORDER)
    assert answer.status == 400
    assert told in answer.text
    assert await at_work.disclosure.leaves() == before


async def test_no_document_no_case(at_work: AtWork):
    browser = at_work.browser
    answer = await browser.send(f"{browser.room}/open", {"token": await browser.token()} | REQUEST, {})
    assert answer.status == 400
    assert "the instrument itself is missing" in answer.text


async def test_the_platform_locked_down_goes_on_by_a_quorum(at_work: AtWork):
    told = await at_work.browser.say_yes("/governance/lock-down")
    assert "disclosure: locked" in told
    for name in ("trustee-1", "trustee-3", "trustee-5"):
        assert f"{name}: locked" in told
    assert "trustee-2: locked" not in told
    await showing(at_work.browser, "/cases", "Locked down.")
    await at_work.browser.say_yes("/governance/unlock")
    page = await showing(at_work.browser, "/governance", "Endorse …")
    found = re.search(r"/governance/endorse/([0-9a-f]{64})", page)
    assert found
    for name in ("ann", "bob", "cyd"):
        browser = at_work.browser if name == "ann" else await at_work.browser_of(name)
        await showing(browser, "/governance", "Endorse …")
        assert "Your endorsement is in the log." in await browser.say_yes(f"/governance/endorse/{found[1]}")
    await showing(at_work.browser, "/governance", "not locked")
    assert kind_of(await newest(at_work)) == "endorsement"

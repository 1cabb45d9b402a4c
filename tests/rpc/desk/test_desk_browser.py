"""The desk in a real headless Chromium, without JavaScript: read, approve, veto, lock down. Skipped without one.

Each page is also put on a picture, wide, narrow and dark, in the test's temporary directory: `--basetemp` keeps them.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from services.seal.leaves import CaseAskedLeaf, CaseDeclinedLeaf, CaseEndedLeaf, OpeningVetoedLeaf, kind_of
from tests.rpc.desk.conftest import AtWork, Played
from tests.rpc.desk.test_desk_hostile import Lying
from tests.unit.client.officers import NOW
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.serving import serving
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

WIDE, NARROW = ViewportSize(width=1400, height=1000), ViewportSize(width=360, height=800)
PAGES = ("Cases", "Open a case", "Log", "Pressure ledger", "Report", "Governance")


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def visit(chromium: Browser, desk: Desk, *, script: bool = False) -> AsyncIterator[Page]:
    """A tab at the desk, its session begun; whatever the console complains of fails the test."""
    complaints: list[str] = []
    async with serving(desk, "127.0.0.1", 0) as url:
        context = await chromium.new_context(java_script_enabled=script, viewport=WIDE)
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(url)
        yield page
        await context.close()
    assert not complaints


async def looked_at(page: Page, pictures: Path, name: str) -> None:
    """One heading, nothing wider than the window, and a picture of it: wide, narrow and dark."""
    assert await page.get_by_role("heading", level=1).count() == 1, name
    session = await page.context.new_cdp_session(page)  # the page itself may run no script to measure with
    for look, size, scheme in (("wide", WIDE, "light"), ("narrow", NARROW, "light"), ("dark", WIDE, "dark")):
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        metrics = await session.send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] <= size["width"], (name, look)
        await page.screenshot(path=pictures / f"{name}-{look}.png", full_page=True)
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="light")
    await session.detach()


async def press(page: Page, *buttons: str) -> None:
    for name in buttons:
        await page.get_by_role("button", name=name).click()


async def test_every_page_is_read_without_script(chromium: Browser, at_work: AtWork, tmp_path: Path):
    async with visit(chromium, at_work.desk) as page:
        for name in PAGES:
            await page.get_by_role("link", name=name, exact=True).click()
            await looked_at(page, tmp_path, name.replace(" ", "-").lower())
        await page.get_by_role("link", name="Log", exact=True).click()
        await page.get_by_role("link", name="2", exact=True).click()
        await page.get_by_role("link", name="Ask for the proof and verify it").click()
        await page.get_by_text("verified on this machine").wait_for()
        await looked_at(page, tmp_path, "leaf")


async def test_the_report_and_the_ledger_are_drawn(chromium: Browser, played: Played, tmp_path: Path):
    demands = [("company", "none"), ("investor", "none"), ("court", "court-order"), ("police", "production-order")]
    for number, (requester, basis) in enumerate(demands * 3):
        case, at = bytes([number]) * 32, NOW - number * 11 * 86_400
        declined = CaseDeclinedLeaf(case, requester, basis, "deletion" if number % 3 else "name", at)
        asked = CaseAskedLeaf(case, requester, basis, at, at + 86_400)
        played.platform.leaves.append((declined if basis == "none" else asked).to_bytes())
        if number == 3:
            played.platform.leaves.append(CaseEndedLeaf(case, "withdrawn", at + 3600).to_bytes())
    async with visit(chromium, played.desks["ann"]) as page:
        for name, charts in (("Pressure ledger", 1), ("Report", 3)):
            await page.get_by_role("link", name=name, exact=True).click()
            assert await page.locator("svg.chart").count() == charts
            await looked_at(page, tmp_path, name.replace(" ", "-").lower())


async def test_an_officer_approves_with_the_mouse(chromium: Browser, played: Played, tmp_path: Path):
    async with visit(chromium, played.desks["ann"]) as page:
        await page.get_by_role("link", name=played.platform.shown.case.instrument).click()
        await looked_at(page, tmp_path, "case")
        await press(page, "Approve …")
        await looked_at(page, tmp_path, "approve")
        assert not played.platform.shown.case.approvals
        await press(page, "Sign and send the approval")
        await page.get_by_text("Approved by: ann").wait_for()
        await page.get_by_role("link", name="Go on").click()
        await page.get_by_text("You have approved this.").wait_for()
    assert [each.officer for each in played.platform.shown.case.approvals] == ["ann"]


async def test_an_officer_vetoes_with_the_mouse_and_locks_down(chromium: Browser, played: Played, tmp_path: Path):
    played.platform.intend()
    async with visit(chromium, played.desks["dan"]) as page:
        await page.get_by_role("link", name=played.platform.shown.case.instrument).click()
        await press(page, "Veto …")
        await looked_at(page, tmp_path, "veto")
        await press(page, "Sign and send the veto")
        await page.get_by_role("link", name="Go on").click()
        await page.get_by_text("An officer has vetoed it").wait_for()
        await looked_at(page, tmp_path, "vetoed")
        assert kind_of(played.platform.leaves[-1]) == OpeningVetoedLeaf.KIND

        await page.get_by_role("link", name="Governance", exact=True).click()
        await press(page, "Lock everything down …", "Sign, and lock everything down")
        await page.get_by_role("link", name="Go on").click()
        await page.get_by_role("alert").get_by_text("Locked down.").wait_for()
        await looked_at(page, tmp_path, "locked")
    assert played.platform.governance.locked


async def test_markup_in_a_case_runs_nothing_even_where_script_may(chromium: Browser, at_work: AtWork, tmp_path: Path):
    lying = Lying(at_work, pb.CASE_STATE_WITNESSED)
    async with visit(chromium, at_work.desk, script=True) as page:
        await page.goto(f"{page.url}/{lying.case_id}")
        assert await page.evaluate("typeof pwned") == "undefined"
        assert await page.locator("script, style, [onerror]").count() == 0
        await looked_at(page, tmp_path, "hostile")

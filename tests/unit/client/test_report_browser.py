"""The report in a real headless Chromium: it keeps its own policy and fetches nothing. Skipped without one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.unit.client.test_report_page import full, report
from vouchsafe.sdk.report_page import to_html

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 360, "height": 800}
LOOKS = {
    "wide": {"viewport": WIDE},
    "narrow": {"viewport": NARROW},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "forced": {"viewport": WIDE, "forced_colors": "active"},
}


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.mark.parametrize("look", LOOKS)
async def test_the_page_is_read_without_asking_anybody(chromium: Browser, tmp_path: Path, look: str) -> None:
    (tmp_path / "report.html").write_text(to_html(report(full())), encoding="utf-8")
    context = await chromium.new_context(**LOOKS[look])
    page = await context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto((tmp_path / "report.html").as_uri())
    assert asked == [(tmp_path / "report.html").as_uri()]
    assert complaints == []
    # The style is in force, so the page's policy lets it in; what is overdue stands out from what is not.
    row = page.locator("tr.overdue").first
    colours = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(document.body).backgroundColor]"
    shown, behind = await row.evaluate(colours)
    assert shown not in (behind, "rgba(0, 0, 0, 0)")
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    # A chart is told to who does not see it, and drawn in the colour of the words around it.
    assert await page.get_by_role("img", name="Demands by who asked and how", exact=False).count() == 1
    drawn = "e => getComputedStyle(e).color === getComputedStyle(document.body).color"
    assert await page.locator("svg.chart").first.evaluate(drawn)
    await page.screenshot(path=tmp_path / f"{look}.png", full_page=True)
    await context.close()

"""The desk in a real headless Chromium, without JavaScript: read, approve, veto, lock down. Skipped without one."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.rpc.desk.conftest import AtWork
from vouchsafe.desk.serving import serving

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

WIDE, NARROW = {"width": 1400, "height": 1000}, {"width": 360, "height": 800}


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def visit(chromium: Browser, at_work: AtWork, **options: object) -> AsyncIterator[Page]:
    """A tab at the desk, its session begun; whatever the console complains of fails the test."""
    complaints: list[str] = []
    async with serving(at_work.desk, "127.0.0.1", 0) as url:
        context = await chromium.new_context(java_script_enabled=False, **({"viewport": WIDE} | options))
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(url)
        yield page
        await context.close()
    assert not complaints


async def fits(page: Page) -> bool:
    """Whether nothing is wider than the window. Measured by the protocol: the page itself may run no script."""
    session = await page.context.new_cdp_session(page)
    metrics = await session.send("Page.getLayoutMetrics")
    return bool(metrics["cssContentSize"]["width"] <= metrics["cssLayoutViewport"]["clientWidth"])


@pytest.mark.parametrize("look", ["wide", "narrow", "dark"])
async def test_every_page_is_read_without_script(chromium: Browser, at_work: AtWork, tmp_path: Path, look: str):
    options = {"viewport": NARROW if look == "narrow" else WIDE, "color_scheme": "dark" if look == "dark" else "light"}
    async with visit(chromium, at_work, **options) as page:
        for name in ("Cases", "Open a case", "Log", "Pressure ledger", "Report", "Governance"):
            await page.get_by_role("link", name=name, exact=True).click()
            assert await page.get_by_role("heading", level=1).count() == 1
            assert await fits(page), name
            await page.screenshot(path=tmp_path / f"{look}-{name.replace(' ', '-').lower()}.png", full_page=True)

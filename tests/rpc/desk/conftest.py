"""A desk of officer ann before a real disclosure service, and somebody who speaks HTTP to it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.rpc.desk.played import PlayedPlatform
from tests.rpc.disclosure.world import Ceremony, Platform, Served, tls_of
from tests.unit.client.officers import KEYS, trust
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.desk.serving import serving
from vouchsafe.sdk.governance_side import GovernanceSide
from vouchsafe.sdk.officer_side import OfficerSide
from vouchsafe.sdk.profile import OfficerEdge
from vouchsafe.sdk.public_log import PlatformLog


@dataclass
class Answer:
    """What came back, read to its end."""

    status: int
    headers: aiohttp.typedefs.CIMultiDictProxy[str] | dict[str, str]
    text: str


@dataclass
class Browser:
    """As much of a browser as the desk's rules are about: headers, a cookie, forms. It follows no redirect."""

    http: aiohttp.ClientSession
    authority: str
    start: str
    cookie: str = ""
    room: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        """Open the start address, as the officer does."""
        answer = await self.get(self.start)
        assert answer.status == 303
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        self.room = answer.headers["Location"].removesuffix("/cases")

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers)

    async def page(self, path: str) -> str:
        """A page of the room that must be there."""
        answer = await self.get(f"{self.room}{path}")
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.text

    async def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', await self.page("/governance"))
        assert found
        return found[1]

    async def say_yes(
        self, path: str, fields: dict[str, str] | None = None, files: dict[str, bytes] | None = None
    ) -> str:
        """Press a button of a page, read what it asks, say yes; the page that asked, then the one that tells."""
        told = {"token": await self.token()} | (fields or {})
        where = f"{self.room}{path}"
        asked = await self.post(where, told) if files is None else await self.send(where, told, files)
        assert asked.status == 303, asked.text
        confirm = asked.headers["Location"].removeprefix(self.room)
        shown = await self.page(confirm)
        answer = await self.post(f"{self.room}{confirm}", {"token": await self.token()})
        assert answer.status == 303
        return shown + await self.page(confirm)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """A form, sent as a browser sends one of the desk's own pages."""
        return await self.ask("POST", path, {"Origin": f"http://{self.authority}"} | headers, fields)

    async def send(self, path: str, fields: dict[str, str], files: dict[str, bytes]) -> Answer:
        """A form with files."""
        parts = aiohttp.FormData(fields, default_to_multipart=True)
        for name, content in files.items():
            parts.add_field(name, content, filename=f"{name}.pdf")
        return await self.ask("POST", path, {"Origin": f"http://{self.authority}"}, parts)

    async def ask(
        self, method: str, path: str, headers: dict[str, str], data: dict[str, str] | aiohttp.FormData | None = None
    ) -> Answer:
        told = {"Cookie": self.cookie} if self.cookie else {}
        told |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        told = {name: value for name, value in told.items() if value}
        async with self.http.request(
            method, f"http://{self.authority}{path}", headers=told, data=data, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.text())


@dataclass
class AtWork:
    """Everything of one test."""

    platform: Platform
    disclosure: Served
    desk: Desk
    browser: Browser
    edge: OfficerEdge
    home: Path
    stack: AsyncExitStack

    async def browser_of(self, officer: str) -> Browser:
        """Another officer, at a desk of his own."""
        desk = await desk_of(officer, self.platform, self.edge, self.home / officer, self.stack)
        return await begun(desk, self.stack)


def edge_at(disclosure: Served, home: Path, trustees: dict[str, str] | None = None) -> OfficerEdge:
    """The officers' certificate, as files, and where disclosure is."""
    home.mkdir(exist_ok=True)
    tls, paths = tls_of("officer-desk"), [home / name for name in ("tls.crt", "tls.key", "ca.crt")]
    for path, content in zip(paths, (tls.certificate, tls.key, tls.authority), strict=True):
        path.write_bytes(content)
    return OfficerEdge(*paths, disclosure=disclosure.address, trustees=trustees or {})


async def desk_of(officer: str, platform: Platform, edge: OfficerEdge, state: Path, stack: AsyncExitStack) -> Desk:
    """The desk of an officer, on connections of his own."""
    trust = platform.trust
    side = await stack.enter_async_context(OfficerSide(edge, trust, patience=30))
    governance_side = await stack.enter_async_context(GovernanceSide(edge, trust, patience=10))
    key = platform.ceremony.officers[officer]
    return Desk(officer, key, trust, side, governance_side, LogCopy([PlatformLog(side.log)], trust, state))


async def begun(desk: Desk, stack: AsyncExitStack) -> Browser:
    """A session at a desk."""
    url = await stack.enter_async_context(serving(desk, "127.0.0.1", 0))
    authority, _, start = url.removeprefix("http://").partition("/")
    http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    browser = Browser(http, authority, f"/{start}")
    await browser.begin()
    return browser


@pytest.fixture
async def at_work(tmp_path: Path) -> AsyncIterator[AtWork]:
    """Ann at her desk, her session begun."""
    async with _working(tmp_path, Ceremony()) as made:
        yield made


@pytest.fixture
async def unhurried(tmp_path: Path) -> AsyncIterator[AtWork]:
    """The same where an opening's delay does not end while a test looks at it."""
    async with _working(tmp_path, _Unhurried()) as made:
        yield made


class _Unhurried(Ceremony):
    @property
    def text(self) -> str:
        return super().text.replace("veto_delay_seconds = 2\n", "veto_delay_seconds = 1800\n")


@asynccontextmanager
async def _working(directory: Path, ceremony: Ceremony) -> AsyncIterator[AtWork]:
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(Platform(directory, ceremony, MemoryEventStore()))
        await platform.start("witness-1", "witness-2", "trustee-1", "trustee-3", "trustee-5")
        disclosure = await platform.disclosure()
        await disclosure.publish_label()
        trustees = {name: address for name, address in platform.addresses.items() if name.startswith("trustee-")}
        edge = edge_at(disclosure, directory / "edge", trustees)
        desk = await desk_of("ann", platform, edge, directory / "ann", stack)
        yield AtWork(platform, disclosure, desk, await begun(desk, stack), edge, directory, stack)


@dataclass
class Played:
    """A platform in memory, and the desks of its officers."""

    platform: PlayedPlatform
    desks: dict[str, Desk]
    stack: AsyncExitStack

    async def browser(self, officer: str) -> Browser:
        return await begun(self.desks[officer], self.stack)


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    """An honest case, and each officer at a desk of his own."""
    platform = PlayedPlatform()
    async with AsyncExitStack() as stack:
        sides = (cast("OfficerSide", platform), cast("GovernanceSide", platform))
        desks = {
            name: Desk(name, key, trust(), *sides, LogCopy([platform], trust(), tmp_path / name))
            for name, key in KEYS.items()
        }
        yield Played(platform, desks, stack)

"""Nobody but the officer's own browser, on the desk's own pages, is answered or listened to: real HTTP requests."""

import asyncio
import socket
from typing import Any

import aiohttp
import pytest

from tests.rpc.desk.conftest import AtWork, Browser
from vouchsafe.desk.guard import HEADERS
from vouchsafe.desk.serving import serving
from vouchsafe.desk.session import IDLE_SECONDS, Session
from vouchsafe.sdk import VouchsafeError

PAGES = ("/cases", "/open", "/log", "/log/0", "/log/0?prove", "/pressure", "/report", "/report.json", "/governance")


@pytest.fixture
def browser(at_work: AtWork) -> Browser:
    return at_work.browser


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "localhost", "example.org", ""])  # noqa: S104
async def test_only_a_loopback_address_is_listened_at(at_work: AtWork, host: str):
    with pytest.raises(VouchsafeError, match="loopback"):
        async with serving(at_work.desk, host, 0):
            pass


async def test_it_listens_at_loopback_and_nowhere_else(browser: Browser):
    port = int(browser.authority.rpartition(":")[2])
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port)} - {"127.0.0.1", "127.0.1.1"}
    for address in addresses:
        with pytest.raises(OSError):
            socket.create_connection((address, port), timeout=1).close()


async def test_the_officer_reads_every_page(browser: Browser):
    for path in PAGES:
        assert (await browser.get(f"{browser.room}{path}")).status == 200, path


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", "evil.example:80"])
async def test_another_host_name_is_refused_whatever_else_is_right(browser: Browser, host: str):
    """DNS rebinding: the page's own name leads to loopback, and the browser sends that name."""
    for path in (f"{browser.room}/cases", browser.start):
        assert (await browser.get(path, Host=host)).status == 421


async def test_two_host_names_are_refused(browser: Browser):
    request = f"GET {browser.room}/cases HTTP/1.1\r\nHost: {browser.authority}\r\nHost: evil.example\r\n\r\n"
    assert (await raw(browser, request)).split()[1] in ("400", "421")


async def test_without_the_cookie_nothing_is_answered(browser: Browser):
    browser.cookie = ""
    for path in (*PAGES, "/static/desk.css", "/nowhere"):
        assert (await browser.get(f"{browser.room}{path}")).status == 403, path
    browser.cookie = "vouchsafe-desk=" + "x" * 43
    assert (await browser.get(f"{browser.room}/cases")).status == 403


async def test_no_stranger_is_told_the_room_or_a_token(browser: Browser):
    token = await browser.token()
    stranger = Browser(browser.http, browser.authority, browser.start)
    for path in ("/", "/start/x", "/start/", browser.start, "/cases", "/nowhere", f"{browser.room}/cases"):
        for method in ("GET", "HEAD", "POST", "PUT"):
            for headers in ({}, {"Origin": f"http://{browser.authority}"}, {"Host": "evil.example"}):
                answer = await stranger.ask(method, path, headers)
                assert answer.status >= 400
                told = answer.text + str(dict(answer.headers))
                assert browser.room not in told
                assert token not in told


async def test_the_start_address_works_once(browser: Browser):
    again = Browser(browser.http, browser.authority, browser.start)
    assert (await again.get(browser.start)).status == 403
    assert (await again.get("/start/")).status in (403, 404)
    assert (await again.get("/start/x")).status == 403
    assert "Set-Cookie" not in (await again.get(browser.start)).headers


async def test_the_cookie_is_bound_to_this_desk_alone(at_work: AtWork):
    async with serving(at_work.desk, "127.0.0.1", 0) as url:
        authority, _, start = url.removeprefix("http://").partition("/")
        other = Browser(at_work.browser.http, authority, f"/{start}")
        cookie = (await other.get(other.start)).headers["Set-Cookie"]
        stolen = Browser(at_work.browser.http, authority, "", cookie=at_work.browser.cookie, room=at_work.browser.room)
        assert (await stolen.get(f"{stolen.room}/cases")).status == 403
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    path = next(part for part in attributes if part.startswith("path="))
    assert {"httponly", "samesite=strict"} <= attributes
    assert len(path) > len("path=/") + 20, "a path that servers at other ports do not know"
    assert not any(part.startswith(("domain", "max-age", "expires")) for part in attributes)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
async def test_what_another_page_asks_for_is_refused(browser: Browser, site: str):
    assert (await browser.get(f"{browser.room}/cases", Sec_Fetch_Site=site)).status == 403
    assert (await browser.get(browser.start, Sec_Fetch_Site=site)).status == 403


async def lock_down(browser: Browser, **headers: Any) -> int:
    return (
        await browser.post(f"{browser.room}/governance/lock-down", {"token": await browser.token()}, **headers)
    ).status


async def test_a_form_of_the_desk_is_taken(browser: Browser):
    assert await lock_down(browser) == 303
    assert await lock_down(browser, Sec_Fetch_Site="same-origin") == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_is_refused(browser: Browser, headers: dict[str, str]):
    assert await lock_down(browser, **headers) == 403


@pytest.mark.parametrize("fields", [{}, {"token": ""}, {"token": "x" * 43}, {"token": "é"}])
@pytest.mark.parametrize(
    "path",
    ["/open", "/governance/lock-down", "/governance/unlock", "/governance/endorse/" + "0" * 64, "/confirm/x"]
    + [f"/cases/00000000-0000-4000-8000-000000000000/{action}" for action in ("approve", "veto", "execute")],
)
async def test_no_form_without_its_token_changes_anything(at_work: AtWork, path: str, fields: dict[str, str]):
    browser = at_work.browser
    assert (await browser.post(f"{browser.room}{path}", fields)).status == 403
    parts = aiohttp.FormData(fields, default_to_multipart=True)
    headers = {"Origin": f"http://{browser.authority}"}
    assert (await browser.ask("POST", f"{browser.room}{path}", headers, parts)).status == 403
    assert not at_work.desk.drafts._waiting


async def test_the_token_stands_before_anything_else_in_a_form_with_a_file(at_work: AtWork):
    browser = at_work.browser
    parts = aiohttp.FormData(default_to_multipart=True)
    parts.add_field("document", b"x" * 100_000, filename="order.pdf")
    parts.add_field("token", await browser.token())
    headers = {"Origin": f"http://{browser.authority}"}
    assert (await browser.ask("POST", f"{browser.room}/open", headers, parts)).status == 403


async def test_a_form_in_another_encoding_is_refused(browser: Browser):
    headers = {"Origin": f"http://{browser.authority}", "Content-Type": "text/plain"}
    answer = await browser.ask(
        "POST", f"{browser.room}/governance/lock-down", headers, {"token": await browser.token()}
    )
    assert answer.status in (403, 415)


async def test_reading_changes_nothing(at_work: AtWork):
    """Every address that a page names, and every one that takes a form, asked for by GET."""
    browser, before = at_work.browser, len(await at_work.disclosure.leaves())
    paths = [f"{browser.room}{path}" for path in PAGES]
    paths += [f"{browser.room}/governance/lock-down?token={await browser.token()}", f"{browser.room}/confirm/x"]
    paths += [f"{browser.room}/cases/00000000-0000-4000-8000-000000000000/{name}" for name in ("approve", "veto")]
    for path in paths:
        for method in ("GET", "HEAD"):
            assert (await browser.ask(method, path, {})).status in (200, 404, 405, 410, 502), path
    assert not at_work.desk.drafts._waiting
    assert len(await at_work.disclosure.leaves()) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
async def test_other_methods_do_nothing(browser: Browser, method: str):
    answer = await browser.ask(method, f"{browser.room}/cases", {"Origin": f"http://{browser.authority}"})
    assert answer.status in (403, 405)
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_every_answer_carries_the_headers(browser: Browser):
    stranger = Browser(browser.http, browser.authority, browser.start)
    answers = [
        await browser.get(f"{browser.room}{path}") for path in (*PAGES, "/static/desk.css", "/nowhere", "/log/999")
    ]
    answers += [await browser.get("/"), await browser.get("/start/x"), await stranger.get(f"{browser.room}/cases")]
    answers += [
        await browser.get("/", Host="evil.example"),
        await browser.post(f"{browser.room}/governance/lock-down", {}),
    ]
    answers += [await browser.ask("PUT", "/", {}), await browser.get(f"{browser.room}/", Sec_Fetch_Site="cross-site")]
    answers += [await browser.post(f"{browser.room}/governance/lock-down", {"token": await browser.token()})]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS), answer.status
    assert {answer.status for answer in answers} >= {200, 303, 403, 404, 421}


async def test_the_policy_allows_no_script_and_no_foreign_thing():
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy


async def test_what_is_no_http_is_answered_without_a_page(browser: Browser):
    answer = await raw(browser, "GET\r\n\r\n")
    assert answer.split()[1] == "400"
    assert browser.room not in answer


def test_a_session_that_nobody_uses_ends():
    now = [0.0]
    session = Session(monotonic=lambda: now[0])
    cookie = session.start(session.start_token or "")
    assert cookie
    for _ in range(3):
        now[0] += IDLE_SECONDS - 1
        assert session.holds(cookie)
    now[0] += IDLE_SECONDS + 1
    assert not session.holds(cookie)
    now[0] = 0
    assert not session.holds(cookie)


async def raw(browser: Browser, request: str) -> str:
    host, _, port = browser.authority.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request.encode())
        return (await asyncio.wait_for(reader.read(4096), 60)).decode("latin-1")
    finally:
        writer.close()

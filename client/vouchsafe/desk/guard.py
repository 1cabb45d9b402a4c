"""Which requests reach a page: those of the officer's own browser, made from the desk's own pages.

Checked in this order, before anything is read of a request: it names the host that the desk listens at (a page that
rebinds its own name to loopback does not), the browser does not say that another page made it (Fetch Metadata), it
carries the session's cookie, and, if it is to change anything, it comes from the desk's origin. The token in the form
is checked where the form is read (`forms`), which no handler can go around. Every answer gets the same headers.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from vouchsafe.desk.session import COOKIE, Session

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Not `no-referrer`: with that a browser sends `Origin: null` from our own forms. This tells others as little.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Server": "vouchsafe-desk",
    }
)

READING: Final = frozenset({"GET", "HEAD"})
_FROM_A_PAGE: Final = frozenset({"same-origin"})
_BY_HAND: Final = frozenset({"same-origin", "none"})


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the desk's headers on an answer, whatever kind it is."""
    response.headers.update(HEADERS)


def guard(session: Session, authority: str) -> Middleware:
    """The middleware in front of all pages. `authority`: the `host:port` that the desk listens at."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.getall("Host", []) != [authority]:
            raise web.HTTPMisdirectedRequest(text="This desk is not known by that name.")
        reading = request.method in READING
        if request.headers.get("Sec-Fetch-Site", "none" if reading else "same-origin") not in (
            _BY_HAND if reading else _FROM_A_PAGE
        ):
            raise web.HTTPForbidden(text="Another page asked for this.")
        if not starts(request) and not session.holds(request.cookies.get(COOKIE)):
            raise web.HTTPForbidden(text="No session: start the desk again, and open the address that it prints.")
        if not reading and request.headers.getall("Origin", []) != [f"http://{authority}"]:
            raise web.HTTPForbidden(text="This did not come from a page of the desk.")
        return await handler(request)

    return middleware


def starts(request: web.Request) -> bool:
    """Whether the request brings the start token instead of a cookie. The handler compares the token."""
    return request.method == "GET" and request.path.startswith("/start/")

"""The desk as an HTTP server on loopback: its routes, and what happens to an answer that is not a page.

An address that is not loopback is refused before anything listens. What reaches a page is `guard`'s; what a page shows
is in the modules named `..._pages`. Nothing is logged of a request: an address holds the session's room.
"""

import ipaddress
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources

from aiohttp import web
from aiohttp.typedefs import Handler

from vouchsafe.cli.setup import debugging
from vouchsafe.desk import case_pages, confirm_pages, governance_pages, log_pages, report_pages
from vouchsafe.desk.desk import DESK, Desk
from vouchsafe.desk.forms import SESSION, FormInvalid
from vouchsafe.desk.guard import add_headers, guard, starts
from vouchsafe.desk.rendering import ENVIRONMENT, environment, page
from vouchsafe.desk.session import COOKIE, Session
from vouchsafe.sdk.errors import Reason, VouchsafeError

_LARGEST_REQUEST = 64 * 1024**2
"""Bytes; an attached document is hashed as it arrives, so this is no memory."""

_STATIC = {"desk.css": "text/css", "icon.svg": "image/svg+xml"}


@asynccontextmanager
async def serving(desk: Desk, host: str, port: int) -> AsyncIterator[str]:
    """Serve the desk at a loopback address; the start URL. Port 0 is one that is free. PROFILE_INVALID for others."""
    with _listener(host, port) as listener:
        authority = _authority(listener)
        session = Session()
        runner = web.AppRunner(application(desk, session, authority), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield f"http://{authority}/start/{session.start_token}"
        finally:
            await runner.cleanup()


def application(desk: Desk, session: Session, authority: str) -> web.Application:
    """The desk behind its guard."""
    made = web.Application(middlewares=[guard(session, authority), _told], client_max_size=_LARGEST_REQUEST)
    made.on_response_prepare.append(add_headers)
    made[SESSION], made[DESK], made[ENVIRONMENT] = session, desk, environment()
    made.router.add_get("/start/{start}", _start, allow_head=False)
    room = f"/{session.room}"
    made.router.add_get(f"{room}/static/{{name}}", _static)
    for pages in (case_pages, confirm_pages, governance_pages, log_pages, report_pages):
        pages.add_routes(made.router, room)
    return made


def _listener(host: str, port: int) -> socket.socket:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = ipaddress.ip_address("0.0.0.0")  # noqa: S104  # refused below, as every name is
    if not address.is_loopback:
        raise VouchsafeError(Reason.PROFILE_INVALID, "the desk listens at a loopback address only, such as 127.0.0.1")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise VouchsafeError(Reason.PROFILE_INVALID, f"the desk cannot listen at {host}, port {port}") from error


def _authority(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _start(request: web.Request) -> web.Response:
    """Trade the start token for the session's cookie, once."""
    session = request.app[SESSION]
    cookie = session.start(request.match_info["start"])
    if cookie is None:
        raise web.HTTPForbidden(
            text="This start address does not work, or not any more. If you have not used it, somebody else has: "
            "stop the desk, and start it again."
        )
    answer = web.HTTPSeeOther(f"/{session.room}/cases")
    answer.set_cookie(COOKIE, cookie, path=f"/{session.room}", httponly=True, samesite="Strict")
    raise answer


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound
    content = resources.files("vouchsafe.desk").joinpath("static", name).read_bytes()
    return web.Response(body=content, content_type=_STATIC[name], charset="utf-8")


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the officer what went wrong, on a page. Of an unforeseen error only the kind: its text may hold anything."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        # Whoever is refused a session gets no page: its links would tell him the room.
        if answer.status < 400 or starts(request):
            raise
        return refusal(request, answer.status, "Not possible", answer.text or answer.reason)
    except FormInvalid as error:
        return refusal(request, 400, "Something is missing", f"{error}. Go back and mend it: nothing was sent.")
    except VouchsafeError as error:
        return refusal(request, 502, error.reason, error.message)
    except Exception as error:  # noqa: BLE001  # the last resort: the page says no more than that
        sys.stderr.write(traceback.format_exc() if debugging() else f"unforeseen: {type(error).__name__}\n")
        return refusal(request, 500, "Unforeseen", f"The desk failed in a way nobody foresaw ({type(error).__name__}).")


def refusal(request: web.Request, status: int, title: str, message: str) -> web.Response:
    """A page that says why there is no other."""
    return page(request, "refusal.html", status=status, title=title, message=message)

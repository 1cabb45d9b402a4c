"""The page that asks: what will be signed and what will be logged, a yes, and what became of it."""

from aiohttp import web

from vouchsafe.desk.desk import DESK
from vouchsafe.desk.drafts import Draft, Waiting
from vouchsafe.desk.forms import SESSION, read_form
from vouchsafe.desk.rendering import page
from vouchsafe.sdk.errors import VouchsafeError


def add_routes(router: web.UrlDispatcher, room: str) -> None:
    """Where a draft is shown, and where its yes goes."""
    router.add_get(f"{room}/confirm/{{draft}}", show)
    router.add_post(f"{room}/confirm/{{draft}}", carry_out)


def ask(request: web.Request, draft: Draft) -> web.HTTPSeeOther:
    """Put a draft on the desk, and send the officer to the page that shows it. To be raised."""
    name = request.app[DESK].drafts.add(draft)
    return web.HTTPSeeOther(f"/{request.app[SESSION].room}/confirm/{name}")


async def show(request: web.Request) -> web.Response:
    """The draft as it waits, or what became of it."""
    desk = request.app[DESK]
    waiting = _found(desk.drafts.look(request.match_info["draft"]))
    await desk.log.refresh()
    return page(request, "confirm.html", desk=desk, waiting=waiting, draft=waiting.draft)


async def carry_out(request: web.Request) -> web.Response:
    """Carry a draft out, once, and show what became of it."""
    await read_form(request)
    waiting = _found(request.app[DESK].drafts.take(request.match_info["draft"]))
    try:
        waiting.outcome = await waiting.draft.carry_out()
    except VouchsafeError as error:
        waiting.refused, waiting.outcome = True, f"{error.reason}: {error.message}"
    raise web.HTTPSeeOther(request.path)


def _found(waiting: Waiting | None) -> Waiting:
    if waiting is None:
        raise web.HTTPGone(text="This is not waiting any more: it was carried out, or it is too old. Begin again.")
    return waiting

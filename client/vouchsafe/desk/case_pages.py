"""The cases: all of them by urgency, one with its checks and clocks, and the form that opens another.

What an officer can do in a case is `case_actions`'s; here it is offered, prepared and put before him (`confirm_pages`).
"""

import time
import uuid
from dataclasses import dataclass

from aiohttp import web

from services.seal.requests import Basis, Field, Requester
from vouchsafe.desk import case_actions, case_words
from vouchsafe.desk.case_checks import check_approvals, check_case, leaves_of
from vouchsafe.desk.case_offers import offered
from vouchsafe.desk.case_words import RUNNING, Clock, Shown, by_urgency, clocks_of, state_of
from vouchsafe.desk.confirm_pages import ask
from vouchsafe.desk.desk import DESK
from vouchsafe.desk.forms import SESSION, read_form
from vouchsafe.desk.opening import open_draft
from vouchsafe.desk.rendering import page
from vouchsafe.desk.words import moment
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.errors import VouchsafeError


@dataclass(frozen=True)
class CaseRow:
    """A line of the list."""

    case: pb.CaseSummary
    state: Shown
    requester: str
    basis: str
    clocks: list[Clock]


@dataclass(frozen=True)
class Due:
    """How much of the time to the answer is gone, in seconds."""

    gone: int
    total: int


def add_routes(router: web.UrlDispatcher, room: str) -> None:
    """The list, a case, its actions, and the form."""
    router.add_get(f"{room}/cases", index)
    router.add_get(f"{room}/cases/{{case}}", show)
    router.add_post(f"{room}/cases/{{case}}/{{action}}", act)
    router.add_get(f"{room}/open", form)
    router.add_post(f"{room}/open", open_case)


async def index(request: web.Request) -> web.Response:
    """All cases, the most pressing first; while disclosure is away, why there are none. The other pages work then."""
    desk = request.app[DESK]
    await desk.log.refresh()
    now = int(time.time())
    listed: list[pb.CaseSummary] = []
    away = ""
    try:
        listed = [each async for each in desk.side.cases()]
    except VouchsafeError as error:
        away = f"{error.reason}: {error.message}"
    rows = [
        CaseRow(
            each, state_of(each, now), case_words.requester_of(each), case_words.basis_of(each), clocks_of(each, now)
        )
        for each in by_urgency(listed)
    ]
    running = [row for row in rows if row.case.state in RUNNING]
    over = [row for row in rows if row.case.state not in RUNNING]
    return page(request, "cases.html", desk=desk, running=running, over=over, away=away)


async def show(request: web.Request) -> web.Response:
    """One case, checked in this process."""
    desk = request.app[DESK]
    case_id = _case_id(request)
    case = await desk.side.case(case_id)
    await desk.log.refresh()  # after the case, so that the log has whatever the case tells of
    checked = check_case(desk, case, case_id)
    approvals = check_approvals(desk, checked)
    now = int(time.time())
    due = None
    if case.state in RUNNING and case.due_at > case.opened_at:
        due = Due(max(0, min(now, case.due_at) - case.opened_at), case.due_at - case.opened_at)
    return page(
        request,
        "case.html",
        desk=desk,
        case=case,
        state=state_of(case, now),
        requester=case_words.requester_of(case),
        checks=checked.lines,
        demand=_demand(case),
        clocks=clocks_of(case, now),
        due=due,
        approvals=approvals,
        in_log=leaves_of(desk, case),
        holds=checked.reviewed is not None or case.state == pb.CASE_STATE_DECLINED,
        pending=case.state == pb.CASE_STATE_PENDING,
        waiting=case.state == pb.CASE_STATE_OPENED,
        actions=offered(desk, checked, approvals, now),
    )


async def act(request: web.Request) -> web.Response:
    """Prepare what the officer wants to do, and ask him."""
    desk = request.app[DESK]
    case_id = _case_id(request)
    filled = await read_form(request)
    prepare = case_actions.PREPARE.get(request.match_info["action"])
    if prepare is None:
        raise web.HTTPNotFound(text="There is no such action.")
    case = await desk.side.case(case_id)
    await desk.log.refresh()
    back = f"/{request.app[SESSION].room}/cases/{case_id}"
    raise ask(request, prepare(desk, check_case(desk, case, case_id), filled, back))


async def form(request: web.Request) -> web.Response:
    """The form that opens a case."""
    desk = request.app[DESK]
    await desk.log.refresh()
    return page(request, "open.html", desk=desk, requesters=list(Requester), bases=list(Basis), fields=list(Field))


async def open_case(request: web.Request) -> web.Response:
    """Prepare a case from the form, and ask."""
    desk = request.app[DESK]
    filled = await read_form(request)
    raise ask(request, open_draft(desk, filled, f"/{request.app[SESSION].room}/cases"))


def _case_id(request: web.Request) -> str:
    try:
        return str(uuid.UUID(request.match_info["case"]))
    except ValueError as error:
        raise web.HTTPNotFound(text="That is no case’s identifier.") from error


def _demand(case: pb.Case) -> list[tuple[str, str]]:
    """The request as names and values."""
    waiver = case.waiver_hash.hex() if any(case.waiver_hash) else "none"
    return [
        ("Who asks", f"{case_words.requester_of(case)}, {case.organisation}"),
        ("Stands on", case_words.basis_of(case)),
        ("Instrument", case.instrument),
        ("Legal ground", case.ground),
        ("Document, SHA-256", case.document_hash.hex()),
        ("Asks for", case_words.fields_of(case)),
        ("Answer goes to key", case.recipient_key.hex()),
        ("The subject", case_words.notice_of(case)),
        ("Document that waives the notice", waiver),
        ("Asked", moment(case.opened_at)),
        ("Case", case.case_id),
    ]

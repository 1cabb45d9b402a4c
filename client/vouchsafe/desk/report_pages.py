"""The pressure ledger and the transparency report, counted in this process from the desk's own copy of the log."""

from aiohttp import web

from services.seal.leaves import CaseDeclinedLeaf, kind_of
from vouchsafe.desk.desk import DESK, Desk
from vouchsafe.desk.log_pages import Row
from vouchsafe.desk.rendering import page
from vouchsafe.desk.words import leaf_in_words
from vouchsafe.sdk import report_page
from vouchsafe.sdk.report import Report, report_on
from vouchsafe.sdk.report_document import to_json

_NEWEST = 50


def add_routes(router: web.UrlDispatcher, room: str) -> None:
    """What the log counts up to."""
    router.add_get(f"{room}/pressure", pressure)
    router.add_get(f"{room}/report", show)
    router.add_get(f"{room}/report.json", document)


async def pressure(request: web.Request) -> web.Response:
    """Demands that nobody had a right to make, by who made them, and the newest of them."""
    desk, report = await _report(request)
    declined = [
        Row(index, leaf_in_words(data))
        for index, data in enumerate(desk.log.leaves)
        if data.startswith(b"vouchsafe/v1/leaf/") and kind_of(data) == CaseDeclinedLeaf.KIND
    ]
    chart = report_page.declined_chart(report) if report.declined else ""
    newest = declined[: -_NEWEST - 1 : -1]
    return page(request, "pressure.html", desk=desk, report=report, chart=chart, newest=newest, count=len(declined))


async def show(request: web.Request) -> web.Response:
    """The report, with its charts."""
    desk, report = await _report(request)
    return page(
        request,
        "report.html",
        desk=desk,
        report=report,
        charts=(
            report_page.demands_chart(report) if report.counts else "",
            report_page.months_chart(report) if report.months else "",
            report_page.times_chart(report.answer_times) if report.answer_times else "",
        ),
    )


async def document(request: web.Request) -> web.Response:
    """The report as JSON, for machines."""
    _, report = await _report(request)
    return web.Response(text=to_json(report), content_type="application/json", charset="utf-8")


async def _report(request: web.Request) -> tuple[Desk, Report]:
    """The report on what stands under the newest verified checkpoint. 503 as long as there is none."""
    desk = request.app[DESK]
    await desk.log.refresh()
    verified = desk.log.verified
    if verified is None:
        raise web.HTTPServiceUnavailable(text="The log has not been reached yet, so there is nothing to count.")
    size, root = verified.checkpoint.size, verified.checkpoint.root
    as_of = max(each.timestamp for each in verified.cosignatures)
    return desk, report_on(desk.trust, desk.log.leaves[:size], root=root, as_of=as_of)

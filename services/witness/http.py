"""The witness over HTTP, as C2SP tlog-witness says: one path, one method, and what each decision is called there.

Anybody may ask; that the log has signed is what counts. A refusal of a head that the log signed is an alarm.
"""

from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

from services.chassis.http_server import body_of
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import WITNESS_ANSWERS
from services.seal.errors import SealError
from services.tlog.witness_wire import MAX_REQUEST, PATH, SIZE_TYPE, AddCheckpoint
from services.witness.decision import FORKS, Reason, Refused, Witness
from services.witness.fork import keep

FORK_REFUSED: Final = "fork_refused"

STATUS: Final = {
    Reason.MALFORMED: HTTPStatus.BAD_REQUEST,
    Reason.LOG_UNKNOWN: HTTPStatus.NOT_FOUND,
    Reason.NOT_SIGNED: HTTPStatus.FORBIDDEN,
    Reason.SHRINKS: HTTPStatus.BAD_REQUEST,
    Reason.OTHER_ROOT: HTTPStatus.CONFLICT,
    Reason.INCONSISTENT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.PROOF_UNASKED: HTTPStatus.UNPROCESSABLE_ENTITY,
}

_log = log(__name__)


class WitnessHandler:
    """Serves a witness below `prefix`; evidence of a fork is kept in `evidence`, a directory."""

    def __init__(self, witness: Witness, *, evidence: Path, prefix: str = "") -> None:
        self._witness = witness
        self._evidence = evidence
        self._path = prefix.rstrip("/") + PATH

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Answer a request. Raises aiohttp's HTTP exceptions for another path, method or length."""
        if request.path != self._path:
            raise web.HTTPNotFound(text="")
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST"], text="")
        response = self._answer(await body_of(request, MAX_REQUEST))
        WITNESS_ANSWERS.add(1, {"code": str(response.status)})
        return response

    def _answer(self, body: bytes) -> web.Response:
        try:
            request = AddCheckpoint.parse(body)
        except SealError:
            return web.Response(status=STATUS[Reason.MALFORMED])
        try:
            answer = self._witness.add(request)
        except Refused as refusal:
            return self._refusal(request, refusal.reason)
        if isinstance(answer, int):
            return _size(answer)
        return web.Response(text=answer)

    def _refusal(self, request: AddCheckpoint, reason: Reason) -> web.Response:
        if reason in FORKS:
            _log.error(FORK_REFUSED, reason=reason.value, count=self._witness.size)
            keep(self._evidence, self._witness.head, request)
        if reason is Reason.OTHER_ROOT:
            return _size(self._witness.size)
        return web.Response(status=STATUS[reason])


def _size(size: int) -> web.Response:
    return web.Response(status=HTTPStatus.CONFLICT, body=f"{size}\n".encode(), content_type=SIZE_TYPE)

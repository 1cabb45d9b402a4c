"""TrusteeService: one answer, and one constant refusal for everything else, counted; LockService refuses so as well."""

from enum import StrEnum
from typing import Final

from grpc import StatusCode
from opentelemetry import metrics

from services.chassis.rpc_errors import ErrorTable
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import METER
from services.tlog.errors import LogUnavailable
from services.trustee.decision import Refused, Trustee
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb
from vouchsafe.trustee.v1 import trustee_service_pb2_grpc as rpc

TRUSTEE_REFUSED: Final = "trustee_refused"
TRUSTEE_ANSWERED: Final = "trustee_answered"

_REFUSALS: Final = metrics.get_meter(METER).create_counter(
    "vouchsafe.trustee.refusals", unit="{refusal}", description="Requests that a trustee refused, by method"
)
_log = log(__name__)


class Reason(StrEnum):
    """The one reason. A caller who is refused learns nothing of which check failed."""

    REFUSED = "REFUSED"


class RefusedByTrustee(Exception):
    """Carries the reason to the error table."""

    reason = Reason.REFUSED


ERRORS: Final = ErrorTable(
    reasons={Reason.REFUSED: StatusCode.PERMISSION_DENIED},
    exceptions={LogUnavailable: (StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")},
)


class Refusals:
    """Counts refusals of one process, in a log line and in a measurement."""

    def __init__(self) -> None:
        self._count = 0

    def refuse(self, method: str) -> RefusedByTrustee:
        """What to raise, counted."""
        self._count += 1
        _REFUSALS.add(1, {"method": method})
        _log.warning(TRUSTEE_REFUSED, method=method, count=self._count)
        return RefusedByTrustee()


class TrusteeServicer(rpc.TrusteeServiceServicer):
    """Serves `Trustee` to disclosure."""

    def __init__(self, trustee: Trustee, refusals: Refusals) -> None:
        self._trustee = trustee
        self._refusals = refusals

    async def DecryptShare(  # noqa: N802
        self, request: pb.DecryptShareRequest, _context: object
    ) -> pb.DecryptShareResponse:
        """Answer this trustee's partial decryption, or refuse."""
        try:
            partial = await self._trustee.decrypt(request)
        except Refused:
            raise self._refusals.refuse("DecryptShare") from None
        _log.info(TRUSTEE_ANSWERED)
        return pb.DecryptShareResponse(index=partial.index, point=partial.point, proof=partial.proof)

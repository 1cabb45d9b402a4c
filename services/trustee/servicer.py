"""TrusteeService: one answer, and one constant refusal for everything else, counted."""

from enum import StrEnum
from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.chassis.telemetry_log import log
from services.trustee.decision import Refused, Trustee
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb
from vouchsafe.trustee.v1 import trustee_service_pb2_grpc as rpc

TRUSTEE_REFUSED: Final = "trustee_refused"
TRUSTEE_ANSWERED: Final = "trustee_answered"

_log = log(__name__)


class Reason(StrEnum):
    """The one reason. A caller who is refused learns nothing of which check failed."""

    REFUSED = "REFUSED"


class RefusedByTrustee(Exception):
    """Carries the reason to the error table."""

    reason = Reason.REFUSED


ERRORS: Final = ErrorTable(reasons={Reason.REFUSED: StatusCode.PERMISSION_DENIED})


class TrusteeServicer(rpc.TrusteeServiceServicer):
    """Serves `Trustee`."""

    def __init__(self, trustee: Trustee) -> None:
        self._trustee = trustee
        self._refused = 0

    async def DecryptShare(  # noqa: N802
        self, request: pb.DecryptShareRequest, _context: object
    ) -> pb.DecryptShareResponse:
        """Answer this trustee's partial decryption, or refuse."""
        try:
            partial = self._trustee.decrypt(request)
        except Refused:
            self._refused += 1
            _log.warning(TRUSTEE_REFUSED, count=self._refused)
            raise RefusedByTrustee from None
        _log.info(TRUSTEE_ANSWERED)
        return pb.DecryptShareResponse(index=partial.index, point=partial.point, proof=partial.proof)

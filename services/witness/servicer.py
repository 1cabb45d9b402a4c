"""WitnessService: messages in, messages out; refusals of a fork are counted, for each is an alarm."""

from typing import Final

from grpc import StatusCode

from services.chassis.rpc_errors import ErrorTable
from services.chassis.telemetry_log import log
from services.witness.decision import Reason, Refused, Witness
from vouchsafe.witness.v1 import witness_service_pb2 as pb
from vouchsafe.witness.v1 import witness_service_pb2_grpc as rpc

CHECKPOINT_REFUSED: Final = "checkpoint_refused"

ERRORS: Final = ErrorTable(
    reasons={
        Reason.CHECKPOINT_MALFORMED: StatusCode.INVALID_ARGUMENT,
        Reason.LOG_UNKNOWN: StatusCode.PERMISSION_DENIED,
        Reason.CHECKPOINT_INCONSISTENT: StatusCode.FAILED_PRECONDITION,
    }
)

_log = log(__name__)


class WitnessServicer(rpc.WitnessServiceServicer):
    """Serves `Witness`."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._refused = 0

    async def AddCheckpoint(  # noqa: N802
        self, request: pb.AddCheckpointRequest, _context: object
    ) -> pb.AddCheckpointResponse:
        """Co-sign a checkpoint, answer the size to start from, or refuse."""
        try:
            answer = self._witness.add(request.old_size, request.consistency_proof, request.checkpoint)
        except Refused as refusal:
            self._refused += 1
            _log.error(CHECKPOINT_REFUSED, reason=refusal.reason.value, count=self._refused)
            raise
        if isinstance(answer, int):
            return pb.AddCheckpointResponse(known_size=answer)
        return pb.AddCheckpointResponse(cosignature=answer)

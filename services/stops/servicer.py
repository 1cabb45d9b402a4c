"""LockService: what the officers' desk tells a process to stop. One refusal, whatever the cause."""

from collections.abc import Callable
from typing import Final

from services.chassis.telemetry_log import log
from services.seal.errors import SealError
from services.stops.stops import Stops
from vouchsafe.trustee.v1 import lock_service_pb2 as pb
from vouchsafe.trustee.v1 import lock_service_pb2_grpc as rpc

LOCKED_DOWN: Final = "told_lock_down"
VETOED: Final = "told_veto"

_log = log(__name__)


class LockServicer(rpc.LockServiceServicer):
    """Serves `Stops` to officers. `refused` makes what is raised in place of an answer, from the method's name."""

    def __init__(self, stops: Stops, refused: Callable[[str], Exception]) -> None:
        self._stops = stops
        self._refused = refused

    async def LockDown(self, request: pb.LockDownRequest, _context: object) -> pb.LockDownResponse:  # noqa: N802
        """Take a lock-down, or refuse."""
        try:
            await self._stops.lock_down(request.number, request.officer, request.signature)
        except SealError:
            raise self._refused("LockDown") from None
        _log.warning(LOCKED_DOWN)
        return pb.LockDownResponse()

    async def Veto(self, request: pb.VetoRequest, _context: object) -> pb.VetoResponse:  # noqa: N802
        """Take a veto, or refuse."""
        try:
            await self._stops.veto(request.intent, request.officer, request.signature)
        except SealError:
            raise self._refused("Veto") from None
        _log.warning(VETOED)
        return pb.VetoResponse()

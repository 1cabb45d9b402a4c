"""TransparencyLogService: anyone's window on the log. Every answer is public and verified by whoever gets it."""

from typing import Final

from services.disclosure.domain.errors import DomainError, Reason
from services.seal.errors import SealError
from services.tlog.checkpoints import Checkpoints
from services.tlog.errors import SizeUnknown
from services.tlog.log import TransparencyLog
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as pb
from vouchsafe.disclosure.v1 import transparency_log_service_pb2_grpc as rpc

DEFAULT_LEAVES: Final = 256


class TransparencyLogServicer(rpc.TransparencyLogServiceServicer):
    """Serves `TransparencyLog` and `Checkpoints`."""

    def __init__(self, log: TransparencyLog, checkpoints: Checkpoints) -> None:
        self._log = log
        self._checkpoints = checkpoints

    async def GetCheckpoint(  # noqa: N802
        self, request: pb.GetCheckpointRequest, _context: object
    ) -> pb.GetCheckpointResponse:
        """Answer the newest co-signed checkpoint."""
        cosigned = await self._checkpoints.covering(request.min_size)
        return pb.GetCheckpointResponse(checkpoint=cosigned.note)

    async def ListLeaves(  # noqa: N802
        self, request: pb.ListLeavesRequest, _context: object
    ) -> pb.ListLeavesResponse:
        """Answer leaves in order; none beyond the end, which another process may have moved."""
        limit = request.limit or DEFAULT_LEAVES
        if request.start + limit > self._log.size:
            await self._log.refresh()
        return pb.ListLeavesResponse(leaves=self._log.leaves(request.start, limit))

    async def GetInclusionProof(  # noqa: N802
        self, request: pb.GetInclusionProofRequest, _context: object
    ) -> pb.GetInclusionProofResponse:
        """Answer the proof that a leaf is in the log."""
        index = await self._log.find(request.leaf_hash)
        if index is None:
            raise DomainError(Reason.LEAF_UNKNOWN)
        return pb.GetInclusionProofResponse(proof=await self._checkpoints.proof_of(index))

    async def GetConsistencyProof(  # noqa: N802
        self, request: pb.GetConsistencyProofRequest, _context: object
    ) -> pb.GetConsistencyProofResponse:
        """Answer the proof that the log only grew between two sizes."""
        if request.new_size > self._log.size:
            await self._log.refresh()
        try:
            path = self._log.consistency(request.old_size, request.new_size)
        except SealError:
            raise SizeUnknown("the log never had these sizes") from None
        return pb.GetConsistencyProofResponse(hashes=path)

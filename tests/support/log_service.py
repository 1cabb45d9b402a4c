"""The log as disclosure serves it over RPC, with every key in reach; it may grow whenever somebody looks."""

import random

from services.chassis.rpc_server import ServiceBinding
from services.seal.tlog_proof import TlogProof
from tests.support.public_log import PublicLog
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as pb
from vouchsafe.disclosure.v1 import transparency_log_service_pb2_grpc as rpc

SERVICE = "vouchsafe.disclosure.v1.TransparencyLogService"


class LogServicer(rpc.TransparencyLogServiceServicer):
    """Serves `log`, which grows by up to `growth` leaves at each look at its head."""

    def __init__(self, log: PublicLog, growth: int = 0, seed: int = 1) -> None:
        self.log = log
        self.growth = growth
        self._random = random.Random(seed)

    @property
    def binding(self) -> ServiceBinding[rpc.TransparencyLogServiceServicer]:
        return ServiceBinding(rpc.add_TransparencyLogServiceServicer_to_server, self)

    async def GetCheckpoint(  # noqa: N802
        self, _request: pb.GetCheckpointRequest, _context: object
    ) -> pb.GetCheckpointResponse:
        self.log.grow(self._random.randint(0, self.growth))
        return pb.GetCheckpointResponse(checkpoint=self.log.head())

    async def ListLeaves(  # noqa: N802
        self, request: pb.ListLeavesRequest, _context: object
    ) -> pb.ListLeavesResponse:
        return pb.ListLeavesResponse(leaves=self.log.leaves[request.start : request.start + request.limit])

    async def GetInclusionProof(  # noqa: N802
        self, request: pb.GetInclusionProofRequest, _context: object
    ) -> pb.GetInclusionProofResponse:
        size = len(self.log.leaves)
        index = [self.log.tree.complete(0, i) for i in range(size)].index(request.leaf_hash)
        proof = TlogProof(index, self.log.tree.inclusion(index, size), self.log.head())
        return pb.GetInclusionProofResponse(proof=proof.format())

    async def GetConsistencyProof(  # noqa: N802
        self, request: pb.GetConsistencyProofRequest, _context: object
    ) -> pb.GetConsistencyProofResponse:
        hashes = self.log.tree.consistency(request.old_size, request.new_size)
        return pb.GetConsistencyProofResponse(hashes=hashes)

"""Which failures time mends: a later try of the very same thing may succeed although nobody has changed anything."""

import grpc

from services.chassis.integration.bus import BusUnavailable
from services.chassis.log.eventstore import Overloaded, StoreUnavailable, VersionConflict
from services.chassis.log.handle import Contended
from services.chassis.log.lease import LeaseLost
from services.chassis.rpc_errors import RpcError

# OSError holds the network's failures, and those of time-outs; what else it holds is not worth giving up for.
_MENDING = (StoreUnavailable, Overloaded, VersionConflict, Contended, BusUnavailable, LeaseLost, OSError)
_MENDING_CODES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)


def mends_itself(error: Exception) -> bool:
    """Whether to wait and try again rather than to give up; of an RPC its code decides."""
    return error.code in _MENDING_CODES if isinstance(error, RpcError) else isinstance(error, _MENDING)

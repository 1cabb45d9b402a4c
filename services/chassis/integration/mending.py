"""Which failures time mends: a later try of the very same thing may succeed although nobody has changed anything."""

import grpc

from services.chassis.integration.bus import BusUnavailable
from services.chassis.log.eventstore import Overloaded, StoreUnavailable, VersionConflict
from services.chassis.log.handle import Contended
from services.chassis.log.lease import LeaseLost
from services.chassis.rpc_errors import RpcError

_MENDING = (
    StoreUnavailable,
    Overloaded,
    VersionConflict,
    Contended,
    BusUnavailable,
    LeaseLost,
    ConnectionError,
    TimeoutError,
)
_MENDING_CODES = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)
_TOO_MANY_CALLS = "Concurrent RPC limit exceeded"


def mends_itself(error: Exception) -> bool:
    """Whether to wait and try again rather than to give up; of an RPC its code decides, or that it says when to."""
    if not isinstance(error, RpcError):
        return isinstance(error, _MENDING)
    # What is exhausted may be a limit that holds for good, such as a message's size.
    return error.code in _MENDING_CODES or error.retry_after is not None or _TOO_MANY_CALLS in error.message

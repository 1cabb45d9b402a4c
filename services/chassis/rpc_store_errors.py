"""What callers see of the event log's refusals, the same for every service."""

from typing import Final

import grpc

from services.chassis.log.eventstore import CommitTooLarge, Overloaded, StoreUnavailable, VersionConflict
from services.chassis.log.handle import Contended, RequestIdReused
from services.chassis.rpc_errors import ErrorTable

STORE_ERRORS: Final = ErrorTable(
    reasons={},
    exceptions={
        RequestIdReused: (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"),
        Contended: (grpc.StatusCode.ABORTED, "CONTENDED"),
        VersionConflict: (grpc.StatusCode.ABORTED, "VERSION_CONFLICT"),
        CommitTooLarge: (grpc.StatusCode.RESOURCE_EXHAUSTED, "COMMIT_TOO_LARGE"),
        Overloaded: (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"),
        StoreUnavailable: (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
    },
)

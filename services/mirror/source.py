"""The log itself as a source: disclosure's TransparencyLogService. What it answers is verified by `services.tlog`."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from services.chassis.rpc_client import RpcChannel
from services.chassis.rpc_errors import RpcError
from services.seal.checkpoint import Checkpoint
from services.tlog.errors import SourceError
from services.tlog.root_check import tree_of
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as pb
from vouchsafe.disclosure.v1.transparency_log_service_pb2_grpc import TransparencyLogServiceStub

PAGE: Final = 1024
"""Leaves that are asked for at once."""

T = TypeVar("T")


class LogService:
    """The service behind a channel."""

    name = "disclosure"

    def __init__(self, channel: RpcChannel) -> None:
        self._channel = channel
        self._stub = TransparencyLogServiceStub(channel.channel)

    async def checkpoint(self) -> str:
        """The newest co-signed head."""
        return (await self._ask(self._stub.GetCheckpoint, pb.GetCheckpointRequest())).checkpoint

    async def entries(self, start: int, size: int) -> list[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves."""
        found: list[bytes] = []
        while (at := start + len(found)) < size:
            request = pb.ListLeavesRequest(start=at, limit=min(PAGE, size - at))
            leaves = (await self._ask(self._stub.ListLeaves, request)).leaves
            if not leaves:
                raise SourceError("the log has fewer leaves than its checkpoint says")
            found += leaves
        return found

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root over the first `size` leaves of the tree under this checkpoint, by all of its leaves; SealError."""
        return tree_of(await self.entries(0, checkpoint.size), checkpoint).root(size)

    async def _ask(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        try:
            return await self._channel.unary(method, request)
        except RpcError as error:
            raise SourceError(error.reason) from error

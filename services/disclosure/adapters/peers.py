"""The processes that disclosure calls, as one function each.

Trustees and witnesses are called by their number: the i-th key of the trust material is `trustee-<i>` or `witness-<i>`.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.chassis.deployment import Endpoints
from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RetryPolicy, RpcChannel
from services.chassis.tls import TlsFiles
from services.disclosure.cases import AskForum
from services.disclosure.vault import AskIdentity, AskTrustee
from services.tlog.checkpoints import AskWitness
from vouchsafe.forum.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from vouchsafe.identity.v1.release_service_pb2_grpc import ReleaseServiceStub
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import TrusteeServiceStub
from vouchsafe.witness.v1 import witness_service_pb2 as witness_pb
from vouchsafe.witness.v1.witness_service_pb2_grpc import WitnessServiceStub

Response = TypeVar("Response", bound=Message)

_TRUSTEE = RetryPolicy(attempts=3)
_WITNESS_SECONDS = 2.0


@dataclass(frozen=True)
class Peers:
    """Everybody that disclosure may ask, each for one thing only."""

    forum: AskForum
    identity: AskIdentity
    trustees: Sequence[AskTrustee]
    witnesses: Sequence[AskWitness]


class Channels:
    """Opens connections to peers by name, and closes them all."""

    def __init__(self, endpoints: Endpoints, tls: TlsFiles) -> None:
        self._endpoints = endpoints
        self._tls = tls
        self._open = AsyncExitStack()

    def to(self, peer: str, **options: Any) -> RpcChannel:
        """A channel; `options` as for RpcChannel. ConfigError for a peer without an address."""
        address = self._endpoints.peer(peer)
        channel = RpcChannel(address, server_name=server_name(peer), tls=self._tls, **options)
        self._open.push_async_callback(channel.close)
        return channel

    async def close(self) -> None:
        """Close every channel."""
        await self._open.aclose()


def connect(channels: Channels, *, trustees: int, witnesses: int) -> Peers:
    """Channels to all peers. Witnesses are asked once: they are asked again within a second anyway."""
    forum, identity = channels.to("forum"), channels.to("identity")
    held_by = [channels.to(f"trustee-{i}", retry=_TRUSTEE) for i in range(1, trustees + 1)]
    seen_by = [channels.to(f"witness-{i}", retry=NO_RETRY, timeout=_WITNESS_SECONDS) for i in range(1, witnesses + 1)]
    return Peers(
        forum=_asking(forum, EvidenceServiceStub(forum.channel).GetPostEvidence),
        identity=_asking(identity, ReleaseServiceStub(identity.channel).ReleasePerson),
        trustees=[_asking(channel, TrusteeServiceStub(channel.channel).DecryptShare) for channel in held_by],
        witnesses=[_asking_witness(channel) for channel in seen_by],
    )


def _asking(channel: RpcChannel, method: Callable[..., Awaitable[Response]]) -> Callable[[Any], Awaitable[Response]]:
    async def ask(request: Message) -> Response:
        return await channel.unary(method, request)

    return ask


def _asking_witness(channel: RpcChannel) -> AskWitness:
    ask = _asking(channel, WitnessServiceStub(channel.channel).AddCheckpoint)

    async def add(old_size: int, proof: Sequence[bytes], note: str) -> str | int:
        request = witness_pb.AddCheckpointRequest(old_size=old_size, consistency_proof=proof, checkpoint=note)
        response: witness_pb.AddCheckpointResponse = await ask(request)
        if response.WhichOneof("outcome") == "cosignature":
            return str(response.cosignature)
        return int(response.known_size)

    return add

"""The processes that disclosure calls, as one function each.

Trustees are called by their number: the i-th share of the trust material is held by `trustee-<i>`. Witnesses are
`witnesses`'s.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.chassis.deployment import Endpoints
from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import RetryPolicy, RpcChannel
from services.chassis.tls import TlsFiles
from services.disclosure.asking import AskForum
from services.disclosure.vault import AskIdentity, AskTrustee
from services.seal.note import VerifierKey
from services.tlog.cosigning import AskWitness
from vouchsafe.forum.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from vouchsafe.identity.v1.release_service_pb2_grpc import ReleaseServiceStub
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import TrusteeServiceStub

Response = TypeVar("Response", bound=Message)

_TRUSTEE = RetryPolicy(attempts=3)


@dataclass(frozen=True)
class Peers:
    """Everybody that disclosure may ask, each for one thing only."""

    forum: AskForum
    identity: AskIdentity
    trustees: Sequence[AskTrustee]
    witnesses: Mapping[VerifierKey, AskWitness]


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


def connect(channels: Channels, *, trustees: int, witnesses: Mapping[VerifierKey, AskWitness]) -> Peers:
    """Channels to all peers but the witnesses."""
    forum, identity = channels.to("forum"), channels.to("identity")
    held_by = [channels.to(f"trustee-{i}", retry=_TRUSTEE) for i in range(1, trustees + 1)]
    return Peers(
        forum=_asking(forum, EvidenceServiceStub(forum.channel).GetPostEvidence),
        identity=_asking(identity, ReleaseServiceStub(identity.channel).ReleasePerson),
        trustees=[_asking(channel, TrusteeServiceStub(channel.channel).DecryptShare) for channel in held_by],
        witnesses=witnesses,
    )


def _asking(channel: RpcChannel, method: Callable[..., Awaitable[Response]]) -> Callable[[Any], Awaitable[Response]]:
    async def ask(request: Message) -> Response:
        return await channel.unary(method, request)

    return ask

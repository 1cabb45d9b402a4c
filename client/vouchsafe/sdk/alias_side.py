"""The alias side's calls: the deposit at disclosure, and the forum. They carry signatures and never a token.

A thin layer: one method a call. What is signed is made by `signing`; what to keep of the answers is told by `voice`.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from services.seal.trust import Trust
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.disclosure.v1 import deposit_service_pb2 as deposit_pb
from vouchsafe.disclosure.v1.deposit_service_pb2_grpc import DepositServiceStub
from vouchsafe.forum.v1 import alias_service_pb2 as alias_pb
from vouchsafe.forum.v1 import provenance_service_pb2 as provenance_pb
from vouchsafe.forum.v1 import reading_service_pb2 as reading_pb
from vouchsafe.forum.v1 import thread_service_pb2 as thread_pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.provenance_service_pb2_grpc import ProvenanceServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub
from vouchsafe.sdk.errors import VouchsafeError
from vouchsafe.sdk.profile import AliasEdge
from vouchsafe.sdk.side import PATIENCE, Side
from vouchsafe.sdk.sides import OneAtATime
from vouchsafe.sdk.transparency import LogReader

_TOKEN_INVALID: Final = "INVALID_CONSISTENCY_TOKEN"  # noqa: S105  # a reason, not a secret

Res = TypeVar("Res")
Read = TypeVar("Read", reading_pb.ListLatestPostsRequest, reading_pb.GetThreadRequest)
Wrote = TypeVar("Wrote", thread_pb.OpenThreadResponse, thread_pb.CreatePostResponse, thread_pb.CreateCommentResponse)


class AliasSide(Side):
    """Connections on which only aliases speak and anyone reads."""

    def __init__(
        self, edge: AliasEdge, trust: Trust, *, patience: float = PATIENCE, gate: OneAtATime | None = None
    ) -> None:
        super().__init__(edge, patience=patience, gate=gate)
        self._forum = self.connect("forum", edge.forum)
        self._disclosure = self.connect("disclosure", edge.disclosure)
        self._aliases = AliasServiceStub(self._forum.channel)
        self._threads = ThreadServiceStub(self._forum.channel)
        self._reading = ReadingServiceStub(self._forum.channel)
        self._provenance = ProvenanceServiceStub(self._forum.channel)
        self._deposit = DepositServiceStub(self._disclosure.channel)
        self._last_written = b""
        self.log = LogReader(self._disclosure, trust)
        """The transparency log, as anyone may read it."""

    async def close(self) -> None:
        """Close all connections, and forget with them what was last written."""
        self._last_written = b""
        await super().close()

    async def deposit(self, *, request_id: str, credential: credential_pb2.Credential, envelope: bytes) -> bytes:
        """Leave an envelope in the vault and get the signature of the receipt, 64 bytes."""
        request = deposit_pb.DepositEnvelopeRequest(request_id=request_id, credential=credential, envelope=envelope)
        return (await self._disclosure.call(self._deposit.DepositEnvelope, request)).receipt.signature

    async def challenge(self) -> bytes:
        """Get a nonce for the alias key to sign."""
        return (await self._forum.call(self._aliases.CreateChallenge, alias_pb.CreateChallengeRequest())).nonce

    async def create_alias(self, request: alias_pb.CreateAliasRequest) -> alias_pb.CreateAliasResponse:
        """Make an alias known to the forum."""
        return await self._forum.call(self._aliases.CreateAlias, request)

    async def notices(self, request: alias_pb.ListNoticesRequest) -> alias_pb.ListNoticesResponse:
        """Get what is announced about an alias, as its owner."""
        return await self._forum.call(self._aliases.ListNotices, request)

    async def open_thread(self, request: thread_pb.OpenThreadRequest) -> thread_pb.OpenThreadResponse:
        """Open a thread with its first post."""
        return self._noted(await self._forum.call(self._threads.OpenThread, request))

    async def create_post(self, request: thread_pb.CreatePostRequest) -> thread_pb.CreatePostResponse:
        """Add a post to a thread."""
        return self._noted(await self._forum.call(self._threads.CreatePost, request))

    async def create_comment(self, request: thread_pb.CreateCommentRequest) -> thread_pb.CreateCommentResponse:
        """Add a comment below a post."""
        return self._noted(await self._forum.call(self._threads.CreateComment, request))

    async def latest_posts(self, request: reading_pb.ListLatestPostsRequest) -> reading_pb.ListLatestPostsResponse:
        """Read a page of the feed; what was last written on this side is shown."""
        return await self._read(self._reading.ListLatestPosts, request)

    async def thread(self, request: reading_pb.GetThreadRequest) -> reading_pb.GetThreadResponse:
        """Read a page of a thread; what was last written on this side is shown."""
        return await self._read(self._reading.GetThread, request)

    async def provenance_challenge(self, post_id: str) -> provenance_pb.CreateProvenanceChallengeResponse:
        """Get a nonce for the key that signed a post to sign, and the post's thread."""
        request = provenance_pb.CreateProvenanceChallengeRequest(post_id=post_id)
        return await self._forum.call(self._provenance.CreateProvenanceChallenge, request)

    async def provenance(self, request: provenance_pb.GetProvenanceRequest) -> provenance_pb.GetProvenanceResponse:
        """Get what shows who signed a post, as its author."""
        return await self._forum.call(self._provenance.GetProvenance, request)

    async def check_quote(self, request: provenance_pb.CheckQuoteRequest) -> provenance_pb.CheckQuoteResponse:
        """Have a quotation checked."""
        return await self._forum.call(self._provenance.CheckQuote, request)

    def _noted(self, answer: Wrote) -> Wrote:
        self._last_written = answer.consistency_token
        return answer

    async def _read(self, method: Callable[..., Awaitable[Res]], request: Read) -> Res:
        """Read as new as what was last written here.

        The token goes back to the forum on the connection that it came on, and is forgotten with it: kept for longer,
        it would tell the forum that a later reader is an earlier author.
        """
        asked = type(request)()
        asked.CopyFrom(request)
        asked.consistency_token = self._last_written
        try:
            return await self._forum.call(method, asked)
        except VouchsafeError as error:
            if error.reason != _TOKEN_INVALID:
                raise
            # The forum has another key or another log by now: what the token stood for cannot be asked after.
            self._last_written = b""
            return await self._forum.call(method, request)

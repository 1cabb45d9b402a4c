"""ProvenanceService: what an author needs to prove a post of his own, and whether somebody was quoted rightly.

Provenance shows the alias key, so it is given to nobody but the holder of the key that signed the post: neither readers
nor the author of another post learn anything by asking. A quotation is checked against what was committed to, never
against the text, so the answer is the same once the text has been removed; it shows no more than the quoted passages,
which the asker has. Everything is read by id, and of bounded cost.
"""

from dataclasses import dataclass

from services.chassis.log.handle import CommandHandler
from services.chassis.views.viewstore import Views
from services.forum import committing
from services.forum.adapters.published_posts import PublishedPosts
from services.forum.api import provenance_mapping as mapping
from services.forum.api.alias_side import Context, alias_side
from services.forum.api.nonces import Nonces
from services.forum.domain import alias
from services.forum.domain.alias_decider import CreateAlias
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.text_commitment import TextCommitted
from services.forum.domain.thread import PostPublished
from services.forum.projections.commitments import commitment_id, committed
from services.seal import ed25519
from services.seal.errors import SealError
from services.seal.passages import passages
from services.seal.provenance import ProvenanceRequest
from services.seal.secret import SecretBytes
from vouchsafe.forum.v1 import provenance_service_pb2 as pb
from vouchsafe.forum.v1.provenance_service_pb2_grpc import ProvenanceServiceServicer


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the answers come from: the log, and the views of posts, of comments and of what is committed to."""

    published: PublishedPosts
    aliases: CommandHandler[CreateAlias, alias.State, alias.Event]
    posts: Views
    comments: Views
    commitments: Views


@alias_side
class ProvenanceServicer(ProvenanceServiceServicer):
    """`secret` (32 bytes) is what the salts of commitments come from."""

    def __init__(self, sources: Sources, *, nonces: Nonces, secret: SecretBytes) -> None:
        self._sources = sources
        self._nonces = nonces
        self._secret = secret

    async def CreateProvenanceChallenge(  # noqa: N802 -- the name is the proto's
        self, request: pb.CreateProvenanceChallengeRequest, _context: Context
    ) -> pb.CreateProvenanceChallengeResponse:
        """A fresh nonce, and the post's thread; nothing is stored. POST_NOT_FOUND."""
        post = await self._post(request.post_id)
        return pb.CreateProvenanceChallengeResponse(nonce=self._nonces.issue(), thread_id=post.thread_id)

    async def GetProvenance(  # noqa: N802
        self, request: pb.GetProvenanceRequest, _context: Context
    ) -> pb.GetProvenanceResponse:
        """All links of the chain, to the author alone.

        NONCE_INVALID, NONCE_EXPIRED, POST_NOT_FOUND; SIGNATURE_INVALID for whoever did not sign the post.
        """
        self._nonces.check(request.nonce)
        post = await self._post(request.post_id)
        asked = ProvenanceRequest(request.nonce, request.post_id)
        try:
            ed25519.verify(post.thread_key, asked.signed_bytes(), request.signature)
        except SealError as error:
            raise DomainError(Reason.SIGNATURE_INVALID) from error
        state, _ = await self._sources.aliases.state(alias.stream(post.alias_key))
        author = alias.require_existing(state)
        kept = await self._kept(post.post_id)
        return mapping.provenance(post, author, kept, self._secret)

    async def CheckQuote(self, request: pb.CheckQuoteRequest, _context: Context) -> pb.CheckQuoteResponse:  # noqa: N802
        """Whether the words stand in the text as whole passages. POST_NOT_FOUND, also for a comment."""
        kept = await self._kept(request.post_id, request.comment_id)
        if kept is None:
            await self._require_text(request.post_id, request.comment_id)
            return pb.CheckQuoteResponse(verdict=pb.VERDICT_UNKNOWN)
        quoted = passages(request.text)
        first = committing.find(self._secret, kept, quoted)
        if first is None:
            return pb.CheckQuoteResponse(verdict=pb.VERDICT_REFUTED)
        return pb.CheckQuoteResponse(
            verdict=pb.VERDICT_CONFIRMED, proof=mapping.quoted_passages(kept, first, quoted, self._secret)
        )

    async def _post(self, post_id: str) -> PostPublished:
        post = await self._sources.published.find(post_id)
        if post is None:
            raise DomainError(Reason.POST_NOT_FOUND)
        return post

    async def _kept(self, post_id: str, comment_id: str = "") -> TextCommitted | None:
        document = await self._sources.commitments.get(commitment_id(post_id, comment_id))
        return None if document is None else committed(document)

    async def _require_text(self, post_id: str, comment_id: str) -> None:
        """Return when the text was published; POST_NOT_FOUND otherwise."""
        if comment_id:
            below = await self._sources.comments.get(post_id) or {"comments": []}
            known = any(each["comment_id"] == comment_id for each in below["comments"])
        else:
            known = await self._sources.posts.get(post_id) is not None
        if not known:
            raise DomainError(Reason.POST_NOT_FOUND)

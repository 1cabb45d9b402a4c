"""EvidenceService: who signed a post, for disclosure and nobody else.

Everything comes from the log itself and not from a view: a case must rest on what was written. The caller verifies
every link of the chain again.
"""

from services.chassis.log.handle import CommandHandler
from services.forum.adapters.published_posts import PublishedPosts
from services.forum.api import mapping
from services.forum.api.alias_side import Context, alias_side
from services.forum.domain import alias
from services.forum.domain.alias_decider import CreateAlias
from services.forum.domain.errors import DomainError, Reason
from vouchsafe.forum.v1 import evidence_service_pb2 as pb
from vouchsafe.forum.v1.evidence_service_pb2_grpc import EvidenceServiceServicer


@alias_side
class EvidenceServicer(EvidenceServiceServicer):
    """Answers from the log through `posts` and `aliases`."""

    def __init__(
        self, *, posts: PublishedPosts, aliases: CommandHandler[CreateAlias, alias.State, alias.Event]
    ) -> None:
        self._posts = posts
        self._aliases = aliases

    async def GetPostEvidence(  # noqa: N802 -- the name is the proto's
        self, request: pb.GetPostEvidenceRequest, _context: Context
    ) -> pb.GetPostEvidenceResponse:
        """Text, signatures and credential of one post; POST_NOT_FOUND."""
        post = await self._posts.find(request.post_id)
        if post is None:
            raise DomainError(Reason.POST_NOT_FOUND)
        state, _ = await self._aliases.state(alias.stream(post.alias_key))
        return mapping.evidence(post, alias.require_existing(state))

"""ThreadService: threads, posts and comments, each signed by its author's key in the thread."""

from collections.abc import Callable
from typing import NamedTuple

from services.chassis.coarse_clock import CoarseClock
from services.chassis.log.consistency import ConsistencyTokens, Written
from services.chassis.log.handle import ClaimTaken, CommandHandler, commit_id_of
from services.chassis.rpc_call import current_call
from services.forum import checks
from services.forum.api import mapping
from services.forum.api.alias_side import Context, alias_side
from services.forum.api.names import draw_names
from services.forum.api.requests import fingerprint
from services.forum.domain import alias, label, post_id, thread
from services.forum.domain.alias_decider import CreateAlias
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.label_decider import Command as LabelCommand
from services.forum.domain.thread_decider import Command, CreateComment, CreatePost, OpenThread, Speaker
from services.forum.domain.verified import AuthorProof
from vouchsafe.forum.v1 import thread_service_pb2 as pb
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceServicer

_Request = pb.OpenThreadRequest | pb.CreatePostRequest | pb.CreateCommentRequest


@alias_side
class ThreadServicer(ThreadServiceServicer):
    """`draw_names` gives names for an author to be called by in a thread, of which the first free one is taken."""

    def __init__(
        self,
        *,
        aliases: CommandHandler[CreateAlias, alias.State, alias.Event],
        labels: CommandHandler[LabelCommand, label.State, label.Event],
        threads: CommandHandler[Command, thread.State, thread.Event],
        tokens: ConsistencyTokens,
        grace: label.Grace,
        clock: CoarseClock,
        draw_names: Callable[[], tuple[str, ...]] = draw_names,
    ) -> None:
        self._aliases = aliases
        self._labels = labels
        self._threads = threads
        self._tokens = tokens
        self._grace = grace
        self._clock = clock
        self._draw_names = draw_names

    async def OpenThread(self, request: pb.OpenThreadRequest, _context: Context) -> pb.OpenThreadResponse:  # noqa: N802
        """Open a thread with its first post."""
        asked = _Asked.of(request)
        claim = mapping.opening_post(request)
        speaker = await self._speaker(claim.proof, request.thread_id)
        command = OpenThread(checks.verified_post(claim), speaker)
        name, token = await self._published(asked, command, post=request.post_id, begins=True)
        return pb.OpenThreadResponse(author_name=name, consistency_token=token)

    async def CreatePost(self, request: pb.CreatePostRequest, _context: Context) -> pb.CreatePostResponse:  # noqa: N802
        """Add a post to a thread."""
        asked = _Asked.of(request)
        claim = mapping.later_post(request)
        speaker = await self._speaker(claim.proof, request.thread_id)
        command = CreatePost(checks.verified_post(claim), speaker)
        name, token = await self._published(asked, command, post=request.post_id)
        return pb.CreatePostResponse(author_name=name, consistency_token=token)

    async def CreateComment(self, request: pb.CreateCommentRequest, _context: Context) -> pb.CreateCommentResponse:  # noqa: N802
        """Add a comment below a post."""
        asked = _Asked.of(request)
        claim = mapping.comment_of(request)
        speaker = await self._speaker(claim.proof, request.thread_id)
        command = CreateComment(checks.verified_comment(claim), speaker)
        name, token = await self._published(asked, command)
        return pb.CreateCommentResponse(author_name=name, consistency_token=token)

    async def _speaker(self, proof: AuthorProof, thread_id: str) -> Speaker:
        """Who speaks."""
        # An alias does not change once it is there; that it is not there is never remembered, but read each time.
        state, _ = await self._aliases.remembered_state(alias.stream(proof.alias_key))
        author = alias.require_existing(state)
        # What ends a label is never taken back, so a memory of it refuses as well as the store would.
        standing, _ = await self._labels.remembered_state(label.stream(author.label, author.epoch))
        label.require_voice(standing, self._clock.seconds(), self._grace)
        spoken_in, _ = await self._threads.remembered_state(thread.stream(thread_id))
        # A name is for good, so whoever is remembered with one needs no other.
        named = isinstance(spoken_in, thread.Open) and proof.alias_key in spoken_in.authors
        return Speaker(author, () if named else self._draw_names(), self._clock.seconds())

    async def _published(
        self, asked: "_Asked", command: Command, *, post: str | None = None, begins: bool = False
    ) -> tuple[str, bytes]:
        """Carry the command out; the name under which the text stands, and the token for reading it.

        `post`: the identifier of the post that it publishes, which nothing in another thread may have.
        """
        try:
            handled = await self._threads.handle(
                thread.stream(asked.thread_id),
                command,
                commit_id=commit_id_of(asked.caller, asked.request_id),
                fingerprint=asked.fingerprint,
                caller=asked.caller,
                begins=begins,
                claims=(post_id.claim(post),) if post else (),
            )
        except ClaimTaken:
            raise DomainError(Reason.POST_EXISTS) from None
        published = handled.events[-1]
        assert isinstance(published, thread.PostPublished | thread.CommentPublished)  # noqa: S101  # by `decide`
        written = Written(handled.stream, handled.version, handled.commit_id)
        return published.author_name, self._tokens.issue(written)


class _Asked(NamedTuple):
    """What a request is known by, in each of its steps."""

    caller: str
    request_id: str
    thread_id: str
    fingerprint: str

    @classmethod
    def of(cls, request: _Request) -> "_Asked":
        caller = current_call().caller
        return cls(caller, request.request_id, request.thread_id, fingerprint(caller, request))

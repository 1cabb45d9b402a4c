"""ReadingService: feeds and threads as readers see them, from the views.

A view follows the log at a short distance: a post may be missing for a moment after it was accepted, and a page leaves
out what its own document is still missing for. It never shows what was not accepted.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from services.chassis.rpc_call import current_call
from services.chassis.rpc_page import PageTokens, query_of
from services.chassis.viewstore import Document, Views
from services.forum.api.alias_side import Context, alias_side
from services.forum.api.mapping import post_in_feed, post_in_thread
from services.forum.domain.thread_decider import MAX_COMMENTS
from services.forum.projections.feed import FeedIndex, Place
from services.forum.projections.threads import ThreadIndex
from vouchsafe.forum.v1 import reading_service_pb2 as pb
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceServicer

_DEFAULT_SIZE: Final = 20
_OFFSET: Final = 8
_PAGE_COMMENTS: Final = MAX_COMMENTS
"""Comments after which a page of a thread ends early, so that it stays well below gRPC's 4 MiB."""


@alias_side
class ReadingServicer(ReadingServiceServicer):
    """Reads the indexes for which posts there are, `posts` and `comments` for what stands in them."""

    def __init__(
        self, *, feed: FeedIndex, threads: ThreadIndex, posts: Views, comments: Views, tokens: PageTokens
    ) -> None:
        self._feed = feed
        self._threads = threads
        self._posts = posts
        self._comments = comments
        self._tokens = tokens

    async def ListLatestPosts(  # noqa: N802 -- the name is the proto's
        self, request: pb.ListLatestPostsRequest, _context: Context
    ) -> pb.ListLatestPostsResponse:
        """A page of a feed, newest first, without comments; INVALID_PAGE_TOKEN."""
        query = _query(request)
        before = Place.parse(self._tokens.read(request.page_token, query)) if request.page_token else None
        page = await self._feed.page(request.label, before=before, size=request.page_size or _DEFAULT_SIZE)
        stored = await self._posts.get_many(page.post_ids)
        posts = [post_in_feed(each, stored[each]) for each in page.post_ids if each in stored]
        token = self._tokens.issue(page.last.to_bytes(), query) if page.last else ""
        return pb.ListLatestPostsResponse(posts=posts, next_page_token=token)

    async def GetThread(self, request: pb.GetThreadRequest, _context: Context) -> pb.GetThreadResponse:  # noqa: N802
        """A page of a thread, oldest first, with comments; THREAD_NOT_FOUND, INVALID_PAGE_TOKEN."""
        query = _query(request)
        start = int.from_bytes(self._tokens.read(request.page_token, query), "big") if request.page_token else 0
        size = request.page_size or _DEFAULT_SIZE
        title = await self._threads.title(request.thread_id)
        # One more than asked for tells whether another page follows.
        post_ids = await self._threads.post_ids(request.thread_id, start, size + 1)
        stored = await self._posts.get_many(post_ids[:size])
        shown = _fitting(post_ids[:size], stored)
        posts = await self._with_comments(shown, stored)
        more = len(shown) < len(post_ids)
        token = self._tokens.issue((start + len(shown)).to_bytes(_OFFSET, "big"), query) if more else ""
        return pb.GetThreadResponse(thread_id=request.thread_id, title=title, posts=posts, next_page_token=token)

    async def _with_comments(self, post_ids: Sequence[str], stored: Mapping[str, Document]) -> list[pb.Post]:
        """The posts of these ids that are `stored`, each with no more comments than it counts itself.

        The two views may be a moment apart; only what is counted was taken into account for the page's size.
        """
        below = await self._comments.get_many(post_ids)
        posts = [(each, stored[each]) for each in post_ids if each in stored]
        return [
            post_in_thread(post_id, post, below.get(post_id, {"comments": []})["comments"][: post["comment_count"]])
            for post_id, post in posts
        ]


def _fitting(post_ids: Sequence[str], stored: Mapping[str, Document]) -> Sequence[str]:
    """The first posts that fit on a page together with their comments; at least one, for none has more than fit."""
    comments = 0
    for taken, post_id in enumerate(post_ids):
        comments += stored[post_id]["comment_count"] if post_id in stored else 0
        if comments > _PAGE_COMMENTS:
            return post_ids[:taken]
    return post_ids


def _query(request: pb.ListLatestPostsRequest | pb.GetThreadRequest) -> bytes:
    call = current_call()
    return query_of(request, method=call.method, caller=call.caller)

"""ReadingService: feeds and threads as readers see them, the newest from memory, the rest from the views.

Both follow the log at a short distance: a post may be missing for a moment after it was accepted. What comes from
memory is of one position in the log; a page leaves out what its own view document is still missing for. Neither ever
shows what was not accepted.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from services.chassis.rpc_answer import encoded
from services.chassis.rpc_call import current_call
from services.chassis.rpc_page import PageTokens, invalid_page_token, query_of
from services.chassis.views.viewstore import Document, Views
from services.forum.api.alias_side import Context, alias_side
from services.forum.api.first_pages import FirstPages
from services.forum.api.freshness import Freshness
from services.forum.api.mapping import post_in_feed, post_in_thread
from services.forum.domain.thread_decider import MAX_COMMENTS
from services.forum.projections.feed import FeedIndex, Place
from services.forum.projections.hot import Hot, ThreadPage
from services.forum.projections.threads import ThreadIndex
from vouchsafe.forum.v1 import reading_service_pb2 as pb
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceServicer

_DEFAULT_SIZE: Final = 20
_OFFSET: Final = 8
_PAGE_COMMENTS: Final = MAX_COMMENTS
"""Comments after which a page of a thread ends early, so that it stays well below gRPC's 4 MiB."""


@alias_side
class ReadingServicer(ReadingServiceServicer):
    """Reads `hot` for what is new, else the indexes for which posts there are and the views for what stands in them."""

    def __init__(
        self,
        *,
        hot: Hot,
        feed: FeedIndex,
        threads: ThreadIndex,
        posts: Views,
        comments: Views,
        freshness: Freshness,
        tokens: PageTokens,
    ) -> None:
        self._hot = hot
        self._first_pages = FirstPages(hot)
        self._feed = feed
        self._threads = threads
        self._posts = posts
        self._comments = comments
        self._freshness = freshness
        self._tokens = tokens

    async def ListLatestPosts(  # noqa: N802 -- the name is the proto's
        self, request: pb.ListLatestPostsRequest, _context: Context
    ) -> pb.ListLatestPostsResponse:
        """A page of a feed, newest first, without comments; INVALID_PAGE_TOKEN, and those of `Freshness`."""
        if request.page_token:
            query = _query(request)
            before = self._place(request.page_token, query)
            await self._freshness.of_memory(request.consistency_token)
            return encoded(pb.ListLatestPostsResponse, (await self._page(request, query, before))[0])
        await self._freshness.of_memory(request.consistency_token)
        # The caller, too, since the token of the next page is the caller's own.
        asked = current_call().caller, request.label, request.page_size
        page = self._first_pages.get(asked)
        if page is None:
            page, of_memory = await self._page(request, _query(request), None)
            if of_memory:
                self._first_pages.keep(asked, page)
        return encoded(pb.ListLatestPostsResponse, page)

    async def GetThread(self, request: pb.GetThreadRequest, _context: Context) -> pb.GetThreadResponse:  # noqa: N802
        """A page of a thread, oldest first, with comments; THREAD_NOT_FOUND, INVALID_PAGE_TOKEN, as above."""
        query, size = _query(request), request.page_size or _DEFAULT_SIZE
        start = int.from_bytes(self._tokens.read(request.page_token, query), "big") if request.page_token else 0
        await self._freshness.of_memory(request.consistency_token)
        page = self._hot.thread(request.thread_id, start=start, limit=size + 1)
        if page is not None:
            shown, encoding = _hot_thread(request.thread_id, page, size)
            more = shown < len(page.posts)
        else:
            await self._freshness.of_views(request.consistency_token)
            shown, more, encoding = await self._stored_thread(request.thread_id, start, size)
        if more:
            token = self._tokens.issue((start + shown).to_bytes(_OFFSET, "big"), query)
            encoding += pb.GetThreadResponse(next_page_token=token).SerializeToString()
        return encoded(pb.GetThreadResponse, encoding)

    async def _page(self, request: pb.ListLatestPostsRequest, query: bytes, before: Place | None) -> tuple[bytes, bool]:
        """A page of a feed, and whether it comes from memory as it is, without a pause in between."""
        size = request.page_size or _DEFAULT_SIZE
        # One more than asked for tells whether another page follows.
        newest, below = self._hot.page(request.label, before=before, limit=size + 1)
        places, parts = [post.place for post in newest], [post.feed_entry() for post in newest[:size]]
        of_memory = True
        if len(places) <= size and below is not None:
            of_memory = False
            await self._freshness.of_views(request.consistency_token)
            older = await self._feed.page(request.label, before=below, limit=size + 1 - len(places))
            parts.append(await self._feed_entries(older[: size - len(places)]))
            places += older
        if len(places) > size:
            token = self._tokens.issue(places[size - 1].to_bytes(), query)
            parts.append(pb.ListLatestPostsResponse(next_page_token=token).SerializeToString())
        return b"".join(parts), of_memory

    def _place(self, token: str, query: bytes) -> Place:
        try:
            return Place.parse(self._tokens.read(token, query))
        except ValueError:
            raise invalid_page_token() from None

    async def _feed_entries(self, places: Sequence[Place]) -> bytes:
        stored = await self._posts.get_many([place.post_id for place in places])
        posts = [post_in_feed(each.post_id, stored[each.post_id]) for each in places if each.post_id in stored]
        return pb.ListLatestPostsResponse(posts=posts).SerializeToString()

    async def _stored_thread(self, thread_id: str, start: int, size: int) -> tuple[int, bool, bytes]:
        """How many posts are on the page, whether more follow, and the page without its token."""
        title = await self._threads.title(thread_id)
        # One more than asked for tells whether another page follows.
        post_ids = await self._threads.post_ids(thread_id, start, size + 1)
        stored = await self._posts.get_many(post_ids[:size])
        counts = [stored[each]["comment_count"] if each in stored else 0 for each in post_ids[:size]]
        shown = post_ids[: _fitting(counts)]
        page = pb.GetThreadResponse(thread_id=thread_id, title=title, posts=await self._with_comments(shown, stored))
        return len(shown), len(shown) < len(post_ids), page.SerializeToString()

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


def _hot_thread(thread_id: str, page: ThreadPage, size: int) -> tuple[int, bytes]:
    """How many posts are on the page, and the page without its token."""
    shown = _fitting([post.comment_count for post in page.posts[:size]])
    head = pb.GetThreadResponse(thread_id=thread_id, title=page.title).SerializeToString()
    return shown, b"".join((head, *(post.thread_entry() for post in page.posts[:shown])))


def _fitting(comment_counts: Sequence[int]) -> int:
    """How many posts fit on a page together with their comments; at least one, for none has more than fit."""
    comments = 0
    for taken, count in enumerate(comment_counts):
        comments += count
        if comments > _PAGE_COMMENTS:
            return taken
    return len(comment_counts)


def _query(request: pb.ListLatestPostsRequest | pb.GetThreadRequest) -> bytes:
    call = current_call()
    return query_of(request, method=call.method, caller=call.caller)

"""Reading, as everyone can: the feed and single threads, as plain values.

What a reader learns of an author is a name that means nothing outside its thread, and the words of a label.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from vouchsafe.forum.v1 import reading_service_pb2 as pb
from vouchsafe.sdk.alias_side import AliasSide

LARGEST_PAGE = 50

Page = TypeVar("Page", pb.ListLatestPostsResponse, pb.GetThreadResponse)


@dataclass(frozen=True)
class Author:
    """All that a reader learns of who wrote a text."""

    name: str
    label_name: str


@dataclass(frozen=True)
class Comment:
    """A comment as readers see it; `published_at` in Unix seconds."""

    comment_id: str
    author: Author
    body: str
    published_at: int


@dataclass(frozen=True)
class Post:
    """A post as readers see it; `published_at` in Unix seconds. In a feed `comments` is empty."""

    post_id: str
    thread_id: str
    thread_title: str
    author: Author
    body: str
    published_at: int
    comment_count: int
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class Thread:
    """A thread with its posts, oldest first."""

    thread_id: str
    title: str
    posts: tuple[Post, ...]


async def feed(side: AliasSide, *, label: str = "", page_size: int = LARGEST_PAGE) -> AsyncIterator[Post]:
    """The newest posts of all threads, newest first, page after page; under one label if given."""

    async def page(token: str) -> pb.ListLatestPostsResponse:
        request = pb.ListLatestPostsRequest(page_size=page_size, page_token=token, label=label)
        return await side.latest_posts(request)

    async for answer in _pages(page):
        for post in answer.posts:
            yield _post(post)


async def thread(side: AliasSide, thread_id: str) -> Thread:
    """A whole thread; THREAD_NOT_FOUND when there is none."""

    async def page(token: str) -> pb.GetThreadResponse:
        return await side.thread(pb.GetThreadRequest(thread_id=thread_id, page_size=LARGEST_PAGE, page_token=token))

    posts: list[Post] = []
    title = ""
    async for answer in _pages(page):
        title = answer.title
        posts += [_post(post) for post in answer.posts]
    return Thread(thread_id, title, tuple(posts))


async def _pages(fetch: Callable[[str], Awaitable[Page]]) -> AsyncIterator[Page]:
    token = ""
    while True:
        answer = await fetch(token)
        yield answer
        token = answer.next_page_token
        if not token:
            return


def _post(post: pb.Post) -> Post:
    return Post(
        post_id=post.post_id,
        thread_id=post.thread_id,
        thread_title=post.thread_title,
        author=_author(post.author),
        body=post.body,
        published_at=post.published_at,
        comment_count=post.comment_count,
        comments=tuple(
            Comment(comment.comment_id, _author(comment.author), comment.body, comment.published_at)
            for comment in post.comments
        ),
    )


def _author(author: pb.Author) -> Author:
    return Author(author.name, author.label_name)

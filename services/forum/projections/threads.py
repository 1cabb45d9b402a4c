"""Views `threads`, a thread's title by its id, and `thread_pages`, the ids of its posts in the order they were written.

A page document holds `PAGE` posts. Which one a post stands in follows from its ordinal in the thread, so no document
needs to know of another, and none grows without end.
"""

from typing import Final

from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.viewstore import Document, Views
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.thread import PostPublished, ThreadOpened

PAGE: Final = 50


def _head(_document: Document | None, event: ThreadOpened, _context: EventContext) -> Document:
    return {"title": event.title}


def _page(document: Document | None, event: PostPublished, _context: EventContext) -> Document:
    page = document or {"post_ids": []}
    page["post_ids"].append(event.post_id)
    return page


THREADS = Projection(
    name="threads", version=1, handles=(ThreadOpened,), route=lambda event: (event.thread_id,), evolve=_head
)
"""Document: {title}."""

THREAD_PAGES = Projection(
    name="thread_pages",
    version=1,
    handles=(PostPublished,),
    route=lambda event: (_page_id(event.thread_id, event.ordinal // PAGE),),
    evolve=_page,
)
"""Document `<thread>/<number>`: {post_ids}."""


class ThreadIndex:
    """Which posts a thread has."""

    def __init__(self, *, threads: Views, pages: Views) -> None:
        self._threads = threads
        self._pages = pages

    async def title(self, thread_id: str) -> str:
        """The thread's title; THREAD_NOT_FOUND."""
        head = await self._threads.get(thread_id)
        if head is None:
            raise DomainError(Reason.THREAD_NOT_FOUND)
        return str(head["title"])

    async def post_ids(self, thread_id: str, start: int, size: int) -> list[str]:
        """At most `size` post ids from the `start`-th on, counted from 0, oldest first."""
        first, last = start // PAGE, (start + size - 1) // PAGE
        names = [_page_id(thread_id, number) for number in range(first, last + 1)]
        pages = await self._pages.get_many(names)
        found = [post_id for name in names if name in pages for post_id in pages[name]["post_ids"]]
        skipped = start - first * PAGE
        return found[skipped : skipped + size]


def _page_id(thread_id: str, number: int) -> str:
    return f"{thread_id}/{number}"

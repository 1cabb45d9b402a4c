"""View `posts`: one document for each post, by its id, with the comments below it.

Keys, certificates and signatures stay in the log: the document holds what readers may know and nothing else.
"""

from services.chassis.projection import EventContext, Projection
from services.chassis.viewstore import Document
from services.forum.domain.thread import CommentPublished, PostPublished

_Event = PostPublished | CommentPublished


def _route(event: _Event) -> tuple[str, ...]:
    return (event.post_id,)


def _evolve(document: Document | None, event: _Event, _context: EventContext) -> Document | None:
    match event:
        case PostPublished():
            return {"thread_id": event.thread_id, "thread_title": event.thread_title, **_text(event), "comments": []}
        case CommentPublished() if document is not None:
            document["comments"].append({"comment_id": event.comment_id, **_text(event)})
    return document


def _text(event: _Event) -> Document:
    return {
        "author_name": event.author_name,
        "label_name": event.label_name,
        "body": event.body,
        "published_at": event.published_at,
    }


POSTS = Projection(name="posts", version=1, handles=(PostPublished, CommentPublished), route=_route, evolve=_evolve)
"""Document: {thread_id, thread_title, author_name, label_name, body, published_at, comments}; see `_text`."""

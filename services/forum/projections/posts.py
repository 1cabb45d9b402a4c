"""Views `posts`, a post by its id, and `comments`, what stands below a post by the post's id.

Apart from each other because a feed shows many posts and none of their comments. Keys, certificates and signatures stay
in the log: the documents hold what readers may know and nothing else.
"""

from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.viewstore import Document
from services.forum.domain.thread import CommentPublished, PostPublished

_Event = PostPublished | CommentPublished


def _route(event: _Event) -> tuple[str, ...]:
    return (event.post_id,)


def _post(document: Document | None, event: _Event, _context: EventContext) -> Document | None:
    match event:
        case PostPublished():
            return {
                "thread_id": event.thread_id,
                "thread_title": event.thread_title,
                **_text(event),
                "comment_count": 0,
            }
        case CommentPublished() if document is not None:
            document["comment_count"] += 1
    return document


def _comments(document: Document | None, event: CommentPublished, _context: EventContext) -> Document:
    below = document or {"comments": []}
    below["comments"].append({"comment_id": event.comment_id, **_text(event)})
    return below


def _text(event: _Event) -> Document:
    return {
        "author_name": event.author_name,
        "label_name": event.label_name,
        "body": event.body,
        "published_at": event.published_at,
    }


POSTS = Projection(name="posts", version=1, handles=(PostPublished, CommentPublished), route=_route, evolve=_post)
"""Document: {thread_id, thread_title, author_name, label_name, body, published_at, comment_count}."""

COMMENTS = Projection(name="comments", version=1, handles=(CommentPublished,), route=_route, evolve=_comments)
"""Document: {comments: [{comment_id, author_name, label_name, body, published_at}]}, oldest first."""

"""A thread: its posts, their comments, and who is who in it. Events and the fold; commands are `thread_decider`.

The state holds no text: only what a decision needs. `alias_key`, `thread_key`, `certificate` and `signature` in the
events are for evidence and never leave the forum towards a reader (`projections`).
"""

from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from services.forum.domain.layered import Layered


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    """A thread exists."""

    thread_id: str
    title: str


@dataclass(frozen=True, slots=True)
class AuthorNamed:
    """An alias has, in this thread, this name and this key, for good."""

    thread_id: str
    alias_key: bytes
    author_name: str
    thread_key: bytes


@dataclass(frozen=True, slots=True)
class PostPublished:
    """A post stands in the thread.

    `title` is what the author signed, empty unless the post opened the thread, which is called `thread_title`;
    `published_at` is coarse Unix seconds; `ordinal` counts the posts of the thread before it.
    """

    thread_id: str
    title: str
    post_id: str
    alias_key: bytes
    author_name: str
    label: str
    label_name: str
    body: str
    thread_key: bytes
    certificate: bytes
    signature: bytes
    published_at: int
    thread_title: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class CommentPublished:
    """A comment stands below a post; `published_at` is coarse Unix seconds."""

    thread_id: str
    post_id: str
    comment_id: str
    alias_key: bytes
    author_name: str
    label: str
    label_name: str
    body: str
    thread_key: bytes
    certificate: bytes
    signature: bytes
    published_at: int


Event: TypeAlias = ThreadOpened | AuthorNamed | PostPublished | CommentPublished


@dataclass(frozen=True, slots=True)
class Absent:
    """No such thread."""


@dataclass(frozen=True, slots=True)
class Author:
    """An alias in the thread: its name and its key there."""

    name: str
    thread_key: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """A thread that takes posts.

    `authors`: by alias key. `posts`: how many comments each has, by post id. `comments`: the post of each, by its id.
    """

    title: str
    authors: Layered[bytes, Author] = field(default_factory=Layered)
    posts: Layered[str, int] = field(default_factory=Layered)
    comments: Layered[str, str] = field(default_factory=Layered)


State: TypeAlias = Absent | Open

initial: State = Absent()

FOLD_VERSION: Final = 1
"""To be raised with every change of what `evolve` makes of any event; states kept under another are not used."""


def stream(thread_id: str) -> str:
    """The stream of a thread."""
    return f"thread-{thread_id}"


def evolve(state: State, event: Event) -> State:
    """The state after `event`."""
    if isinstance(event, ThreadOpened):
        return Open(event.title)
    if isinstance(state, Absent):
        return state
    match event:
        case AuthorNamed():
            author = Author(event.author_name, event.thread_key)
            return replace(state, authors=state.authors.plus(event.alias_key, author))
        case PostPublished():
            return replace(state, posts=state.posts.plus(event.post_id, 0))
        case CommentPublished():
            posts = state.posts.plus(event.post_id, state.posts[event.post_id] + 1)
            return replace(state, posts=posts, comments=state.comments.plus(event.comment_id, event.post_id))

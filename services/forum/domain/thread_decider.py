"""What may happen to a thread: being opened, and taking posts and comments of aliases.

Signatures are verified and the alias is known to exist before a command is made: the types say so. Decided here is what
only the thread knows: which posts exist, and that each alias has exactly one key and one name in it.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict

from services.forum.domain.alias import AliasCreated
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.thread import (
    Absent,
    AuthorNamed,
    CommentPublished,
    Event,
    Open,
    PostPublished,
    State,
    ThreadOpened,
    evolve,
    initial,
)
from services.forum.domain.verified import AuthorProof, VerifiedComment, VerifiedPost

__all__ = [
    "Command",
    "CreateComment",
    "CreatePost",
    "OpenThread",
    "Speaker",
    "decide",
    "evolve",
    "initial",
]

MAX_COMMENTS: Final = 200
"""Comments below one post. A post is read with all of them, so their number bounds an answer's size."""

MAX_POSTS: Final = 1000
MAX_TEXTS: Final = 5000
"""Posts, and posts and comments together, in one thread. Each decision rests on all of them, so their number bounds
what a decision costs a process that has not seen the thread before."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks and when: the alias, names to draw from unless it has one here, and coarse Unix seconds."""

    alias: AliasCreated
    names: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class OpenThread:
    """Open a thread with its first post."""

    post: VerifiedPost
    speaker: Speaker


@dataclass(frozen=True, slots=True)
class CreatePost:
    """Add a post."""

    post: VerifiedPost
    speaker: Speaker


@dataclass(frozen=True, slots=True)
class CreateComment:
    """Add a comment below a post."""

    comment: VerifiedComment
    speaker: Speaker


Command: TypeAlias = OpenThread | CreatePost | CreateComment


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events that `command` leads to; DomainError if it is refused."""
    match command:
        case OpenThread():
            return _open(command, state)
        case CreatePost():
            return _post(command, _require_open(state))
        case CreateComment():
            return _comment(command, _require_open(state))


def _open(command: OpenThread, state: State) -> tuple[Event, ...]:
    if not isinstance(state, Absent):
        raise DomainError(Reason.THREAD_EXISTS)
    opened = ThreadOpened(command.post.thread_id, command.post.title)
    return (opened, *_post_published(command.post, command.speaker, Open(command.post.title)))


def _post(command: CreatePost, state: Open) -> tuple[Event, ...]:
    _require_room_for_post(command.post, state)
    return _post_published(command.post, command.speaker, state)


def _post_published(post: VerifiedPost, speaker: Speaker, state: Open) -> tuple[Event, ...]:
    name, named = _author(post.thread_id, post.proof, speaker, state)
    published = PostPublished(
        **_spoken(post, speaker, name), title=post.title, thread_title=state.title, ordinal=len(state.posts)
    )
    return (*named, published)


def _comment(command: CreateComment, state: Open) -> tuple[Event, ...]:
    comment, speaker = command.comment, command.speaker
    _require_room(comment, state)
    name, named = _author(comment.thread_id, comment.proof, speaker, state)
    return (*named, CommentPublished(**_spoken(comment, speaker, name), comment_id=comment.comment_id))


class _Spoken(TypedDict):
    """What a post and a comment have in common as events."""

    thread_id: str
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


def _spoken(text: VerifiedPost | VerifiedComment, speaker: Speaker, name: str) -> _Spoken:
    return _Spoken(
        thread_id=text.thread_id,
        post_id=text.post_id,
        alias_key=text.proof.alias_key,
        author_name=name,
        label=speaker.alias.label,
        label_name=speaker.alias.label_name,
        body=text.body,
        thread_key=text.proof.thread_key,
        certificate=text.proof.certificate,
        signature=text.proof.signature,
        published_at=speaker.at,
    )


def _require_open(state: State) -> Open:
    if isinstance(state, Absent):
        raise DomainError(Reason.THREAD_UNKNOWN)
    return state


def _require_room_for_post(post: VerifiedPost, state: Open) -> None:
    if post.post_id in state.posts:
        raise DomainError(Reason.POST_EXISTS)
    if len(state.posts) >= MAX_POSTS or _is_full(state):
        raise DomainError(Reason.THREAD_FULL)


def _require_room(comment: VerifiedComment, state: Open) -> None:
    if comment.post_id not in state.posts:
        raise DomainError(Reason.POST_UNKNOWN)
    if comment.comment_id in state.comments:
        raise DomainError(Reason.COMMENT_EXISTS)
    if state.posts[comment.post_id] >= MAX_COMMENTS:
        raise DomainError(Reason.COMMENTS_FULL)
    if _is_full(state):
        raise DomainError(Reason.THREAD_FULL)


def _is_full(state: Open) -> bool:
    return len(state.posts) + len(state.comments) >= MAX_TEXTS


def _author(thread_id: str, proof: AuthorProof, speaker: Speaker, state: Open) -> tuple[str, tuple[AuthorNamed, ...]]:
    """The author's name in the thread, and the event that gives it on the author's first word."""
    known = state.authors.get(proof.alias_key)
    if known is not None:
        if known.thread_key != proof.thread_key:
            raise DomainError(Reason.THREAD_KEY_CHANGED)
        return known.name, ()
    # Under a key of somebody else, that author's own words could be passed off as this alias's.
    if any(author.thread_key == proof.thread_key for author in state.authors.values()):
        raise DomainError(Reason.THREAD_KEY_TAKEN)
    name = _free_name(speaker.names, state)
    return name, (AuthorNamed(thread_id, proof.alias_key, name, proof.thread_key),)


def _free_name(candidates: tuple[str, ...], state: Open) -> str:
    taken = {author.name for author in state.authors.values()}
    for name in candidates:
        if name not in taken:
            return name
    raise DomainError(Reason.NAMES_TAKEN)

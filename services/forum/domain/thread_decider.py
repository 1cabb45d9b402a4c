"""What may happen to a thread: being opened, and taking posts and comments of aliases.

Signatures are verified and the alias is known to exist before a command is made: the types say so. Decided here is what
only the thread knows: which posts exist, and that each alias has exactly one key and one name in it.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

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

__all__ = ["Command", "CreateComment", "CreatePost", "OpenThread", "Speaker", "decide", "evolve", "initial"]

MAX_COMMENTS: Final = 200
"""Comments below one post. A post is read with all of them, so their number bounds an answer's size."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks and when: the alias, names to draw from if it has none here yet, and coarse Unix seconds."""

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
    return (opened, *_published(command.post, command.speaker, Open(command.post.title)))


def _post(command: CreatePost, state: Open) -> tuple[Event, ...]:
    if command.post.post_id in state.posts:
        raise DomainError(Reason.POST_EXISTS)
    return _published(command.post, command.speaker, state)


def _published(post: VerifiedPost, speaker: Speaker, state: Open) -> tuple[Event, ...]:
    name, named = _author(post.thread_id, post.proof, speaker, state)
    published = PostPublished(
        thread_id=post.thread_id,
        title=post.title,
        post_id=post.post_id,
        alias_key=post.proof.alias_key,
        author_name=name,
        label=speaker.alias.label,
        label_name=speaker.alias.label_name,
        body=post.body,
        thread_key=post.proof.thread_key,
        certificate=post.proof.certificate,
        signature=post.proof.signature,
        published_at=speaker.at,
        thread_title=state.title,
        ordinal=len(state.posts),
    )
    return (*named, published)


def _comment(command: CreateComment, state: Open) -> tuple[Event, ...]:
    comment, speaker = command.comment, command.speaker
    _require_room(comment, state)
    name, named = _author(comment.thread_id, comment.proof, speaker, state)
    published = CommentPublished(
        thread_id=comment.thread_id,
        post_id=comment.post_id,
        comment_id=comment.comment_id,
        alias_key=comment.proof.alias_key,
        author_name=name,
        label=speaker.alias.label,
        label_name=speaker.alias.label_name,
        body=comment.body,
        thread_key=comment.proof.thread_key,
        certificate=comment.proof.certificate,
        signature=comment.proof.signature,
        published_at=speaker.at,
    )
    return (*named, published)


def _require_open(state: State) -> Open:
    if isinstance(state, Absent):
        raise DomainError(Reason.THREAD_UNKNOWN)
    return state


def _require_room(comment: VerifiedComment, state: Open) -> None:
    if comment.post_id not in state.posts:
        raise DomainError(Reason.POST_UNKNOWN)
    if comment.comment_id in state.comments:
        raise DomainError(Reason.COMMENT_EXISTS)
    if state.posts[comment.post_id] >= MAX_COMMENTS:
        raise DomainError(Reason.COMMENTS_FULL)


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

"""What the rows write: posts of the forum, as its own codec stores them, under the meta that a traced call leaves."""

import uuid
from collections.abc import Iterable, Iterator

from services.chassis.log.eventstore import Commit, CommitMeta, EventData, Part, RecordedEvent, Write
from services.forum.adapters.event_codec import event_codec
from services.forum.domain.thread import CommentPublished, PostPublished

CODEC = event_codec()
META = CommitMeta(
    fingerprint="6f" * 32,
    at=1_900_000_000,
    caller="spiffe://vouchsafe.internal/ns/vouchsafe-edge/sa/alias-edge",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
_BODY = "Overtime was paid in full this quarter, for once; the canteen is another story. " * 3
_KEY, _SIGNATURE = bytes(range(32)), bytes(range(64))


def new_id() -> str:
    """A random identifier."""
    return str(uuid.uuid4())


def post(thread_id: str, ordinal: int, *, at: int = META.at) -> PostPublished:
    """A post of 240 characters in a thread."""
    return PostPublished(
        thread_id=thread_id,
        title="",
        post_id=new_id(),
        alias_key=_KEY,
        author_name="Quiet Heron",
        label="harbour-games",
        label_name="Harbour Games",
        body=_BODY,
        thread_key=_KEY,
        certificate=_SIGNATURE,
        signature=_SIGNATURE,
        published_at=at,
        thread_title="Pay rounds",
        ordinal=ordinal,
    )


def comment(thread_id: str, post_id: str, *, at: int = META.at) -> CommentPublished:
    """A comment of 240 characters below a post."""
    return CommentPublished(
        thread_id=thread_id,
        post_id=post_id,
        comment_id=new_id(),
        alias_key=_KEY,
        author_name="Quiet Heron",
        label="harbour-games",
        label_name="Harbour Games",
        body=_BODY,
        thread_key=_KEY,
        certificate=_SIGNATURE,
        signature=_SIGNATURE,
        published_at=at,
    )


def write(*events: object) -> Write:
    """What a command writes."""
    return Write(new_id(), [CODEC.encode(event) for event in events], META)


def sequenced(events: Iterable[tuple[str, EventData]], after: int = 0) -> Iterator[Commit]:
    """A log of one commit for each event and its new stream, at the positions behind `after`."""
    versions: dict[str, int] = {}
    for position, (stream, event) in enumerate(events, start=after + 1):
        version = versions[stream] = versions.get(stream, 0) + 1
        part = Part(new_id(), version, version, META)
        yield Commit(stream, (RecordedEvent(version, event.type, event.data),), (part,), position)

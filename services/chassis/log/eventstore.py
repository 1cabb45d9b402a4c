"""The event log of one service as its users see it: values, ports and errors.

A *commit* is one or more events of one stream, written whole or not at all: what one command appended, or what several
commands of a busy stream did, each its own *part*. A part may *claim* further ids, which nothing else in the log may
have: so a name is unique over all streams. A commit is readable in its stream at once; its place in the log of the
whole service, a dense position counted from 1, is given a moment later by the `sequencer`. What an event's bytes mean
is the `codec`'s business; deciding is `handle`'s. The adapters are `eventstore_memory` and `eventstore_mongo`;
`tests/contracts` says what both must do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from services.chassis.log.appends import Appends
from services.chassis.log.lease import Leases

MAX_COMMIT_BYTES = 1024 * 1024
"""Largest commit, counted over the stored bytes and type names of its events (MongoDB's own limit is 16 MiB)."""

_ID_BYTES = 1024
_VERSIONS = 2**31
"""More events than any stream has."""


@dataclass(frozen=True, slots=True)
class EventData:
    """An event to be stored: its explicit type name, e.g. `vouchsafe.forum.events.v1.PostPublished`, and its bytes."""

    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A stored event; `version` counts the events of its stream from 1."""

    version: int
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class CommitMeta:
    """What is kept beside what a command appended: no payload, no person.

    `fingerprint`: hex digest of the request; `at`: Unix seconds; `caller`: the identity that asked; `traceparent`: W3C
    trace context of the append, None when it was not traced.
    """

    fingerprint: str
    at: int
    caller: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """What one command asks to have appended, at least one event. `commit_id` is the command's own, for good.

    So are `claims`, ids of the same space: whoever makes them sees to it that no command's own id looks like one.
    """

    commit_id: str
    events: Sequence[EventData]
    meta: CommitMeta
    claims: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one command appended: the versions `first` to `last` of the stream, and the ids it claimed with them."""

    commit_id: str
    first: int
    last: int
    meta: CommitMeta
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """What was appended together: one part for each command, in order. `position` is None until it is sequenced."""

    stream: str
    events: tuple[RecordedEvent, ...]
    parts: tuple[Part, ...]
    position: int | None = None

    @property
    def commit_id(self) -> str:
        """The id that the commit goes by: that of its first part."""
        return self.parts[0].commit_id

    @property
    def first(self) -> int:
        """The stream's version of the first event."""
        return self.parts[0].first

    @property
    def last(self) -> int:
        """The stream's version after the commit."""
        return self.parts[-1].last

    @property
    def size(self) -> int:
        """Bytes of the events and their type names; at most `MAX_COMMIT_BYTES`."""
        return sum(len(event.data) + len(event.type) for event in self.events)

    @property
    def ids(self) -> tuple[str, ...]:
        """All that is unique about it: of each part its command's id and its claims, in order."""
        return tuple(each for part in self.parts for each in (part.commit_id, *part.claims))

    def part(self, commit_id: str) -> Part | None:
        """What the command of that id appended, None when it has no part in this commit."""
        return next((part for part in self.parts if part.commit_id == commit_id), None)

    def events_of(self, part: Part) -> tuple[RecordedEvent, ...]:
        """The events that one part of this commit appended."""
        return self.events[part.first - self.first : part.last - self.first + 1]

    def recorded(self) -> Iterator[tuple[RecordedEvent, CommitMeta]]:
        """Each event in order, with what is kept beside it."""
        for part in self.parts:
            for event in self.events_of(part):
                yield event, part.meta

    def is_repeat_of(self, other: "Commit") -> bool:
        """Whether both are the same write: a driver that tried again, not a second command under a used id."""
        return replace(self, position=None) == replace(other, position=None)


class Unsequenced(NamedTuple):
    """A commit that waits for its position: its id, its stream and the versions it spans."""

    commit_id: str
    stream: str
    first: int
    last: int


class StreamHead(NamedTuple):
    """A stream: its last version, and in how many commits that was reached."""

    stream: str
    version: int
    commits: int


class Mark(NamedTuple):
    """A place in a service's log: a commit's position and an event's place in it, from 0. Written `position.offset`."""

    position: int
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.position}.{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """The mark written as `text`; raises ValueError when it is none."""
        position, separator, offset = text.partition(".")
        if not separator or not (position + offset).isascii() or not position.isdigit() or not offset.isdigit():
            raise ValueError(f"not a mark: {text!r}")
        return cls(int(position), int(offset))


START = Mark(0, 0)
"""The place before every event; positions begin at 1."""


class EventStoreError(Exception):
    """Anything the log refuses or cannot do."""


class VersionConflict(EventStoreError):
    """The stream is not at the expected version: decide again from what it holds now."""

    def __init__(self, stream: str, expected: int) -> None:
        super().__init__(f"stream {stream_category(stream)} is not at version {expected}")
        self.stream = stream
        self.expected = expected


class CommitIdTaken(EventStoreError):
    """Another commit holds one of these ids already, as a command's or as a claim; `existing` is that commit."""

    def __init__(self, existing: Commit) -> None:
        super().__init__("the commit id is taken")
        self.existing = existing


class Overloaded(EventStoreError):
    """Too much waits to be appended already; nothing was written. Try again after `retry_seconds`."""

    def __init__(self, retry_seconds: float) -> None:
        super().__init__("too many appends are waiting")
        self.retry_seconds = retry_seconds


class CommitTooLarge(EventStoreError):
    """The events of one commit exceed `MAX_COMMIT_BYTES`; nothing was written."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a commit of {size} bytes; the most is {MAX_COMMIT_BYTES}")
        self.size = size


class StoreUnavailable(EventStoreError):
    """The store did not answer. Nothing is known to have changed; the same call may be made again."""


class OutcomeUnknown(StoreUnavailable):
    """An append was sent and its outcome could not be learned: append again under the same commit id, never another."""


class PositionsLost(EventStoreError):
    """Another sequencer gave positions meanwhile: read the head again."""


class RestoreRefused(EventStoreError):
    """The commits do not continue this log, and none of them was written."""


class LogGap(EventStoreError):
    """A position is missing from the log; a reader must stop here, for skipping it would lose a commit silently."""


class EventStore(Protocol):
    """Streams of events, for command handlers. Every method may raise `StoreUnavailable`."""

    @property
    def appended(self) -> Appends[Commit]:
        """Rung after each append of this process, and told what was written."""
        ...

    async def append(self, stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
        """Append all `writes` as one commit after `expected_version` (0: a new stream), the stream's last version.

        Returns once the commit is durable. The very same append made twice returns the commit of the first.
        Raises CommitIdTaken when another commit has one of the ids or claims (whatever the version), else
        VersionConflict; both mean that nothing was written. Raises CommitTooLarge, Overloaded, OutcomeUnknown;
        ValueError for no writes, no events, no names or an id twice. A caller that is cancelled may have appended.
        """
        ...

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Commit]:
        """The commits of a stream in order, without gaps, from the one that holds `after_version + 1`."""
        ...

    async def find_commit(self, commit_id: str) -> Commit | None:
        """The commit in which the command of that id has its part, or that claimed the id; None when there is none."""
        ...

    async def commits_by_ids(self, commit_ids: Sequence[str]) -> list[Commit]:
        """As `find_commit` for several ids: each commit once, in no promised order."""
        ...


class CommitLog(Protocol):
    """The whole service's commits by position, for those who follow them. May raise `StoreUnavailable`."""

    async def read_log(self, after_position: int, limit: int) -> list[Commit]:
        """At most `limit` commits at `after_position + 1`, `+ 2` and so on; empty at the head.

        Fewer than asked for are the last, unless they fill a page (`pages.is_full`). They are durable there.
        Raises LogGap when the next position is missing although later ones exist.
        """
        ...

    async def head_position(self) -> int:
        """The last position given so far, durable; 0 for an empty log. Raises LogGap when one before it is missing."""
        ...


class SequencingLog(Protocol):
    """What only the sequencer does. May raise `StoreUnavailable`."""

    @property
    def appended(self) -> Appends[Commit]:
        """See `EventStore.appended`."""
        ...

    async def unsequenced(self, limit: int) -> list[Unsequenced]:
        """Up to `limit` commits without a position, in no promised order and from no single moment."""
        ...

    async def unsequenced_of(self, streams: Sequence[str]) -> list[Unsequenced]:
        """All commits without a position of these streams, in no promised order and from no single moment."""
        ...

    async def head_position(self) -> int:
        """The last position given so far, durable; 0 for an empty log. Raises LogGap when one before it is missing."""
        ...

    async def assign_positions(self, after: int, commit_ids: Sequence[str]) -> None:
        """Give `after + 1`, `after + 2`, … to these commits, one by one in this order; durable on return.

        Stops at the first commit that has a position already and at the first position that is taken: raises
        PositionsLost then, and has placed the commits before. All positions up to `after` must have been given.
        """
        ...

    async def note_head(self, position: int) -> None:
        """Keep that positions up to this one have been given: what is missing at the end is known by it, and the head
        found sooner.
        """
        ...


class Checkpoints(Protocol):
    """Where each follower of a log stands. May raise `StoreUnavailable`."""

    async def load_mark(self, follower: str) -> Mark:
        """The follower's mark, `START` when it has none."""
        ...

    async def save_mark(self, follower: str, mark: Mark, epoch: int) -> None:
        """Keep the mark; raises LeaseLost when a later epoch of the lease has saved or claimed it."""
        ...

    async def claim_mark(self, follower: str, epoch: int) -> Mark:
        """The follower's mark, which from this moment on no earlier epoch can save; raises LeaseLost as above."""
        ...


class LogOperations(Protocol):
    """What only those who look after a log do with it; it may be slow. May raise `StoreUnavailable`."""

    async def store_epoch(self) -> str:
        """A random name that this database's log has for good: another one means another log, whatever its address."""
        ...

    async def unsequenced_count(self) -> int:
        """How many commits wait for a position."""
        ...

    async def streams(self, category: str, after: str, limit: int) -> list[StreamHead]:
        """At most `limit` streams of a category ("": of all) whose names come after `after`, ordered by name.

        Names are ordered by their code points; streams that grow meanwhile may be told as they were.
        """
        ...

    async def restore(self, commits: Sequence[Commit]) -> None:
        """Add commits that were sequenced elsewhere, as an export of this log holds them, after the last position.

        Raises RestoreRefused, and has written nothing, unless positions and each stream's versions go on without a
        hole or an overlap, the ids are new, and no commit waits for a position. For a store that nobody else writes
        to. If it does not answer meanwhile, some of the commits may be there, the first ones: see `head_position`.
        """
        ...


class LogStore(EventStore, CommitLog, SequencingLog, Checkpoints, LogOperations, Leases, Protocol):
    """All that one service's store does; hand each user only the port it needs."""

    async def close(self) -> None:
        """Take no more appends, and return when those under way have their outcome."""
        ...


def stream_category(stream: str) -> str:
    """What kind of stream it is, e.g. `thread` of `thread-01ab…`: safe to log, unlike the rest of the name."""
    return stream.partition("-")[0]


def new_commit(stream: str, expected_version: int, writes: Sequence[Write]) -> Commit:
    """The commit that an append asks for; raises ValueError or CommitTooLarge when no store may take it."""
    check_ids([each for write in writes for each in (write.commit_id, *write.claims)])
    if not stream or not 0 <= expected_version < _VERSIONS:
        raise ValueError("an append needs a stream and a version of 0 or more")
    if not writes or not all(write.events for write in writes):
        raise ValueError("an append needs at least one write, and each write at least one event")
    _check_encodable(stream, writes)
    size = sum(len(event.data) + len(event.type) for write in writes for event in write.events)
    if size > MAX_COMMIT_BYTES:
        raise CommitTooLarge(size)
    events: list[RecordedEvent] = []
    parts: list[Part] = []
    for write in writes:
        first = expected_version + len(events) + 1
        events += [RecordedEvent(version, event.type, event.data) for version, event in enumerate(write.events, first)]
        parts.append(Part(write.commit_id, first, expected_version + len(events), write.meta, tuple(write.claims)))
    return Commit(stream, tuple(events), tuple(parts))


def check_ids(ids: Sequence[str]) -> None:
    """Raises ValueError unless these may be one commit's ids: each its own, of 1 to 1,024 bytes of UTF-8."""
    if len(set(ids)) != len(ids) or not all(0 < len(each.encode()) <= _ID_BYTES for each in ids):
        raise ValueError("an append needs ids of its own, each of 1 to 1,024 bytes")


def _check_encodable(stream: str, writes: Iterable[Write]) -> None:
    """Raises ValueError for text that is no UTF-8: in a store it would spoil the bulk, which holds others' commits."""
    for write in writes:
        meta = write.meta
        types = [event.type for event in write.events]
        texts = (stream, write.commit_id, meta.fingerprint, meta.caller, meta.traceparent or "", *types, *write.claims)
        "".join(texts).encode()

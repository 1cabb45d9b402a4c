"""What passes between services, and the ports to the bus that carries it.

A producer's *public events* are the few of its events that a `Curation` names a subject for; no other event leaves the
service. They travel as stored, undecoded. Each message says where its event stands in the producer's log (`mark`) and
where the public event before it stands (`previous`), so that a consumer sees at once when one is missing. The bus is a
copy that may lose or repeat: the truth is the producer's log (`log_reader`). Adapters: `bus_memory`, `bus_jetstream`.
"""

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple, Protocol

from services.chassis.log.eventstore import START, Commit, Mark, RecordedEvent

_SUFFIX = re.compile(r"[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*", re.ASCII)
_FOREIGN = uuid.UUID("8e6c1f0a-1c0e-5d53-9b52-6d1c6a3d4b11")


class BusUnavailable(Exception):
    """The bus did not answer. What was being published may or may not be stored: read its last message."""


class Fenced(Exception):
    """The bus holds a message that this relay did not count on: another relay has published."""


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """An event as other services get it; `data` is the stored protobuf message named `type`.

    Events of one `key`, 32 hex digits, belong together: whoever cannot take one of them in must not take in a later
    one. Every event has one.
    """

    mark: Mark
    type: str
    data: bytes
    traceparent: str | None = None
    key: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Message:
    """A public event on its way; `previous` is the mark of the public event before it, `START` for the first."""

    subject: str
    event: PublicEvent
    previous: Mark


class Tail(NamedTuple):
    """The end of what a producer has published: the last event's mark and its sequence number on the bus."""

    mark: Mark = START
    sequence: int = 0


class Curation:
    """Which of a service's events others may see, and under which subject.

    `suffixes` maps a stored type name to `<Name>.v<number>`; its subject is `<service>.public.<Name>.v<number>`.

    Events of one stream share a key, and those of all streams that `group` gives one name. Where a stream is about
    several things, `about` names for a type what its stored bytes are about, and those of one name share a key instead.
    The key is a digest that
    whoever guesses the name recognises, and it shows which events belong together: where that is nobody's business,
    name the types in `alone`, of which each event has a key that follows from its mark and tells nothing else.
    """

    def __init__(
        self,
        service: str,
        suffixes: Mapping[str, str],
        *,
        group: Callable[[str], str] = str,
        about: Mapping[str, Callable[[bytes], str]] = MappingProxyType({}),
        alone: Collection[str] = (),
    ) -> None:
        for suffix in suffixes.values():
            if _SUFFIX.fullmatch(suffix) is None:
                raise ValueError(f"not a subject suffix like PostPublished.v1: {suffix!r}")
        self.service = service
        self._subjects = {kind: f"{service}.public.{suffix}" for kind, suffix in suffixes.items()}
        self._group = group
        self._about = about
        self._alone = frozenset(alone)

    def __bool__(self) -> bool:
        """Whether anything is public at all; what publishes nothing needs no relay."""
        return bool(self._subjects)

    @property
    def types(self) -> frozenset[str]:
        """The stored type names that are public."""
        return frozenset(self._subjects)

    @property
    def digest(self) -> str:
        """Tells this choice of types from another: whatever was found out about a log by it holds for it alone."""
        return sha256(" ".join(sorted(self._subjects)).encode()).hexdigest()[:16]

    def public_events(self, commits: Iterable[Commit]) -> Iterator[PublicEvent]:
        """The public events among those of sequenced commits, in order."""
        for commit in commits:
            for offset, (event, meta) in enumerate(commit.recorded()):
                if event.type in self._subjects:
                    mark = Mark(commit.position or 0, offset)
                    key = self._key(str(mark) if event.type in self._alone else f"of {self._name(commit, event)}")
                    yield PublicEvent(mark, event.type, event.data, meta.traceparent, key=key)

    def _name(self, commit: Commit, event: RecordedEvent) -> str:
        about = self._about.get(event.type)
        return about(event.data) if about else self._group(commit.stream)

    def _key(self, name: str) -> str:
        return sha256(f"{self.service} {name}".encode()).digest()[:16].hex()

    def messages(self, commits: Iterable[Commit], previous: Mark) -> list[Message]:
        """The messages that say what `commits` hold, after the public event at `previous` and without repeating it."""
        messages: list[Message] = []
        for event in self.public_events(commits):
            if event.mark > previous:
                messages.append(Message(self._subjects[event.type], event, previous))
                previous = event.mark
        return messages


class Outbox(Protocol):
    """A producer's own stream on the bus. May raise BusUnavailable."""

    async def tail(self) -> Tail:
        """What was published last."""
        ...

    async def publish(self, messages: Sequence[Message], after_sequence: int) -> int:
        """Store the messages in order after `after_sequence`; the sequence of the last one.

        Raises Fenced when another message is the last, or one of these was stored lately; a first part of the messages
        may be stored then, as after BusUnavailable.
        """
        ...


class Stored(NamedTuple):
    """A message as the bus holds it. `mark` is None for one without; `message` for one that does not say it all."""

    sequence: int
    mark: Mark | None
    message: Message | None


class Extent(NamedTuple):
    """The sequences of the first and the last message that the bus holds, and the largest event it takes whole."""

    first: int
    last: int
    largest: int


class Archive(Protocol):
    """A producer's own stream, for looking things up. May raise BusUnavailable."""

    async def extent(self) -> Extent:
        """What it holds now."""
        ...

    async def read(self, after_sequence: int, limit: int) -> Sequence[Stored]:
        """What it holds of the `limit` sequences that follow, in order."""
        ...


class Delivery(Protocol):
    """A message handed to a consumer until it is acknowledged. May raise BusUnavailable."""

    @property
    def message(self) -> Message | None:
        """The message; None when what arrived cannot be read as one."""
        ...

    async def ack(self) -> None:
        """Tell the bus that it need not deliver this again."""
        ...

    async def nak(self) -> None:
        """Ask the bus to deliver this again soon."""
        ...


class Inbox(Protocol):
    """One consumer's end of one producer's stream. May raise BusUnavailable."""

    async def fetch(self, limit: int, patience: float) -> Sequence[Delivery]:
        """Up to `limit` messages, in order as a rule; waits at most `patience` seconds for the first."""
        ...


def foreign_commit_id(producer: str, mark: Mark) -> str:
    """The commit id of the command that answers a producer's event: the same for every delivery of that event."""
    return str(uuid.uuid5(_FOREIGN, f"{producer}/{mark}"))

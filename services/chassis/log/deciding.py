"""Decides several commands of one stream in memory, one after another: each on what those before it would leave.

Pure but for the functions it is given. Whether what was decided is written is the `handle`'s business.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import MAX_COMMIT_BYTES, CommitMeta, CommitTooLarge, EventData, Write
from services.chassis.log.folded import Evolving, Fold, Folded

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
_C_contra = TypeVar("_C_contra", contravariant=True)


class Decider(Evolving[S, E], Protocol[_C_contra, S, E]):
    """The decisions of one kind of stream; a module with these three names is one. All pure: no clock, no chance."""

    def decide(self, command: _C_contra, state: S, /) -> tuple[E, ...]:
        """What happens when the command is carried out; raises the service's own DomainError to refuse it."""
        ...


@dataclass(frozen=True, slots=True)
class Asked(Generic[C]):
    """A command and what is recorded with its events; `begins`: it is likely the first of its stream."""

    command: C
    commit_id: str
    meta: CommitMeta
    begins: bool = False
    claims: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids that it is to have in the log."""
        return (self.commit_id, *self.claims)


@dataclass(frozen=True, slots=True)
class Decision(Generic[S, E]):
    """What a command comes to: events and how they are stored, or a `refusal`, or neither.

    `after`: the stream after it, once what was decided before it and this are written.
    """

    after: Folded[S]
    events: tuple[E, ...] = ()
    write: Write | None = None
    refusal: Exception | None = None


class Deciding(Generic[C, S, E]):
    """Decides with one codec and one decider."""

    def __init__(self, codec: EventCodec, decider: Decider[C, S, E]) -> None:
        self._codec = codec
        self._decider = decider
        self._fold: Fold[S, E] = Fold(codec, decider)

    def decide(self, asked: Iterable[Asked[C]], base: Folded[S]) -> Iterator[Decision[S, E]]:
        """A decision for each command in order, up to the first that no longer fits into the same commit.

        One that alone exceeds a commit is refused with CommitTooLarge, and stands in nobody's way.
        """
        room = MAX_COMMIT_BYTES
        for each in asked:
            decision, size = self._one(each, base)
            if size > room:
                return
            room -= size
            base = decision.after
            yield decision

    def _one(self, asked: Asked[C], base: Folded[S]) -> tuple[Decision[S, E], int]:
        try:
            events = self._decider.decide(asked.command, base.state)
            stored, size = self._stored(events)
            after = Folded(
                self._fold.evolved(base.state, events),
                base.version + len(stored),
                base.size + sum(len(event.data) for event in stored),
            )
        except Exception as refusal:  # noqa: BLE001 -- whatever it is, it is the answer to this command alone
            return Decision(base, refusal=refusal), 0
        write = Write(asked.commit_id, stored, asked.meta, asked.claims) if stored else None
        return Decision(after, events, write), size

    def _stored(self, events: tuple[E, ...]) -> tuple[list[EventData], int]:
        stored = [self._codec.encode(event) for event in events]
        size = sum(len(event.data) + len(event.type) for event in stored)
        if size > MAX_COMMIT_BYTES:
            raise CommitTooLarge(size)
        return stored, size

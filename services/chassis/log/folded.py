"""Folding streams into states, and what is remembered of that between commands.

Remembering only saves work. A remembered state is a prefix of a stream that can but grow, and is read on from where it
ends; the store's version check decides about every append, whatever was remembered. So forgetting is always right.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit, RecordedEvent

_STREAMS = 1000
_BYTES = 32 * 1024 * 1024

S = TypeVar("S")
E = TypeVar("E")
_E_contra = TypeVar("_E_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """A stream's state at a version; `size`: bytes of the stored events that were folded into it."""

    state: S
    version: int = 0
    size: int = 0


class Evolving(Protocol[S, _E_contra]):
    """The part of a decider that folds. Pure."""

    @property
    def initial(self) -> S:
        """The state of a stream that holds nothing."""
        ...

    def evolve(self, state: S, event: _E_contra, /) -> S:
        """The state after an event; never refuses, since the event has happened."""
        ...


class Fold(Generic[S, E]):
    """Folds what is stored, with one codec and one decider; raises what `EventCodec.decode` raises."""

    def __init__(self, codec: EventCodec, decider: Evolving[S, E]) -> None:
        self._codec = codec
        self._decider = decider

    def nothing(self) -> Folded[S]:
        """The fold of a stream that holds nothing."""
        return Folded(self._decider.initial)

    def on(self, folded: Folded[S], commits: Iterable[Commit]) -> Folded[S]:
        """The fold after these commits of the stream, which follow it without a gap."""
        for commit in commits:
            state = self.evolved(folded.state, self.events(commit.events))
            folded = Folded(state, commit.last, folded.size + sum(len(event.data) for event in commit.events))
        return folded

    def evolved(self, state: S, events: Iterable[E]) -> S:
        """The state after these events."""
        for event in events:
            state = self._decider.evolve(state, event)
        return state

    def events(self, recorded: Iterable[RecordedEvent]) -> tuple[E, ...]:
        """What stored events say today."""
        return tuple(event for each in recorded for event in self._codec.decode(each.type, each.data))


class FoldedStates(Generic[S]):
    """The states of the streams used last: at most `streams`, folded from at most `size` bytes of events together.

    The bytes stand for the memory that the states take. One stream larger than all that is remembered alone.
    """

    def __init__(self, *, streams: int = _STREAMS, size: int = _BYTES) -> None:
        self._streams = streams
        self._size = size
        self._held: OrderedDict[str, Folded[S]] = OrderedDict()
        self._held_size = 0

    def get(self, stream: str) -> Folded[S] | None:
        """What is remembered of the stream."""
        if stream in self._held:
            self._held.move_to_end(stream)
        return self._held.get(stream)

    def keep(self, stream: str, folded: Folded[S]) -> None:
        """Remember the stream's state, unless a later one is remembered."""
        held = self._held.get(stream)
        if folded.version == 0 or (held is not None and held.version >= folded.version):
            return
        self.forget(stream)
        self._held[stream] = folded
        self._held_size += folded.size
        self._make_room()

    def forget(self, stream: str) -> None:
        """Drop what is remembered of the stream."""
        if (held := self._held.pop(stream, None)) is not None:
            self._held_size -= held.size

    def observe(self, commit: Commit, fold: Fold[S, Any]) -> None:
        """Follow a commit that was read in the log, perhaps another process's: a state that it makes old goes on.

        It does not count as a use of the stream. A state that misses what lies between is forgotten.
        """
        held = self._held.get(commit.stream)
        if held is None or held.version >= commit.last:
            return
        if held.version != commit.first - 1:
            self.forget(commit.stream)
            return
        grown = fold.on(held, [commit])
        self._held[commit.stream] = grown  # In the place where it was.
        self._held_size += grown.size - held.size
        self._make_room()

    def _make_room(self) -> None:
        while len(self._held) > 1 and (len(self._held) > self._streams or self._held_size > self._size):
            self.forget(next(iter(self._held)))

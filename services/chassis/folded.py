"""What a command handler remembers of streams between commands: their folded states, and whose turn it is.

Both only save work. A remembered state is a prefix of a stream that can but grow, and is read on from where it ends;
the store's version check decides about every append, whatever was remembered. So forgetting is always right.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

_STREAMS = 1000
_BYTES = 32 * 1024 * 1024

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """A stream's state at a version; `size`: bytes of the stored events that were folded into it."""

    state: S
    version: int = 0
    size: int = 0


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
        while len(self._held) > 1 and (len(self._held) > self._streams or self._held_size > self._size):
            self.forget(next(iter(self._held)))

    def forget(self, stream: str) -> None:
        """Drop what is remembered of the stream."""
        if (held := self._held.pop(stream, None)) is not None:
            self._held_size -= held.size


class Turns:
    """A lock for each stream, for as long as somebody holds it or waits."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, stream: str) -> asyncio.Lock:
        """The stream's lock; keep a reference for as long as it is needed."""
        return self._locks.setdefault(stream, asyncio.Lock())

    def __len__(self) -> int:
        return len(self._locks)

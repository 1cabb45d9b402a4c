"""The transparency log: leaves appended to one event stream, and the Merkle tree over them, caught up in memory.

The stream is the truth. Several processes may append: each counts on a version of the stream, and whoever comes second
catches up and tries again, so the log cannot fork. What a leaf says is `seal.leaves`'s; that a tree was shown to the
witnesses is `checkpoints`'s.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.chassis.clock import Clock
from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import Commit, CommitIdTaken, CommitMeta, EventStore, VersionConflict, Write
from services.chassis.log.handle import Contended, fingerprint_of
from services.chassis.log.nudge import Nudge
from services.seal.leaves import Leaf
from services.seal.merkle import Tree, leaf_hash
from services.tlog.errors import LeafConflict

STREAM: Final = "log"
"""Of one event a leaf, so that the stream's version is the tree's size."""

_ATTEMPTS = 20
_CALLER = "disclosure"


@dataclass(frozen=True)
class LeafAppended:
    """The log grew by one leaf, as it is hashed."""

    leaf: bytes


class TransparencyLog:
    """The log as one process knows it: possibly short of the newest leaves, never wrong about the others."""

    def __init__(self, store: EventStore, codec: EventCodec, clock: Clock) -> None:
        self._store = store
        self._codec = codec
        self._clock = clock
        self._tree = Tree()
        self._leaves: list[bytes] = []
        self._index: dict[bytes, int] = {}
        self._lock = asyncio.Lock()
        self.grown = Nudge()
        """Rung when this process has learned of new leaves."""

    @property
    def size(self) -> int:
        """Number of leaves known."""
        return self._tree.size

    async def append(self, leaf: Leaf, *, commit_id: str) -> int:
        """Append a leaf, once for each commit id, and return its index; it is durable on return.

        Raises LeafConflict when another leaf was appended under that id, Contended when others were always faster.
        """
        data = self._codec.encode(LeafAppended(leaf.to_bytes()))
        meta = CommitMeta(fingerprint_of(_CALLER, data.data), int(self._clock.now().timestamp()), _CALLER)
        write = Write(commit_id, [data], meta)
        async with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    commit = await self._store.append(STREAM, self.size, [write])
                except CommitIdTaken as taken:
                    commit = taken.existing
                except VersionConflict:
                    await self._catch_up()
                    continue
                if commit.stream != STREAM or commit.events[0].data != data.data:
                    raise LeafConflict("another leaf has that commit id")
                await self._learn(commit)
                return commit.first - 1
        raise Contended(f"the log grew {_ATTEMPTS} times meanwhile")

    async def refresh(self) -> int:
        """Learn of every leaf that is stored; the size."""
        async with self._lock:
            await self._catch_up()
        return self.size

    async def find(self, hashed: bytes) -> int | None:
        """The index of a leaf by its RFC 6962 hash, None when the log does not hold it."""
        if hashed not in self._index:
            await self.refresh()
        return self._index.get(hashed)

    def leaves(self, start: int, limit: int) -> Sequence[bytes]:
        """At most `limit` leaves from index `start` on."""
        return self._leaves[start : start + limit]

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves; SealError when there were never so many."""
        return self._tree.root(size)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The audit path of a leaf in the tree of `size` leaves; SealError as above."""
        return self._tree.inclusion(index, size)

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """The proof that `first` leaves begin the tree of `second`; SealError unless 0 < first <= second <= size."""
        return self._tree.consistency(first, second)

    async def _learn(self, commit: Commit) -> None:
        if commit.first == self.size + 1:
            self._add(commit)
        elif commit.last > self.size:
            await self._catch_up()

    async def _catch_up(self) -> None:
        for commit in await self._store.read_stream(STREAM, self.size):
            self._add(commit)

    def _add(self, commit: Commit) -> None:
        for recorded in commit.events:
            for event in self._codec.decode(recorded.type, recorded.data):
                hashed = leaf_hash(event.leaf)
                self._index.setdefault(hashed, self._tree.append(hashed))
                self._leaves.append(event.leaf)
        self.grown.ring()

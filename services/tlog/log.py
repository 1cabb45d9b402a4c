"""The transparency log: leaves appended to one event stream, and the Merkle tree over them, caught up in memory.

The stream is the truth. Several processes may append: each counts on a version of the stream, and whoever comes second
catches up and tries again, so the log cannot fork. Leaves of one kind that wait in one process become one commit
together, each still a part of its own. What a leaf says is `seal.leaves`'s; that a tree was shown to the witnesses is
`checkpoints`'s.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.chassis.clock import Clock
from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import (
    MAX_COMMIT_BYTES,
    Commit,
    CommitIdTaken,
    CommitMeta,
    EventStore,
    Overloaded,
    VersionConflict,
    Write,
)
from services.chassis.log.handle import Contended, fingerprint_of
from services.chassis.log.lane import Lanes, Turn
from services.chassis.log.nudge import Nudge
from services.seal.leaves import Leaf
from services.seal.merkle import Tree, leaf_hash
from services.tlog.errors import LeafConflict

STREAM: Final = "log"
"""Of one event a leaf, so that the stream's version is the tree's size."""

MAX_WAITING: Final = 4096
"""Leaves that may wait to be appended in one process; more are refused with Overloaded."""

_ATTEMPTS = 20
_CALLER = "log"
_TOGETHER = 128
_SMALL = MAX_COMMIT_BYTES // _TOGETHER
_RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class LeafAppended:
    """The log grew by one leaf, as it is hashed."""

    leaf: bytes


_Turn = Turn[Write, int]


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
        self._lanes: Lanes[Write, int] = Lanes(self._append_together, _fits)
        self._waiting = 0
        self.grown = Nudge()
        """Rung when this process has learned of new leaves."""

    @property
    def size(self) -> int:
        """Number of leaves known."""
        return self._tree.size

    async def append(self, leaf: Leaf, *, commit_id: str) -> int:
        """Append a leaf, once for each commit id, and return its index; it is durable on return.

        Cancelled while it waits for its turn, it is not appended; later, it is, or may be.
        Raises LeafConflict when another leaf was appended under that id, Contended when others were always faster,
        Overloaded when too many wait, and the errors of `EventStore.append`.
        """
        data = self._codec.encode(LeafAppended(leaf.to_bytes()))
        meta = CommitMeta(fingerprint_of(_CALLER, data.data), int(self._clock.now().timestamp()), _CALLER)
        if self._waiting >= MAX_WAITING:
            raise Overloaded(_RETRY_SECONDS)
        self._waiting += 1
        try:
            # Only leaves of one kind share a commit: one about a person never lies in a record with one about an alias.
            return await self._lanes.ask(leaf.KIND, Write(commit_id, [data], meta))
        finally:
            self._waiting -= 1

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

    async def _append_together(self, _kind: str, turns: list[_Turn]) -> Iterable[_Turn]:
        """Append what the turns ask for as one commit, and tell each its index; nobody is left for later."""
        async with self._lock:
            for _ in range(_ATTEMPTS):
                turns = [turn for turn in turns if not turn.answer.done()]
                if not turns:
                    return ()
                try:
                    commit = await self._store.append(STREAM, self.size, [turn.asked for turn in turns])
                except VersionConflict:
                    await self._catch_up()
                except CommitIdTaken as taken:
                    await self._tell_recorded(turns, taken.existing)
                else:
                    await self._learn(commit)
                    for turn in turns:
                        _tell(turn, commit)
                    return ()
        raise Contended(f"the log grew {_ATTEMPTS} times meanwhile")

    async def _tell_recorded(self, turns: Sequence[_Turn], existing: Commit) -> None:
        """Tell those whose id is taken, all that can be found at once, where their leaf is."""
        found = [existing, *await self._store.commits_by_ids([turn.asked.commit_id for turn in turns])]
        by_id = {each: commit for commit in found for each in commit.ids}
        for commit in found:
            if commit.stream == STREAM:
                await self._learn(commit)
        for turn in turns:
            if (commit_of := by_id.get(turn.asked.commit_id)) is not None:
                _tell(turn, commit_of)

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


def _fits(taken: Sequence[_Turn], turn: _Turn) -> bool:
    """Leaves are appended together up to a number, a large one alone, and never two under one id."""
    if len(taken) >= _TOGETHER or not (_is_small(taken[0].asked) and _is_small(turn.asked)):
        return False
    return all(other.asked.commit_id != turn.asked.commit_id for other in taken)


def _is_small(write: Write) -> bool:
    """Whether as many of its size as are ever appended together fit into one commit."""
    return sum(len(event.data) + len(event.type) for event in write.events) <= _SMALL


def _tell(turn: _Turn, commit: Commit) -> None:
    """Tell the index of the leaf in a commit that has its id, or that the id has another leaf."""
    part = commit.part(turn.asked.commit_id) if commit.stream == STREAM else None
    if part is None or commit.events_of(part)[0].data != turn.asked.events[0].data:
        turn.fail(LeafConflict("another leaf has that commit id"))
    else:
        turn.give(part.first - 1)

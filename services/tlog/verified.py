"""The log as far as somebody has verified it himself, from sources that he does not believe.

A checkpoint counts when the log and a quorum of witnesses have signed it; a tree, when its leaves hash to the root of
such a checkpoint and it extends the one before. What contradicts that is told apart: a source that shows rubbish
(`SourceError`; another may do better) and a log that has shown two histories (`LogForked`; nobody can).
"""

from dataclasses import dataclass
from typing import Final

from services.seal.checkpoint import Checkpoint, LogPolicy, verify_checkpoint
from services.seal.errors import SealError
from services.seal.merkle import Tree
from services.tlog.errors import LogForked, SourceError
from services.tlog.root_check import extend
from services.tlog.source import Source

MAX_CLAIMS: Final = 1000
"""Heads that are remembered at once without their trees; each has the signatures of a quorum."""


@dataclass(frozen=True)
class Signed:
    """A checkpoint that the log and a quorum of witnesses have signed, and its note.

    `seen_unix`: a whole quorum gave this time or a later one with its signatures; 0 when no witness is asked for.
    """

    checkpoint: Checkpoint
    note: str
    seen_unix: int

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.checkpoint.size

    @classmethod
    def verify(cls, note: str, policy: LogPolicy) -> "Signed":
        """Return the checkpoint of a note when it satisfies the policy; raise `SealError` otherwise."""
        verified = verify_checkpoint(note, policy)
        times = sorted((each.timestamp for each in verified.cosignatures), reverse=True)
        return cls(verified.checkpoint, note, times[policy.quorum - 1] if policy.quorum else 0)


@dataclass(frozen=True)
class Growth:
    """What one look at a source has shown: a checkpoint, and the leaves from index `start` on that were new."""

    signed: Signed
    start: int
    leaves: tuple[bytes, ...]


class VerifiedLog:
    """A tree that only grows, under checkpoints that never contradict each other.

    `first_leaf` is what the log has to begin with, by the trust material. `seen` is the newest checkpoint of an earlier
    life: a log that does not extend it is forked. So is one that does not extend each head that any source has shown,
    though that source kept the leaves to itself.
    """

    def __init__(self, policy: LogPolicy, *, first_leaf: bytes, seen: Signed | None = None) -> None:
        self._policy = policy
        self._first_leaf = first_leaf
        self._tree = Tree()
        self._seen = seen
        self._top: Signed | None = None
        # Signed heads, by their size, of trees that are larger than the own one.
        self._claims: dict[int, Signed] = {} if seen is None else {seen.size: seen}

    @property
    def tree(self) -> Tree:
        """The tree of all verified leaves: smaller than `newest` at the beginning of a later life."""
        return self._tree

    @property
    def newest(self) -> Signed | None:
        """The checkpoint of the largest tree ever seen; of several, the one most recently co-signed."""
        known = [each for each in (self._seen, self._top) if each is not None]
        return max(known, key=lambda each: (each.size, each.seen_unix), default=None)

    async def checkpoint_of(self, source: Source) -> Signed:
        """The signed head that a source shows; SourceError when it shows none that is signed as it must be."""
        note = await source.checkpoint()
        try:
            return Signed.verify(note, self._policy)
        except SealError as error:
            raise SourceError(f"{source.name} shows a checkpoint that is not signed as it must be: {error}") from error

    async def take(self, source: Source) -> Growth:
        """Look at a source, and take what it shows beyond what is known. SourceError, LogForked."""
        return await self.grow(source, await self.checkpoint_of(source))

    async def grow(self, source: Source, signed: Signed) -> Growth:
        """Take the tree under a signed head from the source that has shown it. SourceError, LogForked.

        Nothing is taken unless all of it holds, and nothing when this is cancelled.
        """
        self._compare(signed)
        start = self._tree.size
        leaves: tuple[bytes, ...] = ()
        if signed.size > start:
            if len(self._claims) < MAX_CLAIMS:
                self._claims.setdefault(signed.size, signed)
            leaves = tuple(await source.entries(start, signed.size))
            try:
                extend(self._tree, leaves, signed.checkpoint)
            except SealError:
                await self._judge(source, signed)
            self._check_beginnings(signed, start, leaves)
        self._note(signed)
        return Growth(signed, start, leaves)

    def _compare(self, signed: Signed) -> None:
        """LogForked when a head says, of a size that is known, something else."""
        claim, top = self._claims.get(signed.size), self._top
        if claim is not None and signed.checkpoint.root != claim.checkpoint.root:
            raise _forked(claim, signed)
        if top is not None and signed.size <= top.size and signed.checkpoint.root != self._tree.root(signed.size):
            raise _forked(top, signed)

    async def _judge(self, source: Source, signed: Signed) -> None:
        """What a source shows does not extend what is known: LogForked when it proves that, SourceError when not."""
        for known in (self._top, self._seen):
            if known is None or not 0 < known.size <= signed.size:
                continue
            try:
                other = await source.root_at(known.size, signed.checkpoint)
            except SealError:
                break
            if other != known.checkpoint.root:
                raise _forked(known, signed)
        raise SourceError(f"{source.name} shows leaves that are not those of its checkpoint")

    def _check_beginnings(self, signed: Signed, start: int, leaves: tuple[bytes, ...]) -> None:
        """What only new leaves can contradict: the trust material, and the heads that were shown without leaves."""
        if start == 0 and leaves[0] != self._first_leaf:
            self._tree.truncate(start)
            raise LogForked("the log does not begin with this trust material", (signed.note,))
        for size, claim in self._claims.items():
            if start < size <= signed.size and self._tree.root(size) != claim.checkpoint.root:
                self._tree.truncate(start)
                raise _forked(claim, signed)
        self._claims = {size: claim for size, claim in self._claims.items() if size > signed.size}

    def _note(self, signed: Signed) -> None:
        top = self._top
        if top is None or (signed.size, signed.seen_unix) > (top.size, top.seen_unix):
            self._top = signed


def _forked(known: Signed, signed: Signed) -> LogForked:
    return LogForked("two signed checkpoints of the log contradict each other", (known.note, signed.note))

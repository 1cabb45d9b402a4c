"""The verified log, kept on disk as static files: an own copy, that goes on where it ended and can be shown to anybody.

Below one directory is the tree, which is public; below another what was seen last, so that no restart can be shown an
older log or another one, and the evidence if the log ever forks. Which sources are asked, and when, is the caller's.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.chassis.durable_file import StateError, open_alone
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.errors import LogForked, SourceError
from services.tlog.source import Source
from services.tlog.tile_store import TileStore
from services.tlog.verified import Growth, Signed, VerifiedLog

LOCK: Final = "lock"
"""Held by the one process that may write."""


class KeptLog:
    """An own copy of the log; make one with `open`. `forked`: why nothing is taken any more."""

    def __init__(self, log: VerifiedLog, store: TileStore, anchor: Anchor, *, shown: Signed | None, lock: int):
        self._log = log
        self._store = store
        self._anchor = anchor
        self._lock = lock
        self._shown = shown
        self._filled = asyncio.Event()
        if shown is not None:
            self._filled.set()
        self.forked: LogForked | None = None

    @classmethod
    async def open(
        cls, trust: Trust, *, tree: Path, state: Path, anew: Callable[[str], None] | None = None
    ) -> tuple["KeptLog", Growth | None]:
        """Take up the files where they were left, and hand over what they hold, verified; None for nothing.

        A tree that is not what was written is removed when there is `anew`, which is told why: what was seen is
        remembered all the same. Without it, and of anything else, StateError; InUseError when another process has them.
        """
        lock = open_alone(state / LOCK)
        try:
            store, anchor = TileStore(tree), Anchor(state)
            policy, seen, forked = trust.log_policy(), None, None
            try:
                seen = anchor.load(policy)
            except LogForked as fork:
                forked = fork
            log = VerifiedLog(policy, first_leaf=trust.ceremony_leaf().to_bytes(), seen=seen)
            held = await _taken_up(log, store, anew)
        except BaseException:
            os.close(lock)
            raise
        kept = cls(log, store, anchor, shown=held.signed if held is not None else None, lock=lock)
        kept.forked = forked
        return kept, held

    async def filled(self) -> None:
        """Wait until there is a tree to show."""
        await self._filled.wait()

    async def close(self) -> None:
        """Give the files up."""
        os.close(self._lock)

    @property
    def size(self) -> int:
        """How many leaves are kept."""
        return self._log.tree.size

    @property
    def newest(self) -> Signed | None:
        """The checkpoint of the largest tree ever seen."""
        return self._log.newest

    async def checkpoint_of(self, source: Source) -> Signed:
        """The signed head that a source shows; SourceError when it shows none that is signed as it must be."""
        return await self._log.checkpoint_of(source)

    async def take(self, source: Source) -> Growth:
        """Look at a source, and keep what it shows beyond what is kept; raises as `grow` does."""
        return await self.grow(source, await self.checkpoint_of(source))

    async def grow(self, source: Source, signed: Signed) -> Growth:
        """Keep the tree under a head from the source that has shown it; on disk on return.

        SourceError; LogForked, now and from now on; OSError or StateError when it cannot be written: open it again
        then, because memory is ahead of the files.
        """
        if self.forked is not None:
            raise LogForked(str(self.forked), self.forked.evidence)
        try:
            growth = await self._log.grow(source, signed)
        except LogForked as fork:
            self.condemn(fork)
            raise
        if self._is_news(signed):
            self._anchor.note(signed)
            # Shielded: files that are half written for this head must not be followed by those of another.
            await asyncio.shield(asyncio.to_thread(self._show, growth))
            self._filled.set()
        return growth

    def condemn(self, fork: LogForked) -> None:
        """Take nothing any more, now and after a restart, until somebody removes the evidence, which is on disk."""
        self.forked = fork
        self._anchor.note_fork(fork)

    def _is_news(self, signed: Signed) -> bool:
        return self._shown is None or _rank(signed) > _rank(self._shown)

    def _show(self, growth: Growth) -> None:
        self._store.extend(self._log.tree, growth.start, growth.leaves, growth.signed)
        self._shown = growth.signed
        self._store.drop_partials(growth.signed.size, growth.start)


def _rank(signed: Signed) -> tuple[int, int, int]:
    """Of two heads of one tree, the later one; of one time, the one that more have signed by now."""
    return signed.size, signed.seen_unix, len(signed.note)


async def _taken_up(log: VerifiedLog, store: TileStore, anew: Callable[[str], None] | None) -> Growth | None:
    """What the files show, verified like anybody's; None when there are none yet, or none any more."""
    if store.is_empty:
        return None
    try:
        growth = await log.take(store)
    except (SourceError, LogForked) as error:
        why = f"{store.name} does not hold the log that was written there: {error}"
        if anew is None or isinstance(error, LogForked):  # signed heads that contradict each other are kept
            raise StateError(why) from error
        shutil.rmtree(store.directory)
        anew(why)
        return None
    # Whoever wrote it may have been cut off before he had tidied up.
    store.drop_partials(growth.signed.size, 0)
    return growth

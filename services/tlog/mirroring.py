"""Mirroring: follows one source of the log, verifies all of it, and keeps it as static files for anybody to serve.

Whoever has read from a mirror can hold what he read against any other; so a mirror shows nothing that it has not itself
seen to be signed, co-signed and an extension of what it showed before.
"""

import asyncio
import os
from pathlib import Path
from typing import Final

from services.chassis.durable_file import StateError, open_alone
from services.chassis.telemetry_log import log as logger
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.errors import LogForked, SourceError
from services.tlog.source import Source
from services.tlog.tile_store import TileStore
from services.tlog.verified import Growth, Signed, VerifiedLog

POLL_SECONDS: Final = 1.0
LOCK: Final = "lock"
"""Held by the one process that may write."""

SOURCE_FAILED: Final = "mirror_source_failed"
SOURCE_BACK: Final = "mirror_source_back"
MIRROR_STOPPED: Final = "mirror_stopped_by_a_fork"

_log = logger(__name__)


class Mirroring:
    """Keeps `tree`, below a directory, what a source shows; make one with `open`."""

    def __init__(
        self,
        source: Source,
        log: VerifiedLog,
        store: TileStore,
        anchor: Anchor,
        *,
        shown: Signed | None,
        forked: bool,
        lock: int,
    ) -> None:
        self._source = source
        self._log = log
        self._store = store
        self._anchor = anchor
        self._shown = shown
        self._forked = forked
        self._lock = lock
        self._failing = False

    @classmethod
    async def open(cls, trust: Trust, source: Source, *, tree: Path, state: Path) -> "Mirroring":
        """Take up the files below `tree` where they were left.

        What was seen last, and the evidence of a fork, is kept below `state`. StateError when the files of either are
        not what was written, or when another process mirrors there.
        """
        lock = open_alone(state / LOCK)
        try:
            store, anchor = TileStore(tree), Anchor(state)
            seen, forked = None, False
            try:
                seen = anchor.load(trust.log_policy())
            except LogForked:
                forked = True
            log = VerifiedLog(trust.log_policy(), first_leaf=trust.ceremony_leaf().to_bytes(), seen=seen)
            shown = await _taken_up(log, store)
        except BaseException:
            os.close(lock)
            raise
        return cls(source, log, store, anchor, shown=shown, forked=forked, lock=lock)

    async def close(self) -> None:
        """Give the files up."""
        os.close(self._lock)

    @property
    def size(self) -> int:
        """How many leaves are shown."""
        return self._log.tree.size

    async def run(self, pause: float = POLL_SECONDS) -> None:
        """Keep up with the source; for ever. Once the log has forked, what is shown stays as it is."""
        while not self._forked:
            try:
                await self.step()
            except SourceError as error:
                self._say(failing=True, error=error)
            except LogForked:
                continue
            else:
                self._say(failing=False)
            await asyncio.sleep(pause)
        _log.critical(MIRROR_STOPPED)
        await asyncio.Event().wait()

    async def step(self) -> Growth:
        """Look at the source once, and show what is new. SourceError, LogForked; OSError when it cannot be written.

        After an OSError, open the files again: memory is ahead of them.
        """
        try:
            growth = await self._log.take(self._source)
        except LogForked as fork:
            self._forked = True
            self._anchor.note_fork(fork)
            raise
        if self._is_news(growth.signed):
            self._anchor.note(growth.signed)
            # Shielded: files that are half written for this head must not be followed by those of another.
            await asyncio.shield(asyncio.to_thread(self._show, growth))
        return growth

    def _is_news(self, signed: Signed) -> bool:
        shown = self._shown
        return shown is None or (signed.size, signed.seen_unix) > (shown.size, shown.seen_unix)

    def _show(self, growth: Growth) -> None:
        self._store.extend(self._log.tree, growth.start, growth.leaves, growth.signed)
        self._shown = growth.signed
        self._store.drop_partials(growth.signed.size, growth.start)

    def _say(self, *, failing: bool, error: Exception | None = None) -> None:
        """Tell once that the source does not answer, and once that it does again."""
        if failing and not self._failing:
            _log.warning(SOURCE_FAILED, peer=self._source.name, error_type=type(error).__name__)
        if self._failing and not failing:
            _log.info(SOURCE_BACK, peer=self._source.name)
        self._failing = failing


async def _taken_up(log: VerifiedLog, store: TileStore) -> Signed | None:
    """What the files show, verified like anybody's; None when there are none yet."""
    if store.is_empty:
        return None
    try:
        shown = (await log.take(store)).signed
    except (SourceError, LogForked) as error:
        raise StateError(f"{store.name} does not hold the log that was written there: {error}") from error
    # Whoever wrote it may have been cut off before he had tidied up.
    store.drop_partials(shown.size, 0)
    return shown

"""The public log as this device has read it before: a command asks for what is new, and verifies all of it anew.

Nothing on the disk is believed. Each time, every leaf of the copy is hashed anew, and the tree under the head that is
shown now has to begin with all of them. A copy that does not hold is removed, told of, and read anew. What was seen
last is remembered beside it: a log that shows less, or another history, is refused, and its signed heads are kept. What
makes a tree believed is `services.tlog.verified`'s, how it lies on the disk `services.tlog.kept`'s.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.chassis.durable_file import InUseError, StateError
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.errors import LogForked, SourceError
from services.tlog.kept import KeptLog
from services.tlog.source import Source
from services.tlog.verified import VerifiedLog
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.public_log import PublicLog, read_public_log

TREE: Final = "tree"
"""Below a log's directory: the copy, as a mirror's files."""
SEEN: Final = "seen"
"""Below it: the newest head that was seen, and the evidence of a fork or a rollback."""

BEHIND_SECONDS: Final = 3.0
"""How long a source that shows less than was seen may catch up: another mirror was perhaps a moment ahead of it."""
_PAUSE: Final = 0.5

SourceFor = Callable[[int], Source]
"""Makes the source to read from, for a reader who has so many leaves already."""


class LogMemory:
    """What one device remembers of one log, below `directory`; of none, it remembers nothing and reads everything.

    Each log has a directory of its own there, named by its trust material. `tell` is told in a sentence of a copy that
    did not hold, and by whoever goes on without what is remembered.
    """

    def __init__(
        self, trust: Trust, directory: Path | None = None, *, tell: Callable[[str], None] | None = None
    ) -> None:
        self._trust = trust
        self._directory = None if directory is None else directory / trust.hash().hex()[:16]
        self.tell = tell or _to_stderr

    async def read(self, source_for: SourceFor) -> PublicLog:
        """All of the log that a source shows, which extends what was ever read here.

        PROOF_INVALID: it is not under a co-signed checkpoint. LOG_FORKED, from now on, and LOG_ROLLED_BACK: the signed
        heads are kept. FILE_UNREADABLE: what was seen cannot be read, or not be written.
        """
        if self._directory is None or not self._has_place(self._directory):
            return await read_public_log(source_for(0), self._trust)
        seen = self._directory / SEEN
        try:
            return await self._read(source_for, self._directory / TREE, seen)
        except LogForked as fork:
            raise VouchsafeError(Reason.LOG_FORKED, f"{fork}; they are in {seen}") from fork
        except SourceError as error:
            raise VouchsafeError(Reason.PROOF_INVALID, str(error)) from error
        except (StateError, OSError) as error:
            what = f"{self._directory} does not hold what was kept there, or cannot be written: {error}"
            raise VouchsafeError(Reason.FILE_UNREADABLE, what) from error

    async def _read(self, source_for: SourceFor, tree: Path, seen: Path) -> PublicLog:
        try:
            kept, held = await KeptLog.open(self._trust, tree=tree, state=seen, anew=self._told)
        except InUseError:
            return await self._read_beside(source_for, Anchor(seen))
        try:
            leaves = held.leaves if held is not None else ()
            return await _read_on(kept, source_for(len(leaves)), leaves, Anchor(seen))
        finally:
            await kept.close()

    async def _read_beside(self, source_for: SourceFor, anchor: Anchor) -> PublicLog:
        """While another command writes the copy: all of the log, held against what was seen, and not kept."""
        policy = self._trust.log_policy()
        first_leaf = self._trust.ceremony_leaf().to_bytes()
        log = VerifiedLog(policy, first_leaf=first_leaf, seen=anchor.load(policy))
        try:
            return await _read_on(log, source_for(0), (), anchor)
        except LogForked as fork:
            anchor.note_fork(fork)
            raise

    def _has_place(self, directory: Path) -> bool:
        """Whether there is a directory, made now if need be. Where none can be made, nothing was ever remembered."""
        try:
            if not directory.exists():
                (directory / SEEN).mkdir(parents=True)
                directory.chmod(0o700)  # what is in it is public, but not who reads it, and when
        except FileExistsError:  # another command was faster
            return True
        except OSError as error:
            self.tell(f"{directory} cannot be made ({error.strerror}), so nothing is remembered")
            return False
        return True

    def _told(self, why: str) -> None:
        self.tell(f"{why}; it was removed, and all of the log is read anew")


async def _read_on(log: KeptLog | VerifiedLog, source: Source, leaves: tuple[bytes, ...], anchor: Anchor) -> PublicLog:
    """The log of the leaves at hand and of those that a source adds; LOG_ROLLED_BACK when it shows less than before."""
    give_up = asyncio.get_running_loop().time() + BEHIND_SECONDS
    while True:
        growth = await log.take(source)
        leaves += growth.leaves
        newest = log.newest
        if newest is None or growth.signed.size >= newest.size:
            return PublicLog(leaves, growth.signed)
        if asyncio.get_running_loop().time() >= give_up:
            break
        await asyncio.sleep(_PAUSE)
    larger, _ = anchor.note_rollback(newest, growth.signed)
    what = f"{source.name} shows {growth.signed.size} leaves of {newest.size} that were seen before; both signed heads"
    raise VouchsafeError(Reason.LOG_ROLLED_BACK, f"{what} are in {larger.parent}, should it not catch up")


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")

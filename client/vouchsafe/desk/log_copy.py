"""The desk's own copy of the public log: every leaf, hashed in this process to a root that witnesses have cosigned.

What makes a tree believed, and what is a fork, is `services.tlog.verified`'s; the newest head is kept on disk
(`services.tlog.anchor`), so that another log, or an older one, is found out even after a restart. The platform and the
mirrors of the profile are looked at each time: two that contradict each other are an alarm that stays.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.chassis.durable_file import StateError
from services.seal.checkpoint import Checkpoint, VerifiedCheckpoint, verify_checkpoint
from services.seal.governance import Governance, begin, evolve
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.errors import LogForked, SourceError
from services.tlog.source import Source
from services.tlog.verified import Signed, VerifiedLog
from vouchsafe.sdk.errors import Reason, VouchsafeError


class LogCopy:
    """A copy that `refresh` brings up to date; until then, and while nobody shows the log, it is what it was.

    Making one raises FILE_UNREADABLE when what an earlier start has kept cannot be read.
    """

    def __init__(self, sources: Sequence[Source], trust: Trust, state: Path) -> None:
        self._sources = sources
        self._policy = trust.log_policy()
        self._alone = asyncio.Lock()
        self._signed: Signed | None = None
        self.leaves: list[bytes] = []
        self.governance: Governance = begin(trust)
        """What stands in force after `leaves`: officers, policy, lock-down, vetoes, proposals."""
        self.alarm = ""
        """What is wrong with the log, in words; empty as long as nothing is."""
        self.away = ""
        """Why what is shown may not be the newest; empty when it is."""
        self.told: dict[str, str] = {}
        """Each source by its name, and why it could not be believed the last time; empty when it was."""
        self.older: Checkpoint | None = None
        """The head that an earlier start of the desk has seen, if any."""
        seen = self._remembered(state)
        self._log = VerifiedLog(self._policy, first_leaf=trust.ceremony_leaf().to_bytes(), seen=seen)

    @property
    def verified(self) -> VerifiedCheckpoint | None:
        """The checkpoint over exactly `leaves`, with the witnesses who cosigned it; None before the first look."""
        return verify_checkpoint(self._signed.note, self._policy) if self._signed else None

    @property
    def note(self) -> str:
        """That checkpoint as it is; empty before the first look."""
        return self._signed.note if self._signed else ""

    async def refresh(self) -> None:
        """Look at every source. Never raises for the log's sake: what is wrong is told in `alarm` or `away`."""
        async with self._alone:
            self.told = {source.name: await self._look_at(source) for source in self._sources}
        newest = self._log.newest
        if all(self.told.values()):
            self.away = "; ".join(self.told.values())
        elif newest is not None and self._log.tree.size < newest.size:
            self.away = f"only {self._log.tree.size} of the {newest.size} leaves that this desk has seen are shown"
        else:
            self.away = ""

    async def _look_at(self, source: Source) -> str:
        """Take what a source shows; why it could not be, empty when it could."""
        if self.alarm:
            return ""
        try:
            growth = await self._log.take(source)
        except LogForked as fork:
            self.alarm = str(fork)
            self._anchor.note_fork(fork)
            return ""
        except SourceError as error:
            return str(error)
        except VouchsafeError as error:
            return error.message
        for leaf in growth.leaves:
            self.leaves.append(leaf)
            self.governance = evolve(self.governance, leaf)
        return self._keep(growth.signed)

    def _keep(self, signed: Signed) -> str:
        known = self._signed
        if known is None or (signed.size, signed.seen_unix) > (known.size, known.seen_unix):
            self._signed = signed
        try:
            self._anchor.note(signed)
        except StateError as error:
            return f"what was seen cannot be kept for the next start: {error}"
        return ""

    def _remembered(self, state: Path) -> Signed | None:
        try:
            self._anchor = Anchor(state)
            seen = self._anchor.load(self._policy)
        except LogForked as fork:
            self.alarm = str(fork)
            return None
        except (StateError, OSError) as error:
            what = f"{state} does not hold what this desk has kept there; find out why before you remove it"
            raise VouchsafeError(Reason.FILE_UNREADABLE, what) from error
        self.older = seen.checkpoint if seen else None
        return seen

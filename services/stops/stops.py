"""All that officers told this process to stop, past disclosure: taken, and obeyed whatever the log shows.

The same at each trustee and at identity, so that a veto or a lock-down means one thing. What a log shows to be stopped
is `seal.governance`'s.
"""

import asyncio
from pathlib import Path
from typing import Final, Self

from services.chassis.durable_file import StateError
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.stops.lock_downs import LockDowns
from services.stops.vetoes import Vetoes
from services.tlog.errors import LogForked, LogUnavailable
from services.tlog.follower import LogView

LOOK_SECONDS: Final = 2.0
"""How long whoever stops something waits for the log: less than an officer in a hurry does."""


class Stops:
    """The records of one process, and its view of the log, which says who the officers are."""

    def __init__(self, lock_downs: LockDowns, vetoes: Vetoes, log: LogView) -> None:
        self._lock_downs = lock_downs
        self._vetoes = vetoes
        self._log = log

    @classmethod
    def open(cls, directory: Path, log: LogView) -> Self:
        """Open or create the files in `directory`; StateError when one is held by another process or malformed."""
        return cls(LockDowns.open(directory), Vetoes.open(directory), log)

    async def lock_down(self, number: int, officer: str, signature: bytes) -> None:
        """Stop everything until a quorum has ended the lock-down of this number in the log; SealError if it is none.

        On disk on return; StateError when it is not, though all is stopped as long as this process lives. A log that
        does not answer, has forked or cannot be noted on our own disk is no reason not to stop.
        """
        self._lock_downs.lock(number, officer, signature, await self._newest())

    async def veto(self, intent: bytes, officer: str, signature: bytes) -> None:
        """Stop the intent with this commitment, for good; SealError if it is no officer's veto, or one too many.

        On disk on return, whether the log answers or not; StateError when it is not. All as with a lock-down.
        """
        self._vetoes.veto(intent, officer, signature, await self._newest())

    def check(self, intent: bytes, governance: Governance) -> None:
        """Return when nobody has stopped the intent with this commitment, or everything; SealError otherwise.

        `governance` is the log's as it is now: only what it shows to be ended is ended.
        """
        if self._lock_downs.stand(governance):
            raise SealError("an officer has locked everything down")
        if self._vetoes.stop(intent):
            raise SealError("an officer has vetoed this intent")

    async def close(self) -> None:
        """Give the files up."""
        await self._vetoes.close()
        await self._lock_downs.close()

    async def _newest(self) -> Governance:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._log.view(0)
        except (LogUnavailable, LogForked, StateError, TimeoutError):
            return self._log.known

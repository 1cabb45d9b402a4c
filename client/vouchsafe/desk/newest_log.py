"""The platform as a source of the log up to its last leaf, and not only up to the checkpoint that was published last.

An officer who has just signed something wants to see it in the log, and not some seconds later. Whatever is shown is
verified by whoever reads (`log_copy`).
"""

from vouchsafe.sdk.errors import VouchsafeError
from vouchsafe.sdk.public_log import PlatformLog
from vouchsafe.sdk.transparency import LogReader


class NewestLog(PlatformLog):
    """Has a checkpoint cosigned over all leaves that are there when it is asked; while witnesses are away, the last."""

    def __init__(self, reader: LogReader) -> None:
        super().__init__(reader)
        self._newest = reader
        self._size = 0

    async def checkpoint(self) -> str:
        """A signed head over all leaves, or the newest there is."""
        async for index, _ in self._newest.leaves(self._size):
            self._size = index + 1
        try:
            note, _ = await self._newest.checkpoint(min_size=self._size)
        except VouchsafeError:
            return await super().checkpoint()
        return note

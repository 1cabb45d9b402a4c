"""Where a consumer stands: a mark that is moved in memory and saved once for many events, under its claim.

A mark that was saved long ago says nothing of who leads now: `save_if_old` asks the database before more is done.
"""

import time

from services.chassis.integration.claim import Claim
from services.chassis.log.eventstore import START, Checkpoints, Mark

_SAVE_SECONDS = 0.5


class SavedMark:
    """The mark of one follower, in memory and in the database; `load` before anything else."""

    def __init__(self, checkpoints: Checkpoints, follower: str, claim: Claim) -> None:
        self._checkpoints = checkpoints
        self._follower = follower
        self._claim = claim
        self.mark = START
        self._saved = START
        self._saved_at = 0.0

    async def load(self) -> None:
        """Read what was saved last and make it ours in one step; raises LeaseLost when there is a later claim.

        From here on no write of an earlier claim moves the mark, however late it lands, and what anybody parked before
        moving it is there to see.
        """
        asked = time.monotonic()
        with self._claim.writing() as number:
            self.mark = self._saved = await self._checkpoints.claim_mark(self._follower, number)
        self._saved_at = asked

    def reached(self, mark: Mark) -> None:
        """Stand further on; to be saved."""
        self.mark = mark

    async def save(self) -> None:
        """Save the mark unless it is saved already; raises LeaseLost as above."""
        if self.mark != self._saved:
            await self._save()

    async def save_if_old(self) -> None:
        """Save the mark, even the same again, when that was not done for a while; raises LeaseLost as above."""
        if time.monotonic() > self._saved_at + _SAVE_SECONDS:
            await self._save()

    async def _save(self) -> None:
        asked, mark = time.monotonic(), self.mark
        with self._claim.writing() as number:
            await self._checkpoints.save_mark(self._follower, mark, number)
        self._saved, self._saved_at = mark, asked

"""Where the log is read from: what is asked of a mirror, or of the log itself. Nothing is verified here."""

from collections.abc import Sequence
from typing import Protocol

from services.seal.checkpoint import Checkpoint


class Source(Protocol):
    """Shows the log. Each method raises SourceError when it cannot; what it shows may all the same be anybody's."""

    @property
    def name(self) -> str:
        """What people know the source by."""

    async def checkpoint(self) -> str:
        """The newest signed head, a note."""

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves; that they are so many is checked."""

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root over the first `size` leaves of the tree under this checkpoint, which is proven (SealError if not).

        Asked when the tree contradicts another one, so that a bad source is told from a log that shows two histories.
        """

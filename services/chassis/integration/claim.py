"""The number under which one consumer writes its mark and its dead letters: higher with each lease and failure.

A write that was not answered may still be on its way, and be carried out at any time. Under the lease's epoch alone it
could land after the consumer has claimed anew what it keeps, and undo that: move the mark over a letter that was
dropped, park what has been applied, drop what was parked again. So the number goes up with each write that fails, and
the claim that must follow shuts out whatever was written under the one before. The shutting out is the stores' work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NUMBERS: Final = 1 << 20
"""How many of them an epoch has. Whoever fails more often only has the next lease be taken once more."""


def lease_epoch(number: int) -> int:
    """The epoch of the lease under which a mark or letter of that number was written."""
    return number // NUMBERS


class Claim:
    """One consumer's, under the lease of that epoch; the only one of its producer under that lease."""

    def __init__(self, epoch: int) -> None:
        self.number = epoch * NUMBERS

    @contextmanager
    def writing(self) -> Iterator[int]:
        """The number for one write; once it has failed, however, it is no longer ours."""
        try:
            yield self.number
        except BaseException:
            self.number += 1
            raise

"""Dead letters: another service's events that cannot be taken in, kept in order with all that must wait behind them.

The values and the two ports on them, the consumer's (`DeadLetters`) and the operators' (`DeadLetterDesk`). A letter is
parked before the consumer's mark moves past it, so it counts only up to that mark: what lies beyond is parked again, or
taken in after all, when the event comes again. Operators do nothing themselves: they write their wishes to the letters,
and the consumer carries them out under its lease (`parking`). Adapters: `dead_letters_memory`, `dead_letters_mongo`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.chassis.integration.bus import PublicEvent
from services.chassis.log.eventstore import Mark


class LetterState(StrEnum):
    """What is to become of a letter."""

    PARKED = "parked"
    REDRIVE = "redrive"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Parked:
    """A letter without its contents. Letters of one `key` are taken in in the order of their marks.

    `error`: the name of the last failure's type, "" while the letter only waits behind another. `attempts`: how often
    it was tried in vain, counting tries at once as one. `parked_at`: Unix seconds. `size`: the event's bytes.
    """

    producer: str
    key: str
    mark: Mark
    type: str
    error: str
    attempts: int
    parked_at: int
    state: LetterState = LetterState.PARKED
    size: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A parked event whole."""

    parked: Parked
    event: PublicEvent


@dataclass(frozen=True, slots=True)
class Discarded:
    """The record of a letter that was thrown away: what it was, `by` whom, why, and when that was asked and done.

    `digest`: SHA-256 of the event's bytes, hex; times are Unix seconds.
    """

    parked: Parked
    digest: str
    by: str
    reason: str
    asked_at: int
    done_at: int


class ParkingFull(Exception):
    """As many letters, or bytes, are parked as may be; the line stops before the next."""


class DeadLetters(Protocol):
    """The consumer's side, by producer. Once a later epoch has claimed, a change is refused with LeaseLost.

    Only parking under the earlier one may be answered; such a letter does not count, and saving the mark is refused.
    `epoch` is the number of the consumer's claim (`claim.Claim`): it goes up with the lease's and with each write that
    was not answered, so that whatever lands late was written under an earlier one.

    Every method may raise `eventstore.StoreUnavailable`.
    """

    async def claim(self, producer: str, epoch: int, through: Mark) -> Sequence[Parked]:
        """Take the producer's letters over: those that count, in order. Drops all that lie after `through`.

        Drops as well what an earlier holder parked after it had been overtaken.
        """
        ...

    async def park(self, letter: Letter, epoch: int) -> None:
        """Keep the letter, durably; one that is kept under the same mark is replaced."""
        ...

    async def wished(self, producer: str, epoch: int) -> Sequence[Parked]:
        """The letters that operators want redriven or discarded, in order."""
        ...

    async def of_key(self, producer: str, key: str, epoch: int, limit: int) -> Sequence[Parked]:
        """The first letters of a key, in order."""
        ...

    async def letter(self, producer: str, mark: Mark) -> Letter | None:
        """The letter whole, None when there is none."""
        ...

    async def remove(self, producer: str, mark: Mark, epoch: int) -> None:
        """Forget a letter that has been taken in."""
        ...

    async def failed(self, parked: Parked, error: str, epoch: int) -> None:
        """One more attempt was in vain; nothing is wished of the letter's key any more, but what is to be discarded."""
        ...

    async def discard(self, producer: str, mark: Mark, epoch: int, now: int) -> None:
        """Keep the record that was wished, then forget the letter; `now` in Unix seconds."""
        ...


class DeadLetterDesk(Protocol):
    """The operators' side. Every method may raise `eventstore.StoreUnavailable`."""

    async def all_parked(self) -> Sequence[Parked]:
        """All letters that count, by producer and in order."""
        ...

    async def letter(self, producer: str, mark: Mark) -> Letter | None:
        """The letter whole, None when there is none."""
        ...

    async def wish_redrive(self, producer: str, key: str | None) -> int:
        """Have the letters of a key, or all of a producer's, taken in again; how many that are."""
        ...

    async def wish_discard(self, producer: str, mark: Mark, *, by: str, reason: str, now: int) -> bool:
        """Have one letter thrown away and recorded; False when there is none."""
        ...

    async def discarded(self) -> Sequence[Discarded]:
        """The records of what was thrown away, by producer and in order."""
        ...

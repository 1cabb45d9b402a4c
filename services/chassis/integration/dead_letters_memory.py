"""Dead letters in a process's own memory, for tests and as the model of what the real store does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from services.chassis.integration.dead_letters import Discarded, Letter, LetterState, Parked
from services.chassis.log.eventstore import Mark
from services.chassis.log.lease import LeaseLost

Place = tuple[str, Mark]


@dataclass(frozen=True, slots=True)
class _Kept:
    letter: Letter
    epoch: int
    by: str = ""
    reason: str = ""
    asked_at: int = 0

    @property
    def parked(self) -> Parked:
        return self.letter.parked


class MemoryDeadLetters:
    """`DeadLetters` and `DeadLetterDesk` in memory."""

    def __init__(self) -> None:
        self._letters: dict[Place, _Kept] = {}
        self._claims: dict[str, int] = {}
        self._records: dict[Place, Discarded] = {}

    async def claim(self, producer: str, epoch: int, through: Mark) -> Sequence[Parked]:
        """See `DeadLetters.claim`."""
        claimed = self._claims.get(producer, 0)
        if claimed > epoch:
            raise LeaseLost("the letters have been claimed under a later epoch")
        for place, kept in self._of(producer):
            if kept.epoch < claimed or place[1] > through:
                del self._letters[place]
            else:
                self._letters[place] = replace(kept, epoch=epoch)
        self._claims[producer] = epoch
        return [kept.parked for _, kept in self._of(producer)]

    async def park(self, letter: Letter, epoch: int) -> None:
        """See `DeadLetters.park`."""
        place = (letter.parked.producer, letter.parked.mark)
        if place in self._letters and self._letters[place].epoch > epoch:
            raise LeaseLost("the letter was parked under a later epoch")
        self._letters[place] = _Kept(letter, epoch)

    async def wished(self, producer: str, epoch: int) -> Sequence[Parked]:
        """See `DeadLetters.wished`."""
        return [each for each in self._counting(producer, epoch) if each.state is not LetterState.PARKED]

    async def of_key(self, producer: str, key: str, epoch: int, limit: int) -> Sequence[Parked]:
        """See `DeadLetters.of_key`."""
        return [each for each in self._counting(producer, epoch) if each.key == key][:limit]

    async def letter(self, producer: str, mark: Mark) -> Letter | None:
        """See `DeadLetters.letter`."""
        kept = self._letters.get((producer, mark))
        return None if kept is None else kept.letter

    async def remove(self, producer: str, mark: Mark, epoch: int) -> None:
        """See `DeadLetters.remove`."""
        self._own(producer, mark, epoch)
        del self._letters[producer, mark]

    async def failed(self, parked: Parked, error: str, epoch: int) -> None:
        """See `DeadLetters.failed`."""
        self._own(parked.producer, parked.mark, epoch)
        self._change(parked.producer, parked.mark, lambda one: replace(one, error=error, attempts=one.attempts + 1))
        for each in self._counting(parked.producer, epoch):
            if each.key == parked.key and each.state is LetterState.REDRIVE:
                self._change(each.producer, each.mark, lambda one: replace(one, state=LetterState.PARKED))

    async def discard(self, producer: str, mark: Mark, epoch: int, now: int) -> None:
        """See `DeadLetters.discard`."""
        kept = self._own(producer, mark, epoch)
        digest = sha256(kept.letter.event.data).hexdigest()
        record = Discarded(kept.parked, digest, kept.by, kept.reason, kept.asked_at, now)
        self._records.setdefault((producer, mark), record)
        del self._letters[producer, mark]

    async def all_parked(self) -> Sequence[Parked]:
        """See `DeadLetterDesk.all_parked`."""
        return [each for producer in sorted(self._claims) for each in self._counting(producer, self._claims[producer])]

    async def wish_redrive(self, producer: str, key: str | None) -> int:
        """See `DeadLetterDesk.wish_redrive`."""
        wished = [
            each
            for each in await self.all_parked()
            if each.producer == producer and key in (None, each.key) and each.state is not LetterState.DISCARD
        ]
        for each in wished:
            self._change(producer, each.mark, lambda one: replace(one, state=LetterState.REDRIVE))
        return len(wished)

    async def wish_discard(self, producer: str, mark: Mark, *, by: str, reason: str, now: int) -> bool:
        """See `DeadLetterDesk.wish_discard`."""
        if all((each.producer, each.mark) != (producer, mark) for each in await self.all_parked()):
            return False
        self._change(producer, mark, lambda one: replace(one, state=LetterState.DISCARD))
        kept = self._letters[producer, mark]
        self._letters[producer, mark] = replace(kept, by=by, reason=reason, asked_at=now)
        return True

    async def discarded(self) -> Sequence[Discarded]:
        """See `DeadLetterDesk.discarded`."""
        return [self._records[place] for place in sorted(self._records)]

    def _of(self, producer: str) -> list[tuple[Place, _Kept]]:
        return sorted((each for each in self._letters.items() if each[0][0] == producer), key=lambda each: each[0])

    def _counting(self, producer: str, epoch: int) -> list[Parked]:
        return [kept.parked for _, kept in self._of(producer) if kept.epoch == epoch]

    def _own(self, producer: str, mark: Mark, epoch: int) -> _Kept:
        kept = self._letters.get((producer, mark))
        if kept is None or kept.epoch != epoch:
            raise LeaseLost("the letters have been claimed under a later epoch")
        return kept

    def _change(self, producer: str, mark: Mark, change: Callable[[Parked], Parked]) -> None:
        kept = self._letters[producer, mark]
        self._letters[producer, mark] = replace(kept, letter=replace(kept.letter, parked=change(kept.parked)))

"""What one consumer has parked, and how it gets out again: the consumer's use of its dead letters.

Which keys are held is known in memory from the claim on; everything else is asked of the database. What operators wish
is carried out a piece at a time, between deliveries: a redriven key is taken in in order, through the consumer's own
reactions, until it is empty or fails again; a letter that is to be discarded is recorded first.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from services.chassis.clock import Clock
from services.chassis.integration.bus import PublicEvent
from services.chassis.integration.dead_letters import DeadLetters, Letter, LetterState, Parked, ParkingFull
from services.chassis.log.eventstore import Mark
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import PARKED as PARKED_LETTERS

PARKED: Final = "foreign_event_parked"
REDRIVEN: Final = "foreign_event_redriven"
DISCARDED: Final = "foreign_event_discarded"

_PIECE = 100

_log = log(__name__)

TakeIn = Callable[[PublicEvent], Awaitable[Exception | None]]
"""Answers an event as the consumer does: None when it is taken in, else the error that trying does not mend."""


class Parking:
    """The dead letters of one producer's consumer under one lease; `claim` before anything else.

    `limit`: most letters that may wait; then the line stops.
    """

    def __init__(self, letters: DeadLetters, *, producer: str, epoch: int, limit: int, clock: Clock) -> None:
        self._letters = letters
        self._producer = producer
        self._epoch = epoch
        self._limit = limit
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._redriving: set[str] = set()

    def __len__(self) -> int:
        """How many letters are parked."""
        return self._held.total()

    async def claim(self, through: Mark) -> None:
        """Take over what is parked up to the consumer's mark. Raises LeaseLost, StoreUnavailable, as all here do."""
        parked = await self._letters.claim(self._producer, self._epoch, through)
        self._held = Counter(each.key for each in parked)
        self._redriving.clear()
        self._measure()

    def holds(self, event: PublicEvent) -> bool:
        """Whether an earlier event of its key is parked, so that this one must not be taken in."""
        return self._held[self._key(event)] > 0

    async def park(self, event: PublicEvent, error: Exception | None) -> None:
        """Keep the event; `error` is None for one that only waits. Raises ParkingFull."""
        if len(self) >= self._limit:
            raise ParkingFull(f"{self._limit} letters of {self._producer} are parked")
        key = self._key(event)
        # What a redrive runs into on its way belongs to it.
        state = LetterState.REDRIVE if key in self._redriving else LetterState.PARKED
        now = int(self._clock.now().timestamp())
        name, attempts = (type(error).__name__, 1) if error else ("", 0)
        parked = Parked(self._producer, key, event.mark, event.type, name, attempts, now, state)
        await self._letters.park(Letter(parked, event), self._epoch)
        self._count(key, 1)
        self._tell(PARKED, parked)

    async def carry_out(self, take_in: TakeIn) -> None:
        """Do the next piece of what is wished. May be cancelled anywhere; raises what `take_in` raises."""
        if not self._held:
            return
        wished = await self._letters.wished(self._producer, self._epoch)
        self._redriving |= {each.key for each in wished if each.state is LetterState.REDRIVE}
        for each in wished:
            if each.state is LetterState.DISCARD:
                await self._discard(each)
        left = _PIECE
        for key in sorted(self._redriving):
            left -= await self._redrive(key, take_in, left)

    async def _redrive(self, key: str, take_in: TakeIn, limit: int) -> int:
        """Take in up to `limit` letters of a key, in order, until one fails; how many were tried."""
        letters = (await self._letters.of_key(self._producer, key, self._epoch))[:limit]
        for parked in letters:
            if parked.state is LetterState.DISCARD:  # Wished meanwhile.
                await self._discard(parked)
                continue
            letter = await self._letters.letter(self._producer, parked.mark)
            if letter is None:
                continue
            if error := await take_in(letter.event):
                await self._letters.failed(parked, type(error).__name__, self._epoch)
                self._redriving.discard(key)
                break
            await self._letters.remove(self._producer, parked.mark, self._epoch)
            self._count(key, -1)
            self._tell(REDRIVEN, parked)
        return len(letters)

    async def _discard(self, parked: Parked) -> None:
        now = int(self._clock.now().timestamp())
        await self._letters.discard(self._producer, parked.mark, self._epoch, now)
        self._count(parked.key, -1)
        self._tell(DISCARDED, parked)

    def _key(self, event: PublicEvent) -> str:
        """What the event waits with. One that came without a key may belong to any: then its whole type waits."""
        if self._held[event.type] and not self._held[event.key]:
            return event.type
        return event.key or event.type

    def _count(self, key: str, more: int) -> None:
        self._held[key] += more
        if not self._held[key]:
            del self._held[key]
            self._redriving.discard(key)
        self._measure()

    def _measure(self) -> None:
        PARKED_LETTERS.set(len(self), {"consumer": self._producer})

    def _tell(self, event: str, parked: Parked) -> None:
        _log.warning(
            event,
            consumer=self._producer,
            event_type=parked.type,
            position=parked.mark.position,
            error_type=parked.error,
            attempts=parked.attempts,
        )

"""What one consumer has parked, and how it gets out again: the consumer's use of its dead letters.

Which keys are held is known in memory from the claim on; everything else is asked of the database. What operators wish
is carried out a piece at a time, between deliveries: a redriven key is taken in in order, through the consumer's own
reactions, until it is empty or fails again; a letter that is to be discarded is recorded first. A redriven key that
fails by what time may mend keeps its wish, and is tried again when some time has passed and the other keys had theirs.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from services.chassis.clock import Clock
from services.chassis.integration.bus import PublicEvent
from services.chassis.integration.claim import Claim
from services.chassis.integration.dead_letters import DeadLetters, Letter, LetterState, Parked, ParkingFull
from services.chassis.integration.mending import mends_itself
from services.chassis.log.eventstore import Mark
from services.chassis.log.lease import LeaseLost
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.chassis.telemetry_metrics import PARKED as PARKED_LETTERS

PARKED: Final = "foreign_event_parked"
REDRIVEN: Final = "foreign_event_redriven"
DISCARDED: Final = "foreign_event_discarded"
REDRIVE_WAITS: Final = "foreign_redrive_waits"

_PIECE = 100
_LOOK_SECONDS = 1.0
_REST_SECONDS = 5.0

_log = log(__name__)

TakeIn = Callable[[PublicEvent], Awaitable[Exception | None]]
"""Answers an event as the consumer does: None when it is taken in, else the error that trying does not mend."""


class _Waits(Exception):
    """A redriven letter failed by what time may mend."""


class Parking:
    """The dead letters of one producer's consumer; `take_over` before anything else, and after each failure.

    `limit`: most letters that may wait, `most_bytes`: how large they may be in all; then the line stops.
    """

    def __init__(
        self, letters: DeadLetters, *, producer: str, claim: Claim, limit: int, most_bytes: int, clock: Clock
    ) -> None:
        self._letters = letters
        self._producer = producer
        self._claim = claim
        self._limit = limit
        self._most_bytes = most_bytes
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._count = 0
        self._bytes = 0
        self._redriving: dict[str, None] = {}  # Keys; the first one is next.
        self._look_at = 0.0
        self._rest_until = 0.0

    def __len__(self) -> int:
        """How many letters are parked."""
        return self._count

    async def take_over(self, through: Mark) -> None:
        """Take over what is parked up to the consumer's mark. Raises LeaseLost, StoreUnavailable, as all here do."""
        with self._claim.writing() as number:
            parked = await self._letters.claim(self._producer, number, through)
        self._held = Counter(each.key for each in parked)
        self._count = len(parked)
        self._bytes = sum(each.size for each in parked)
        self._redriving.clear()
        self._look_at = 0.0
        self._measure()

    def holds(self, event: PublicEvent) -> bool:
        """Whether an earlier event of its key is parked, so that this one must not be taken in."""
        return event.key in self._held

    async def park(self, event: PublicEvent, error: Exception | None) -> None:
        """Keep the event; `error` is None for one that only waits. Raises ParkingFull."""
        size = len(event.data)
        if self._count >= self._limit or self._bytes + size > self._most_bytes:
            raise ParkingFull(f"{self._count} letters of {self._producer} are parked, {self._bytes} bytes")
        # What a redrive runs into on its way belongs to it.
        state = LetterState.REDRIVE if event.key in self._redriving else LetterState.PARKED
        now = int(self._clock.now().timestamp())
        name, attempts = (type(error).__name__, 1) if error else ("", 0)
        parked = Parked(self._producer, event.key, event.mark, event.type, name, attempts, now, state, size)
        with self._claim.writing() as number:
            await self._letters.park(Letter(parked, event), number)
        self._more(parked, 1)
        self._tell(PARKED, parked)

    async def carry_out(self, take_in: TakeIn) -> None:
        """Do the next piece of what is wished. May be cancelled anywhere; raises what `take_in` raises for good."""
        if not self._held:
            return
        await self._look()
        left = _PIECE if time.monotonic() >= self._rest_until else 0
        for key in list(self._redriving):
            if left <= 0:
                break
            try:
                left -= await self._redrive(key, take_in, left)
            except _Waits:
                break

    async def _look(self) -> None:
        """Learn what is wished, while there is much to do not all the time, and discard what is to go."""
        if self._redriving and time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_SECONDS
        wished = await self._letters.wished(self._producer, self._claim.number)
        self._redriving |= dict.fromkeys(each.key for each in wished if each.state is LetterState.REDRIVE)
        for each in wished:
            if each.state is LetterState.DISCARD:
                await self._discard(each)

    async def _redrive(self, key: str, take_in: TakeIn, limit: int) -> int:
        """Take in up to `limit` letters of a key, in order, until one fails; how many were tried. Raises _Waits."""
        letters = await self._letters.of_key(self._producer, key, self._claim.number, limit)
        for parked in letters:
            if parked.state is LetterState.DISCARD:  # Wished meanwhile.
                await self._discard(parked)
                continue
            letter = await self._letters.letter(self._producer, parked.mark)
            if letter is None:
                continue
            if error := await self._taken_in(letter, take_in):
                with self._claim.writing() as number:
                    await self._letters.failed(parked, type(error).__name__, number)
                self._redriving.pop(key, None)
                break
            with self._claim.writing() as number:
                await self._letters.remove(self._producer, parked.mark, number)
            self._more(parked, -1)
            self._tell(REDRIVEN, parked)
        return len(letters)

    async def _taken_in(self, letter: Letter, take_in: TakeIn) -> Exception | None:
        """What `take_in` answers; _Waits where time may mend it, for what is delivered must not wait for that."""
        try:
            return await take_in(letter.event)
        except LeaseLost:
            raise
        except Exception as error:
            if not mends_itself(error):
                raise
            _log.warning(REDRIVE_WAITS, consumer=self._producer, error_type=type(error).__name__, at=where(error))
            key = letter.event.key
            self._redriving.pop(key, None)
            self._redriving[key] = None
            self._rest_until = time.monotonic() + _REST_SECONDS
            raise _Waits from error

    async def _discard(self, parked: Parked) -> None:
        now = int(self._clock.now().timestamp())
        with self._claim.writing() as number:
            await self._letters.discard(self._producer, parked.mark, number, now)
        self._more(parked, -1)
        self._tell(DISCARDED, parked)

    def _more(self, parked: Parked, count: int) -> None:
        """Count one letter more, or with -1 one less."""
        self._held[parked.key] += count
        self._count += count
        self._bytes += count * parked.size
        if not self._held[parked.key]:
            del self._held[parked.key]
            self._redriving.pop(parked.key, None)
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

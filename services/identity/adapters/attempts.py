"""Slows down guessing: a bucket of attempts per login, refilled over time, in this process's memory.

An attempt is paid for before the password is checked, so that attempts made at once cannot pass together; whatever was
no wrong password gives it back. With several processes a guesser has as many buckets; a restart fills them.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.chassis.clock import Clock
from services.identity.domain.errors import DomainError, Reason


@dataclass(frozen=True)
class AttemptLimit:
    """`burst` attempts at once, then one every `refill_seconds`; at most `remembered` logins are kept."""

    burst: int = 5
    refill_seconds: float = 30.0
    remembered: int = 100_000

    def __post_init__(self) -> None:
        if self.burst < 1 or self.refill_seconds <= 0 or self.remembered < 1:
            raise ValueError("at least one attempt, a positive time to refill, and one login remembered")


@dataclass
class _Bucket:
    attempts: float
    at: float


class Attempts:
    """The buckets of all logins that were tried lately."""

    def __init__(self, limit: AttemptLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    @contextmanager
    def attempt(self, person_id: str) -> Iterator[None]:
        """Around one check of a password; raises TOO_MANY_ATTEMPTS when no attempt is left.

        Only WRONG_CREDENTIALS, raised inside, costs the attempt. A store that is away or a caller who hangs up has told
        nobody anything, and must not lock out the one who knows the password.
        """
        self._spend(person_id)
        guessed = False
        try:
            yield
        except DomainError as refusal:
            guessed = refusal.reason is Reason.WRONG_CREDENTIALS
            raise
        finally:
            if not guessed:
                self._give_back(person_id)

    def _spend(self, person_id: str) -> None:
        bucket = self._bucket(person_id)
        if bucket.attempts < 1:
            raise DomainError(Reason.TOO_MANY_ATTEMPTS)
        bucket.attempts -= 1

    def _give_back(self, person_id: str) -> None:
        bucket = self._bucket(person_id)
        bucket.attempts = min(self._limit.burst, bucket.attempts + 1)

    def _bucket(self, person_id: str) -> _Bucket:
        now = self._clock.now().timestamp()
        bucket = self._buckets.setdefault(person_id, _Bucket(self._limit.burst, now))
        self._buckets.move_to_end(person_id)
        bucket.attempts = min(self._limit.burst, bucket.attempts + (now - bucket.at) / self._limit.refill_seconds)
        bucket.at = now
        if len(self._buckets) > self._limit.remembered:
            self._buckets.popitem(last=False)
        return bucket

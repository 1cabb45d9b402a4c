"""Deadlines: required of every caller, capped, kept, and shaved before each onward call so that an answer can travel.

The values follow boulder's grpc interceptors. Time is the monotonic clock's.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import grpc

from services.chassis.rpc_errors import Failure, RefusedError

T = TypeVar("T")

RETURN_OVERHEAD: Final = 0.020
"""Seconds kept back for the way home."""

MEANINGFUL_WORK: Final = 0.100
"""Seconds below which no work is begun."""

LONGEST: Final = 30.0
"""Seconds after which a call ends, however long its caller would wait."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """The moment `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self.at - time.monotonic()


def accept(time_remaining: float | None) -> Deadline:
    """The deadline to work to, given what the caller left; raises RefusedError when there is none or too little."""
    if time_remaining is None:
        raise RefusedError(Failure(grpc.StatusCode.INVALID_ARGUMENT, "DEADLINE_REQUIRED", "a deadline is required"))
    shaved = time_remaining - RETURN_OVERHEAD
    if shaved < MEANINGFUL_WORK:
        raise RefusedError(Failure(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_TOO_SHORT", "too little time is left"))
    return Deadline.after(min(shaved, LONGEST))


async def kept(deadline: Deadline, work: Awaitable[T]) -> T:
    """The outcome of `work`, which ends at the deadline, with RefusedError."""
    scope = asyncio.timeout(deadline.remaining())
    try:
        async with scope:
            return await work
    except TimeoutError as error:
        if not scope.expired():
            raise
        passed = Failure(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the deadline has passed")
        raise RefusedError(passed) from error


def onward(timeout: float, within: Deadline | None) -> float:
    """Seconds to allow an onward call that wants `timeout` and is made while serving one due at `within`."""
    return timeout if within is None else min(timeout, within.remaining())

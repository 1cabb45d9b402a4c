"""Deadlines: required of every caller, and shaved before each onward call so that an answer can still travel back.

The values follow boulder's grpc interceptors. Time is the monotonic clock's.
"""

import time
from dataclasses import dataclass
from typing import Final, Self

import grpc

from services.chassis.rpc_errors import Failure, RefusedError

RETURN_OVERHEAD: Final = 0.020
"""Seconds kept back for the way home."""

MEANINGFUL_WORK: Final = 0.100
"""Seconds below which no work is begun."""


@dataclass(frozen=True)
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
    return Deadline.after(shaved)


def onward(timeout: float, within: Deadline | None) -> float:
    """Seconds to allow an onward call that wants `timeout` and is made while serving one due at `within`."""
    return timeout if within is None else min(timeout, within.remaining())

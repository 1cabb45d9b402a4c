"""How long an alias waits before it is first used, so that its first step cannot be matched to its issuance.

Whoever sees credentials issued to people at some moments, and aliases turn up at others, can guess by order and by time
who is who. So the wallet draws a moment, uniformly from a window, once: for the deposit after the label was seen open,
and for the alias after the deposit. Everybody who waited for the label begins the same window, so the order in which
they come out of it says nothing about the order in which they went in; whoever comes later is among those who came
within a window before the deposit, which is why it is as long as a crowd takes to fill. The reasons for the lengths are
in docs/wallet.md. Asking for the moment, and keeping it, is `voice`'s work.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.chassis.clock import Clock
from vouchsafe.sdk.errors import Reason, VouchsafeError

SAFE_DEPOSIT_HOURS: Final = 72.0
SAFE_ALIAS_HOURS: Final = 24.0
_LONGEST_HOURS: Final = 24.0 * 365
_NAP: Final = 30.0  # seconds; a device that slept has not counted them, so the clock is looked at again


class TooEarlyError(VouchsafeError):
    """TOO_EARLY: the drawn moment, `until` (Unix seconds), has not come. Waiting for it is the caller's choice."""

    def __init__(self, until: int) -> None:
        moment = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
        super().__init__(Reason.TOO_EARLY, f"this alias may go on from {moment}: an earlier step could be recognised")
        self.until = until


@dataclass(frozen=True)
class Delays:
    """The table `[delays]` of a profile: windows in hours. One shorter than the default must be called what it is."""

    deposit_hours: float = SAFE_DEPOSIT_HOURS
    alias_hours: float = SAFE_ALIAS_HOURS
    insecure_deposit_hours: float | None = None
    insecure_alias_hours: float | None = None

    def __post_init__(self) -> None:
        if self.deposit_hours < SAFE_DEPOSIT_HOURS:
            raise ValueError(f"deposit_hours below {SAFE_DEPOSIT_HOURS:g} must be given as insecure_deposit_hours")
        if self.alias_hours < SAFE_ALIAS_HOURS:
            raise ValueError(f"alias_hours below {SAFE_ALIAS_HOURS:g} must be given as insecure_alias_hours")
        if not all(0 <= hours <= _LONGEST_HOURS for hours in (self.deposit_window, self.alias_window)):
            raise ValueError("a delay is between 0 hours and a year")

    @property
    def insecure(self) -> bool:
        """Whether a window is shorter than it should be."""
        return self.deposit_window < SAFE_DEPOSIT_HOURS or self.alias_window < SAFE_ALIAS_HOURS

    def deposit_due(self, now: int) -> int:
        """Draw the moment of the deposit, from now on."""
        return draw(now, self.deposit_window)

    def alias_due(self, now: int) -> int:
        """Draw the moment of the alias, from now on."""
        return draw(now, self.alias_window)

    @property
    def deposit_window(self) -> float:
        """The hours in force for the deposit."""
        return self.deposit_hours if self.insecure_deposit_hours is None else self.insecure_deposit_hours

    @property
    def alias_window(self) -> float:
        """The hours in force for the alias."""
        return self.alias_hours if self.insecure_alias_hours is None else self.insecure_alias_hours


def draw(now: int, hours: float) -> int:
    """A second within so many hours from now, each as likely as any other; from the system's randomness."""
    return now + secrets.randbelow(int(hours * 3600) + 1)


async def until_due(due: int, clock: Clock, *, wait: bool) -> None:
    """Return once the moment has come. TOO_EARLY before it, unless told to wait."""
    while (remaining := due - clock.now().timestamp()) > 0:
        if not wait:
            raise TooEarlyError(due)
        await asyncio.sleep(min(remaining, _NAP))

"""Waiting for what is on its way: news that another service has published but not everyone has heard of yet."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from vouchsafe.sdk.errors import VouchsafeError

T = TypeVar("T")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


async def until_known(action: Callable[[], Awaitable[T]], reasons: Collection[str], *, patience: float) -> T:
    """Repeat an action while it is refused for one of these reasons, for `patience` seconds; then let the refusal out.

    Only for actions that are safe to repeat.
    """
    give_up = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            return await action()
        except VouchsafeError as error:
            if error.reason not in reasons or time.monotonic() + pause > give_up:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)

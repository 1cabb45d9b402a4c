"""Destroys the private keys of closed epochs in the token, some time after they closed.

The public keys stay in the logs for ever, so all that was signed remains checkable; what ends is that anybody, with the
token and its PIN, could sign more under an old label and epoch.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from services.chassis.telemetry_log import log
from services.verification.adapters.key_custody import IssuerKeyUnavailable
from services.verification.adapters.keystore_token import TokenKeystore

DESTROYED: Final = "issuer_keys_destroyed"

_LOOK_SECONDS = 3600.0
_log = log(__name__)


class KeyClearance:
    """Destroys keys of epochs before the one that `oldest()` names."""

    def __init__(self, keystore: TokenKeystore, oldest: Callable[[], int]) -> None:
        self._keystore = keystore
        self._oldest = oldest

    async def clear(self) -> int:
        """Destroy what is due; how many. 0 as well when the token is away: the next look finds the same."""
        try:
            destroyed = await self._keystore.destroy_before(self._oldest())
        except IssuerKeyUnavailable:  # the token has logged it
            return 0
        if destroyed:
            _log.info(DESTROYED, count=len(destroyed), epoch=max(place.epoch for place in destroyed))
        return len(destroyed)

    async def run(self) -> None:
        """Look now and every hour, until cancelled."""
        while True:
            await self.clear()
            await asyncio.sleep(_LOOK_SECONDS)

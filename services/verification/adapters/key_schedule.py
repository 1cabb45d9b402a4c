"""Has every label's issuer key ready when its epoch begins."""

import asyncio
from collections.abc import Callable

from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.domain.organisation import Organisation, Organisations

FAILED = "issuer_key_failed"

_LOOK_SECONDS = 30.0
_log = log(__name__)


class KeySchedule:
    """Makes keys for all `organisations` in the epoch that `epoch()` names."""

    def __init__(self, keys: IssuerKeys, organisations: Organisations, epoch: Callable[[], int]) -> None:
        self._keys = keys
        self._organisations = organisations
        self._epoch = epoch

    async def ensure(self) -> None:
        """Try each label that has no key yet; one that fails is logged, and keeps no other from having its own."""
        epoch = self._epoch()
        self._keys.forget_before(epoch)
        await asyncio.gather(*(self._ensure(organisation, epoch) for organisation in self._organisations))

    async def run(self) -> None:
        """Look now and from time to time, until cancelled. A call that comes first has its key made then."""
        while True:
            await self.ensure()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ensure(self, organisation: Organisation, epoch: int) -> None:
        try:
            await self._keys.key(organisation, epoch)
        except Exception as error:  # noqa: BLE001 -- the next look tries again; the process serves the other labels
            _log.error(FAILED, epoch=epoch, error_type=type(error).__name__, at=where(error))

"""Has every label's issuer key ready, and in the log, before its epoch begins."""

import asyncio
from datetime import timedelta

from services.chassis.clock import Clock
from services.chassis.telemetry import where
from services.chassis.telemetry_log import log
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.domain.epoch import EpochLength, epoch_at
from services.verification.domain.organisation import Label, Organisations

FAILED = "issuer_key_failed"

_LOOK_SECONDS = 30.0
_log = log(__name__)


class KeySchedule:
    """Makes keys for all labels in the current epoch, and `ahead` of it in the next one."""

    def __init__(
        self, keys: IssuerKeys, organisations: Organisations, *, length: EpochLength, ahead: timedelta, clock: Clock
    ) -> None:
        if not timedelta(0) <= ahead <= length.shortest:
            raise ValueError("a key is made ahead by the length of an epoch at most")
        self._keys = keys
        self._organisations = organisations
        self._length = length
        self._ahead = ahead
        self._clock = clock

    async def ensure(self) -> None:
        """Try each label that has no key yet; one that fails is logged, and keeps no other from having its own."""
        now = self._clock.now()
        current, ahead = epoch_at(now, self._length), epoch_at(now + self._ahead, self._length)
        self._keys.forget_before(current)
        for epoch in sorted({current, ahead}):
            await asyncio.gather(*(self._ensure(label, epoch) for label in self._organisations.labels()))

    async def run(self) -> None:
        """Look now and from time to time, until cancelled. A call that comes first has its key made then."""
        while True:
            await self.ensure()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ensure(self, label: Label, epoch: int) -> None:
        try:
            await self._keys.key(label, epoch)
        except Exception as error:  # noqa: BLE001 -- the next look tries again; the process serves the other labels
            _log.error(FAILED, epoch=epoch, error_type=type(error).__name__, at=where(error))

"""Has every label's issuer key ready when its epoch begins."""

import asyncio
from collections.abc import Callable

from services.chassis.eventstore import EventStoreError
from services.chassis.handle import Contended
from services.chassis.telemetry_log import log
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.domain.organisation import Organisations

FAILED = "issuer_keys_failed"

_LOOK_SECONDS = 30.0
_log = log(__name__)


class KeySchedule:
    """Makes keys for all `organisations` in the epoch that `epoch()` names."""

    def __init__(self, keys: IssuerKeys, organisations: Organisations, epoch: Callable[[], int]) -> None:
        self._keys = keys
        self._organisations = organisations
        self._epoch = epoch

    async def ensure(self) -> None:
        """Return when every label has its key; raises what the store raises."""
        epoch = self._epoch()
        self._keys.forget_before(epoch)
        async with asyncio.TaskGroup() as group:
            for organisation in self._organisations:
                group.create_task(self._keys.key(organisation, epoch))

    async def run(self) -> None:
        """Look now and from time to time, until cancelled. A call that comes first has its key made then."""
        while True:
            try:
                await self.ensure()
            except* (EventStoreError, Contended) as failures:
                _log.warning(FAILED, error_type=type(failures.exceptions[0]).__name__)
            await asyncio.sleep(_LOOK_SECONDS)

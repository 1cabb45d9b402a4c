"""Mirroring: keeps up with one source of the log, and keeps what it has verified as static files for anybody to serve.

Whoever has read from a mirror can hold what he read against any other; so a mirror shows nothing that it has not itself
seen to be signed, co-signed and an extension of what it showed before.
"""

import asyncio
from typing import Final

from services.chassis.telemetry_log import log as logger
from services.tlog.errors import LogForked, SourceError
from services.tlog.kept import KeptLog
from services.tlog.source import Source

POLL_SECONDS: Final = 1.0

SOURCE_FAILED: Final = "mirror_source_failed"
SOURCE_BACK: Final = "mirror_source_back"
MIRROR_STOPPED: Final = "mirror_stopped_by_a_fork"

_log = logger(__name__)


class Mirroring:
    """Brings what a source shows into `kept`."""

    def __init__(self, source: Source, kept: KeptLog) -> None:
        self._source = source
        self._kept = kept
        self._failing = False

    async def run(self, pause: float = POLL_SECONDS) -> None:
        """Keep up with the source; for ever. Once the log has forked, what is shown stays as it is."""
        while self._kept.forked is None:
            try:
                await self._kept.take(self._source)
            except SourceError as error:
                self._say(failing=True, error=error)
            except LogForked:
                continue
            else:
                self._say(failing=False)
            await asyncio.sleep(pause)
        _log.critical(MIRROR_STOPPED)
        await asyncio.Event().wait()

    def _say(self, *, failing: bool, error: Exception | None = None) -> None:
        """Tell once that the source does not answer, and once that it does again."""
        if failing and not self._failing:
            _log.warning(SOURCE_FAILED, peer=self._source.name, error_type=type(error).__name__)
        if self._failing and not failing:
            _log.info(SOURCE_BACK, peer=self._source.name)
        self._failing = failing

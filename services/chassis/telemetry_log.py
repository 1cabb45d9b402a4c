"""Logs: JSON lines through the allow-list of `telemetry`.

`log(__name__).info(EVENT, field=...)` is all a caller needs. Event names are constants; what varies goes in fields.
Lines of the standard library's `logging`, which third parties write, are reduced to who, how bad and which exception
type: their text may hold what nobody here has read.
"""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

from services.chassis.telemetry import allowed, is_event_name

THIRD_PARTY: Final = "third_party_log"
NAME_REFUSED: Final = "event_name_refused"
_OWN: Final = frozenset({"event", "level", "timestamp", "service"})


def configure_logging(
    service: str, *, log_file: Path | None = None, extra_fields: frozenset[str] = frozenset(), level: int = logging.INFO
) -> None:
    """Send this process's logs, as JSON lines, to `log_file` or stdout. Call once, early.

    `extra_fields` adds names to the allow-list for this service alone.
    """
    stream = _open(log_file)
    structlog.reset_defaults()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _AllowList(service, extra_fields),
            structlog.processors.JSONRenderer(separators=(",", ":")),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
    )
    root = logging.getLogger()
    root.handlers = [_ThirdParty()]
    root.setLevel(logging.WARNING)


def log(name: str) -> FilteringBoundLogger:
    """The logger of the module `name`."""
    return cast("FilteringBoundLogger", structlog.get_logger(source=name))


def _open(log_file: Path | None) -> TextIO:
    if log_file is None:
        return sys.stdout
    log_file.parent.mkdir(parents=True, exist_ok=True)
    return log_file.open("a", encoding="utf-8", buffering=1)


class _AllowList:
    """The structlog processor that drops every field, and every event name, that could carry data."""

    def __init__(self, service: str, extra: frozenset[str]) -> None:
        self._service = service
        self._extra = extra

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
        kept, dropped = allowed({k: v for k, v in line.items() if k not in _OWN}, self._extra)
        event = line["event"] if is_event_name(line.get("event")) else NAME_REFUSED
        head = {"timestamp": line["timestamp"], "level": line["level"], "service": self._service, "event": event}
        return {**head, **kept, **({"dropped": dropped} if dropped else {})}


class _ThirdParty(logging.Handler):
    """Routes the standard library's records into the same lines, without their text."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log who spoke, how loud, and the type of the exception if there was one."""
        error = record.exc_info[0] if record.exc_info else None
        fields = {"error_type": error.__name__} if error else {}
        log(record.name).log(record.levelno, THIRD_PARTY, **fields)

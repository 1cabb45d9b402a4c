"""What an operator is told when a command cannot be carried out: a stable reason and a sentence without contents."""

from services.chassis.configfile import ConfigError
from services.chassis.integration.bus import BusUnavailable
from services.chassis.log.eventstore import LogGap, RestoreRefused, StoreUnavailable
from services.chassis.telemetry import where
from services.chassis.views.rebuild import NoSuchView

_REASONS: dict[type[Exception], tuple[str, str]] = {
    StoreUnavailable: ("STORE_UNAVAILABLE", "the store does not answer"),
    BusUnavailable: ("BUS_UNAVAILABLE", "the bus does not answer"),
    LogGap: ("LOG_GAP", "a position of the log is missing"),
    RestoreRefused: ("RESTORE_REFUSED", "the commits do not continue this log"),
    ConfigError: ("CONFIGURATION_INVALID", ""),
    NoSuchView: ("NO_SUCH_PROJECTION", "no process has ever driven this version of this projection"),
}


class AdminError(Exception):
    """A command that was refused."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message

    @classmethod
    def of(cls, error: Exception) -> "AdminError":
        """What is told of any failure: never the text of a third party, which may quote a secret."""
        if isinstance(error, AdminError):
            return error
        for kind, (reason, message) in _REASONS.items():
            if isinstance(error, kind):
                own = str(error) if isinstance(error, ConfigError | LogGap | RestoreRefused) else ""
                return cls(reason, own or message)
        if isinstance(error, OSError) and error.strerror:
            return cls("FILE_UNUSABLE", f"{error.filename or 'a file'}: {error.strerror}")
        return cls("INTERNAL", f"{type(error).__name__} at {where(error)} (VOUCHSAFE_DEBUG=1 shows more)")

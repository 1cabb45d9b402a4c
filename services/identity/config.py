"""What `deploy/config/identity/service.toml` may say. Addresses and secrets are elsewhere (`chassis.deployment`)."""

from dataclasses import dataclass, field

from services.identity.adapters.attempts import AttemptLimit
from services.identity.adapters.passwords import PasswordCost


@dataclass(frozen=True)
class Tokens:
    """Lifetimes in seconds. Neither token can be revoked, so an hour is the most."""

    session_seconds: int = 900
    assertion_seconds: int = 300

    def __post_init__(self) -> None:
        if not all(0 < seconds <= 3600 for seconds in (self.session_seconds, self.assertion_seconds)):
            raise ValueError("a token lasts from a second to an hour")


@dataclass(frozen=True)
class Config:
    """The file. `allow`: which callers, by SPIFFE URI, may use which gRPC service.

    `time_resolution_seconds`: to what the moment of a command is rounded down before it is stored.
    `continue_traces_from`: callers whose traces go on here; never a person's edge, whose traces must not join services.
    `reflection`: whether callers may ask what the methods are.
    """

    allow: dict[str, frozenset[str]]
    time_resolution_seconds: int = 3600
    continue_traces_from: frozenset[str] = frozenset()
    reflection: bool = False
    password: PasswordCost = field(default_factory=PasswordCost)
    attempts: AttemptLimit = field(default_factory=AttemptLimit)
    tokens: Tokens = field(default_factory=Tokens)

    def __post_init__(self) -> None:
        if not 1 <= self.time_resolution_seconds <= 86_400:
            raise ValueError("time_resolution_seconds must be 1 to 86400")

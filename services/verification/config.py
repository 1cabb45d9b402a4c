"""What `deploy/config/verification/service.toml` and the registry of organisations may say.

Addresses and secrets are elsewhere (`chassis.deployment`).
"""

from dataclasses import dataclass, field
from pathlib import Path

from services.chassis import configfile
from services.verification.adapters.mailer import MailSettings
from services.verification.api.employment_servicer import MailPolicy
from services.verification.api.issuance_servicer import IssuancePolicy
from services.verification.domain.epoch import EpochLength
from services.verification.domain.limits import Limit
from services.verification.domain.organisation import Organisation, Organisations

SAFE_CROWD = 20


@dataclass(frozen=True)
class Codes:
    """How long a code is good, and how many may be asked for."""

    seconds: int = 900
    per_mailbox: Limit = field(default_factory=lambda: Limit(most=3, window_seconds=3600))
    per_person: Limit = field(default_factory=lambda: Limit(most=6, window_seconds=3600))


@dataclass(frozen=True)
class Issuance:
    """`slots`: credentials a person gets in an epoch. A crowd smaller than 20 has to be called what it is."""

    slots: int = 3
    epoch: EpochLength = EpochLength.MONTH
    crowd_minimum: int = SAFE_CROWD
    insecure_crowd_minimum: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= 64:
            raise ValueError("slots must be 1 to 64")
        if self.crowd_minimum < SAFE_CROWD:
            raise ValueError(f"crowd_minimum below {SAFE_CROWD} must be given as insecure_crowd_minimum")
        if self.insecure_crowd_minimum is not None and self.insecure_crowd_minimum < 1:
            raise ValueError("insecure_crowd_minimum must be 1 at least")

    def policy(self) -> IssuancePolicy:
        """What is in force."""
        insecure = self.insecure_crowd_minimum
        return IssuancePolicy(self.slots, self.epoch, self.crowd_minimum if insecure is None else insecure)


@dataclass(frozen=True)
class Config:
    """The file. `allow`: which callers, by SPIFFE URI, may use which gRPC service; `organisations`: the registry;
    `time_resolution_seconds`: to what the moment of a command is rounded down before it is stored; `reflection`:
    whether callers may ask what the methods are.
    """

    allow: dict[str, frozenset[str]]
    organisations: Path
    mail: MailSettings
    employment_days: int = 180
    time_resolution_seconds: int = 3600
    reflection: bool = False
    codes: Codes = field(default_factory=Codes)
    issuance: Issuance = field(default_factory=Issuance)

    def __post_init__(self) -> None:
        if not 1 <= self.time_resolution_seconds <= 86_400:
            raise ValueError("time_resolution_seconds must be 1 to 86400")

    def mail_policy(self) -> MailPolicy:
        """What is in force."""
        codes = self.codes
        return MailPolicy(codes.seconds, codes.per_mailbox, codes.per_person, self.employment_days)


@dataclass(frozen=True)
class _Registry:
    """The registry's file."""

    organisation: tuple[Organisation, ...]

    def __post_init__(self) -> None:
        Organisations(self.organisation)


def load_organisations(path: Path) -> Organisations:
    """The registry at `path`; raises ConfigError for one that contradicts itself."""
    registry = configfile.load(path, _Registry)
    return Organisations(registry.organisation)

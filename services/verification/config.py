"""What `deploy/config/verification/service.toml` and the registry of organisations may say.

Addresses and secrets are elsewhere (`chassis.deployment`).
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from services.chassis import configfile
from services.seal import cut_and_choose
from services.verification.adapters.mailer import MailSettings
from services.verification.api.employment_servicer import MailPolicy
from services.verification.api.issuance_servicer import IssuancePolicy
from services.verification.challenges import ChallengePolicy
from services.verification.domain.crowd_decider import Policy
from services.verification.domain.epoch import EpochLength
from services.verification.domain.limits import Limit
from services.verification.domain.organisation import Organisation, Organisations, Sector
from services.verification.domain.slots_decider import Rules

SAFE_CROWD = 20
SAFE_CROWD_AGE_HOURS = 24
SAFE_CANDIDATES = 256
MOST_CANDIDATES = cut_and_choose.MAXIMUM
_PROCESSES = 4


@dataclass(frozen=True)
class Codes:
    """How long a code is good, and how many may be asked for."""

    seconds: int = 900
    per_mailbox: Limit = field(default_factory=lambda: Limit(most=3, window_seconds=3600))
    per_person: Limit = field(default_factory=lambda: Limit(most=6, window_seconds=3600))


@dataclass(frozen=True)
class Issuance:
    """`slots`: credentials a person gets in an epoch. `crowd_minimum`: people without whom no label speaks, of whom
    each counts `crowd_age_hours` after he has proven where he works. `key_ahead_days`: how long before its epoch a key
    is published. A crowd that is smaller or younger than is safe has to be called what it is.
    """

    slots: int = 3
    epoch: EpochLength = EpochLength.MONTH
    crowd_minimum: int = SAFE_CROWD
    insecure_crowd_minimum: int | None = None
    crowd_age_hours: int = SAFE_CROWD_AGE_HOURS
    insecure_crowd_age_hours: int | None = None
    key_ahead_days: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= 64:
            raise ValueError("slots must be 1 to 64")
        if self.crowd_minimum < SAFE_CROWD:
            raise ValueError(f"crowd_minimum below {SAFE_CROWD} must be given as insecure_crowd_minimum")
        if self.insecure_crowd_minimum is not None and self.insecure_crowd_minimum < 1:
            raise ValueError("insecure_crowd_minimum must be 1 at least")
        if self.crowd_age_hours < SAFE_CROWD_AGE_HOURS:
            raise ValueError(f"crowd_age_hours below {SAFE_CROWD_AGE_HOURS} must be given as insecure_crowd_age_hours")
        if self.insecure_crowd_age_hours is not None and self.insecure_crowd_age_hours < 0:
            raise ValueError("insecure_crowd_age_hours must not be negative")
        if not timedelta(0) <= self.key_ahead <= self.epoch.shortest:
            raise ValueError("key_ahead_days must be no more than an epoch has")

    @property
    def key_ahead(self) -> timedelta:
        """How long before its epoch a key is published."""
        return timedelta(days=self.key_ahead_days)

    def crowd_policy(self) -> Policy:
        """What is in force."""
        minimum, age = self.insecure_crowd_minimum, self.insecure_crowd_age_hours
        return Policy(
            minimum=self.crowd_minimum if minimum is None else minimum,
            age_seconds=(self.crowd_age_hours if age is None else age) * 3600,
        )

    def policy(self) -> IssuancePolicy:
        """What is in force."""
        return IssuancePolicy(self.slots, self.epoch)


class KeyBackend(StrEnum):
    """Who holds the private halves of new issuer keys: the log, sealed, or a PKCS#11 token."""

    LOG = "log"
    PKCS11 = "pkcs11"


@dataclass(frozen=True)
class IssuerKeySettings:
    """Custody of issuer keys. `module`, the PKCS#11 library, and `token`, its label, are for `pkcs11` alone.

    `destroy_after_days`: how long after its epoch a private key stays in the token. `one_mechanism`: whether keys are
    made for raw RSA alone (`CKA_ALLOWED_MECHANISMS`), which a few tokens cannot tell.
    """

    backend: KeyBackend = KeyBackend.LOG
    module: Path | None = None
    token: str = ""
    destroy_after_days: int = 7
    one_mechanism: bool = True

    def __post_init__(self) -> None:
        if self.backend is KeyBackend.PKCS11 and (self.module is None or not self.token):
            raise ValueError("the backend pkcs11 needs module and token")
        if self.backend is KeyBackend.LOG and (self.module is not None or self.token):
            raise ValueError("module and token are for the backend pkcs11")
        if self.destroy_after_days < 1:
            raise ValueError("destroy_after_days must be 1 at least")


@dataclass(frozen=True)
class Challenges:
    """How candidates are challenged: `candidates` of them for a credential, of which all but one are opened within
    `seconds`.

    `strikes`: how many slots a person may lose, by a cheat or by no answer, until no more are issued in the epoch.
    `processes`: how many recompute opened candidates, 0 for one a processor but no more than four, since a container
    sees processors that are not its own. A person who cheats gets away with it once in `candidates` times, so a smaller
    number than 256 has to be called what it is.
    """

    candidates: int = SAFE_CANDIDATES
    insecure_candidates: int | None = None
    seconds: int = 900
    strikes: int = 2
    processes: int = 0

    def __post_init__(self) -> None:
        if not SAFE_CANDIDATES <= self.candidates <= MOST_CANDIDATES:
            raise ValueError(
                f"candidates must be {SAFE_CANDIDATES} to {MOST_CANDIDATES}; fewer are insecure_candidates"
            )
        if (
            self.insecure_candidates is not None
            and not cut_and_choose.MINIMUM <= self.insecure_candidates < SAFE_CANDIDATES
        ):
            raise ValueError(f"insecure_candidates must be {cut_and_choose.MINIMUM} to {SAFE_CANDIDATES - 1}")
        if not 60 <= self.seconds <= 86_400 or self.strikes < 1 or not 0 <= self.processes <= 256:
            raise ValueError(
                "an answer takes a minute to a day, one strike is counted, and there are 0 to 256 processes"
            )

    @property
    def in_force(self) -> int:
        """How many candidates are made for a credential."""
        return self.candidates if self.insecure_candidates is None else self.insecure_candidates

    @property
    def workers(self) -> int:
        """How many processes recompute candidates."""
        return self.processes or min(len(os.sched_getaffinity(0)), _PROCESSES)


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
    issuer_keys: IssuerKeySettings = field(default_factory=IssuerKeySettings)
    challenges: Challenges = field(default_factory=Challenges)

    def __post_init__(self) -> None:
        if not 1 <= self.time_resolution_seconds <= 86_400:
            raise ValueError("time_resolution_seconds must be 1 to 86400")

    def mail_policy(self) -> MailPolicy:
        """What is in force."""
        codes = self.codes
        return MailPolicy(codes.seconds, codes.per_mailbox, codes.per_person, self.employment_days)

    def challenge_policy(self) -> ChallengePolicy:
        """What is in force."""
        challenges = self.challenges
        rules = Rules(self.issuance.slots, challenges.in_force, challenges.strikes)
        return ChallengePolicy(rules, challenges.seconds, self.time_resolution_seconds)

    def weakened(self) -> dict[str, int]:
        """The settings in force that are weaker than is safe, by name."""
        settings = {
            "insecure_candidates": self.challenges.insecure_candidates,
            "insecure_crowd_minimum": self.issuance.insecure_crowd_minimum,
            "insecure_crowd_age_hours": self.issuance.insecure_crowd_age_hours,
        }
        return {name: value for name, value in settings.items() if value is not None}


@dataclass(frozen=True)
class _Registry:
    """The registry's file."""

    organisation: tuple[Organisation, ...]
    sector: tuple[Sector, ...]

    def __post_init__(self) -> None:
        Organisations(self.organisation, self.sector)


def load_organisations(path: Path) -> Organisations:
    """The registry at `path`; raises ConfigError for one that contradicts itself."""
    registry = configfile.load(path, _Registry)
    return Organisations(registry.organisation, registry.sector)

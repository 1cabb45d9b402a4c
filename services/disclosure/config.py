"""Disclosure's settings (`service.toml`) and the keys it signs with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.chassis.deployment import Secrets
from services.seal.ed25519 import SigningKey
from services.seal.note import NoteSigner
from services.seal.secret import SecretBytes
from services.seal.trust import Trust

HOUR: Final = 3600


@dataclass(frozen=True)
class ForeignWitness:
    """A witness that the trust material does not name: its verifier key (C2SP signed-note) and submission prefix."""

    vkey: str
    url: str


@dataclass(frozen=True)
class Config:
    """The settings; each has a reason in the file itself.

    `allow`: which callers, by SPIFFE URI, may use which gRPC service; `time_resolution_seconds`: to what the moment of
    a deposit or a leaf is rounded down before it is stored; `reflection`: may callers list methods;
    `foreign_witnesses`: whom the log is shown to besides.
    """

    allow: dict[str, frozenset[str]]
    time_resolution_seconds: int = HOUR
    reflection: bool = False
    foreign_witnesses: tuple[ForeignWitness, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.time_resolution_seconds <= 24 * HOUR:
            raise ValueError("time_resolution_seconds must be 1 to 86400")


@dataclass(frozen=True)
class Keys:
    """The log's and the vault's signing keys, both known to the trust material."""

    log: NoteSigner
    receipt: SigningKey


def read_keys(secrets: Secrets, trust: Trust) -> Keys:
    """The keys, from `log.key` and `receipt.key`; ValueError when the trust material knows others."""
    log = NoteSigner(trust.origin, SigningKey(SecretBytes(secrets.read("log.key"))))
    receipt = SigningKey(SecretBytes(secrets.read("receipt.key")))
    if log.verifier_key != trust.log_policy().log or receipt.public_key != trust.receipt_public:
        raise ValueError("the log's or the receipt key does not fit the trust material")
    return Keys(log, receipt)


def read_trust(directory: Path) -> Trust:
    """The public trust material, `trust.toml`; SealError when it is malformed."""
    return Trust.parse((directory / "trust.toml").read_text(encoding="utf-8"))

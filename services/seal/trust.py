"""The public material that a party checks everything else against, as one TOML text.

It is made at the ceremony, published, and its hash is the log's first leaf, so that everybody can see that he was given
the same. It holds no secret. Who reads the file is for the caller; this module only parses. All errors are `SealError`.

Keys, in hex unless said otherwise: ``origin`` and ``log`` (C2SP vkey text) of the log; ``witness_quorum`` and
``[[witnesses]]`` {name, vkey}; ``receipt_public`` (disclosure) and ``assertion_public`` (identity), Ed25519;
``opening_key``, ``share_public_keys``, ``share_commitments`` (Feldman) and ``threshold`` of the trustees, ristretto255;
``[[officers]]`` {name, role, public}; ``[policy]`` {approvals, distinct_roles, approval_ttl_seconds}.
"""

import tomllib
from dataclasses import dataclass, fields
from typing import Any

from services.seal.canonical import sha256, signed_bytes
from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.seal.leaves import CeremonyLeaf
from services.seal.note import VerifierKey


@dataclass(frozen=True)
class Officer:
    """Somebody who may approve, with his role and his Ed25519 public key."""

    name: str
    role: str
    public: bytes


@dataclass(frozen=True)
class Policy:
    """What it takes to open a case: how many approvals, from how many roles, each good for how many seconds."""

    approvals: int
    distinct_roles: int
    approval_ttl_seconds: int

    def hash(self) -> bytes:
        """Return the 32-byte hash that a case statement names."""
        return sha256(signed_bytes("policy", self.approvals, self.distinct_roles, self.approval_ttl_seconds))


@dataclass(frozen=True)
class Trust:
    """Everything public that a check needs."""

    origin: str
    log: str
    witnesses: tuple[str, ...]
    witness_quorum: int
    receipt_public: bytes
    assertion_public: bytes
    opening_key: bytes
    share_public_keys: tuple[bytes, ...]
    share_commitments: tuple[bytes, ...]
    threshold: int
    officers: tuple[Officer, ...]
    policy: Policy

    @classmethod
    def parse(cls, text: str) -> "Trust":
        """Return the material of a TOML text."""
        try:
            return _from_table(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise SealError("the trust file is malformed") from error

    def log_policy(self) -> LogPolicy:
        """Return whose signatures a checkpoint of the log must carry."""
        witnesses = tuple(VerifierKey.parse(vkey) for vkey in self.witnesses)
        return LogPolicy(VerifierKey.parse(self.log), witnesses, self.witness_quorum)

    def officer(self, name: str) -> Officer:
        """Return the officer of this name."""
        for officer in self.officers:
            if officer.name == name:
                return officer
        raise SealError("no such officer")

    def hash(self) -> bytes:
        """Return the 32-byte hash over all of it."""
        officers = [part for o in self.officers for part in (o.name, o.role, o.public)]
        return sha256(
            signed_bytes(
                "trust",
                self.origin,
                self.log,
                self.witness_quorum,
                signed_bytes("witnesses", *self.witnesses),
                self.receipt_public,
                self.assertion_public,
                self.opening_key,
                self.threshold,
                signed_bytes("shares", *self.share_public_keys),
                signed_bytes("commitments", *self.share_commitments),
                signed_bytes("officers", *officers),
                self.policy.hash(),
            )
        )

    def ceremony_leaf(self) -> CeremonyLeaf:
        """Return the log's first leaf."""
        return CeremonyLeaf(self.hash(), self.opening_key, self.policy.hash())


def _from_table(table: dict[str, Any]) -> Trust:
    if unknown := set(table) - {field.name for field in fields(Trust)}:
        raise SealError(f"the trust file has an unknown key: {min(unknown)}")
    trust = Trust(
        origin=_text(table["origin"]),
        log=_text(table["log"]),
        witnesses=tuple(_text(witness["vkey"]) for witness in table["witnesses"]),
        witness_quorum=_count(table["witness_quorum"]),
        receipt_public=_key(table["receipt_public"]),
        assertion_public=_key(table["assertion_public"]),
        opening_key=_key(table["opening_key"]),
        share_public_keys=tuple(_key(key) for key in table["share_public_keys"]),
        share_commitments=tuple(_key(key) for key in table["share_commitments"]),
        threshold=_count(table["threshold"]),
        officers=tuple(Officer(_text(o["name"]), _text(o["role"]), _key(o["public"])) for o in table["officers"]),
        policy=Policy(**{name: _count(value) for name, value in table["policy"].items()}),
    )
    if len({officer.name for officer in trust.officers}) != len(trust.officers):
        raise SealError("two officers have one name")
    if len({officer.public for officer in trust.officers}) != len(trust.officers):
        raise SealError("two officers share a key, so one approval would count as two")
    if trust.log_policy().log.name != trust.origin:
        raise SealError("the log's key is not named after its origin")
    if trust.witness_quorum > len(trust.witnesses) or trust.threshold > len(trust.share_public_keys):
        raise SealError("a quorum is larger than its group")
    if trust.policy.approvals > len(trust.officers):
        raise SealError("the policy asks for more approvals than there are officers")
    return trust


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise SealError("the trust file has a malformed text")
    return value


def _key(value: object) -> bytes:
    key = bytes.fromhex(_text(value))
    if len(key) != 32:
        raise SealError("a public key in the trust file has 32 bytes")
    return key


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise SealError("a number in the trust file must be at least 1")
    return value

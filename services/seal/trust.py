"""The public material that a party checks everything else against, as one TOML text.

It is made at the ceremony, published, and its hash is the log's first leaf, so that everybody can see that he was given
the same. It holds no secret. Who reads the file is for the caller; this module only parses. All errors are `SealError`.

Keys, in hex unless said otherwise: ``origin`` and ``log`` (C2SP vkey text) of the log; ``witness_quorum`` and
``[[witnesses]]`` {name, vkey}; ``receipt_public`` (disclosure) and ``assertion_public`` (identity), Ed25519;
``opening_key``, ``share_public_keys``, ``share_commitments`` (Feldman) and ``threshold`` of the trustees, ristretto255;
``[[officers]]`` {name, role, organisation, public}; ``[policy]`` {approvals, distinct_roles, approval_ttl_seconds,
veto_delay_seconds, notice_seconds, case_ttl_seconds}. Officers and policy are those of the beginning: what has become
of them since is in the log (`governance`).
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, Final

from services.seal.canonical import sha256, signed_bytes
from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.seal.leaves import CeremonyLeaf
from services.seal.note import SignatureType, VerifierKey

LEAST_VETO_DELAY: Final = 24 * 60 * 60
"""Seconds: a shorter veto delay leaves the officers no working day to stop an opening."""
LEAST_NOTICE: Final = 14 * 24 * 60 * 60
"""Seconds: a shorter notice leaves the subject too little time to go to a court."""


@dataclass(frozen=True)
class Officer:
    """Somebody who may approve, with his role, the organisation he answers to and his Ed25519 public key."""

    name: str
    role: str
    organisation: str
    public: bytes


@dataclass(frozen=True)
class Policy:
    """What it takes to open a case. Times are seconds.

    `approvals` of officers in at least `distinct_roles` roles, each good for `approval_ttl_seconds`; then
    `veto_delay_seconds` in which one officer can stop the opening, and `notice_seconds` in which the subject knows of
    it, unless an instrument forbids to tell him; and all of it within `case_ttl_seconds`.
    """

    approvals: int
    distinct_roles: int
    approval_ttl_seconds: int
    veto_delay_seconds: int
    notice_seconds: int
    case_ttl_seconds: int

    def hash(self) -> bytes:
        """Return the 32-byte hash over all of it."""
        return sha256(signed_bytes("policy", *astuple(self)))

    @property
    def shortened(self) -> bool:
        """Whether a delay is too short for people to act in it: fit for trying things out, and to be shown as such."""
        return bool(self.shortened_delays())

    def shortened_delays(self) -> dict[str, int]:
        """Return those delays, in seconds, by the name that a process warns of them under."""
        least = {"veto_delay_seconds": LEAST_VETO_DELAY, "notice_seconds": LEAST_NOTICE}
        told = {name: int(getattr(self, name)) for name in least}
        return {f"shortened_{name}": seconds for name, seconds in told.items() if seconds < least[name]}

    def met_by(self, officers: Iterable[Officer]) -> bool:
        """Whether these are officers enough, in roles enough."""
        distinct = set(officers)
        roles = {officer.role for officer in distinct}
        return len(distinct) >= self.approvals and len(roles) >= self.distinct_roles


def check_constitution(officers: Sequence[Officer], policy: Policy) -> None:
    """Return when these officers can fulfil this policy and no single one of them, or of their roles, can alone."""
    if len({officer.name for officer in officers}) != len(officers):
        raise SealError("two officers have one name")
    if len({officer.public for officer in officers}) != len(officers):
        raise SealError("two officers share a key, so one approval would count as two")
    for officer in officers:
        VerifierKey(officer.name, SignatureType.ED25519, officer.public)
    if min(astuple(policy)) < 1 or policy.distinct_roles < 2:
        raise SealError("a policy asks for two roles or more, and each of its numbers is at least 1")
    if not policy.met_by(officers):
        raise SealError("the policy asks for more approvals, or more roles, than there are officers")
    if policy.case_ttl_seconds <= max(policy.veto_delay_seconds, policy.notice_seconds):
        raise SealError("a case would expire before it may be carried through")


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
                officers_bytes(self.officers),
                self.policy.hash(),
            )
        )

    def ceremony_leaf(self) -> CeremonyLeaf:
        """Return the log's first leaf."""
        return CeremonyLeaf(self.hash(), self.opening_key, self.policy.hash())


def officers_bytes(officers: Iterable[Officer]) -> bytes:
    """Return the canonical bytes of a list of officers."""
    return signed_bytes("officers", *(part for officer in officers for part in astuple(officer)))


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
        officers=tuple(_officer(**officer) for officer in table["officers"]),
        policy=Policy(**{name: _count(value) for name, value in table["policy"].items()}),
    )
    check_constitution(trust.officers, trust.policy)
    if trust.log_policy().log.name != trust.origin:
        raise SealError("the log's key is not named after its origin")
    if 2 * trust.witness_quorum <= len(trust.witnesses):
        raise SealError("two quorums of witnesses may have none in common, so each could be shown another log")
    if trust.witness_quorum > len(trust.witnesses) or trust.threshold > len(trust.share_public_keys):
        raise SealError("a quorum is larger than its group")
    return trust


def _officer(name: object, role: object, organisation: object, public: object) -> Officer:
    return Officer(_text(name), _text(role), _text(organisation), _key(public))


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

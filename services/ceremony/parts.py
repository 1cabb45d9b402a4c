"""`trust.toml`, put together from the parts that different people bring, each a TOML text of its own.

A part says what its bringer answers for: an officer's public key, a witness's, the log's, the dealing's public part,
the policy. Keys are said once; lists of officers and witnesses are joined, in the order of the parts.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from services.ceremony.errors import CeremonyError
from services.ceremony.public_part import PublicPart
from services.chassis import toml_text
from services.seal.errors import SealError
from services.seal.note import SignatureType, VerifierKey
from services.seal.trust import Policy, Trust

Part = Mapping[str, object]


POLICY: Final = Policy(
    approvals=3,
    distinct_roles=2,
    approval_ttl_seconds=4 * 60 * 60,
    veto_delay_seconds=72 * 60 * 60,
    notice_seconds=14 * 24 * 60 * 60,
    case_ttl_seconds=60 * 24 * 60 * 60,
)
"""What it takes to open a case, unless a part says otherwise."""


def officer(name: str, role: str, organisation: str, public: bytes) -> Part:
    """Somebody who may approve openings; his organisation's own requests excepted."""
    return {"officers": [{"name": name, "role": role, "organisation": organisation, "public": public.hex()}]}


def policy(policy: Policy, witness_quorum: int) -> Part:
    """What it takes to open a case, and how many witnesses must have seen it."""
    return {"witness_quorum": witness_quorum, "policy": asdict(policy)}


def witness(name: str, public: bytes) -> Part:
    """A witness that co-signs checkpoints of the log."""
    return {"witnesses": [{"name": name, "vkey": VerifierKey(name, SignatureType.COSIGNATURE, public).encode()}]}


def log(origin: str, public: bytes) -> Part:
    """The transparency log, by its name in the world."""
    return {"origin": origin, "log": VerifierKey(origin, SignatureType.ED25519, public).encode()}


def receipt(public: bytes) -> Part:
    """The key that disclosure signs receipts of deposits with."""
    return {"receipt_public": public.hex()}


def assertion(public: bytes) -> Part:
    """The key that identity signs assertions for verification with."""
    return {"assertion_public": public.hex()}


def parse(text: str) -> Part:
    """The part that a TOML text holds."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CeremonyError("a part is not TOML") from error


def assemble(parts: Iterable[Part]) -> tuple[str, Trust]:
    """The text of `trust.toml` and what it says; CeremonyError when a part is missing, or two say the same thing."""
    together: dict[str, object] = {}
    for part in parts:
        for key, value in part.items():
            earlier = together.get(key)
            if isinstance(earlier, list) and key in ("officers", "witnesses") and isinstance(value, list):
                together[key] = earlier + value
            elif key in together:
                raise CeremonyError(f"two parts say {key}")
            else:
                together[key] = value
    try:
        text = toml_text.render(together)
        trust = Trust.parse(text)
    except (SealError, TypeError) as error:
        missing = sorted(Trust.__dataclass_fields__.keys() - together.keys())
        told = f"; no part says {', '.join(missing)}" if missing else ""
        cause = error.__cause__ if isinstance(error.__cause__, SealError) else error
        raise CeremonyError(f"the parts do not make a trust file: {cause}{told}") from error
    PublicPart(trust.opening_key, trust.threshold, trust.share_public_keys, trust.share_commitments)
    return text, trust

"""trust.toml from its parts."""

from dataclasses import replace

import pytest

from services.ceremony import parts
from services.ceremony.errors import CeremonyError
from services.ceremony.public_part import PublicPart
from services.seal import threshold
from services.seal.ed25519 import SigningKey
from services.seal.trust import Trust


def public_key() -> bytes:
    return SigningKey.generate().public_key


DEALT = PublicPart.of(threshold.deal(threshold.generate_secret(), 2, 3))
OFFICERS = [parts.officer("anna", "legal", "a", public_key()), parts.officer("bo", "privacy", "b", public_key())]
PARTS: dict[str, parts.Part] = {
    "dealing": parts.parse(DEALT.render()),
    "policy": parts.policy(replace(parts.POLICY, approvals=2), witness_quorum=1),
    "log": parts.log("log.example", public_key()),
    "receipt": parts.receipt(public_key()),
    "assertion": parts.assertion(public_key()),
    "witness": parts.witness("witness.example", public_key()),
    "anna": OFFICERS[0],
    "bo": OFFICERS[1],
}


def test_all_parts_make_a_trust_file() -> None:
    text, trust = parts.assemble(PARTS.values())
    assert trust == Trust.parse(text)
    assert [officer.name for officer in trust.officers] == ["anna", "bo"]
    assert trust.opening_key == DEALT.opening_key
    assert len(trust.witnesses) == 1
    others = [part for part in PARTS.values() if part not in OFFICERS]
    assert trust.hash() == parts.assemble([*OFFICERS, *reversed(others)])[1].hash()


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("dealing", "no part says opening_key, share_commitments, share_public_keys, threshold"),
        ("policy", "no part says policy, witness_quorum"),
        ("log", "no part says log, origin"),
        ("receipt", "no part says receipt_public"),
        ("assertion", "no part says assertion_public"),
        ("witness", "no part says witnesses"),
    ],
)
def test_a_part_that_is_missing_is_named(left_out: str, told: str) -> None:
    with pytest.raises(CeremonyError, match=told):
        parts.assemble(part for name, part in PARTS.items() if name != left_out)


def test_nothing_is_said_twice() -> None:
    with pytest.raises(CeremonyError, match="two parts say receipt_public"):
        parts.assemble([*PARTS.values(), parts.receipt(public_key())])
    with pytest.raises(CeremonyError, match="one name"):
        parts.assemble([*PARTS.values(), parts.officer("anna", "works-council", "a", public_key())])


def test_shares_that_do_not_follow_from_the_commitments_are_refused() -> None:
    other = PublicPart.of(threshold.deal(threshold.generate_secret(), 2, 3))
    mixed = {**parts.parse(DEALT.render()), "share_public_keys": [key.hex() for key in other.share_public_keys]}
    with pytest.raises(CeremonyError, match="share 1"):
        parts.assemble([mixed, *(part for name, part in PARTS.items() if name != "dealing")])


@pytest.mark.parametrize("text", ["=", "a = ", "[["])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(CeremonyError, match="TOML"):
        parts.parse(text)

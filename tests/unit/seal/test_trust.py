"""The trust file is read strictly: what could weaken a check is refused when it is read."""

import pytest

from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.note import SignatureType, VerifierKey
from services.seal.trust import Trust

ORIGIN = "log.example/test"


def vkey(name: str, kind: SignatureType) -> str:
    return VerifierKey(name, kind, SigningKey.generate().public_key).encode()


LOG = vkey(ORIGIN, SignatureType.ED25519)
WITNESSES = [vkey(f"witness.example/{i}", SignatureType.COSIGNATURE) for i in (1, 2)]
ANN, BOB = (SigningKey.generate().public_key.hex() for _ in range(2))
HEX = "11" * 32


def officers(*told: tuple[str, str, str]) -> str:
    each = (f'{{name="{n}", role="{r}", organisation="acme", public="{p}"}}' for n, r, p in told)
    return "[" + ", ".join(each) + "]"


def policy(**changes: int) -> str:
    values = dict.fromkeys(("approvals", "distinct_roles", "veto_delay_seconds", "notice_seconds"), 2)
    values |= {"approval_ttl_seconds": 60, "case_ttl_seconds": 60, **changes}
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"


def text(**changes: str) -> str:
    values = {
        "origin": f'"{ORIGIN}"',
        "log": f'"{LOG}"',
        "witness_quorum": "2",
        "receipt_public": f'"{HEX}"',
        "assertion_public": f'"{HEX}"',
        "opening_key": f'"{HEX}"',
        "share_public_keys": f'["{HEX}", "{HEX}"]',
        "share_commitments": f'["{HEX}"]',
        "threshold": "2",
        "witnesses": "[" + ",".join(f'{{name="w{i}", vkey="{v}"}}' for i, v in enumerate(WITNESSES)) + "]",
        "officers": officers(("ann", "legal", ANN), ("bob", "privacy", BOB)),
        "policy": policy(),
    }
    values.update(changes)
    return "\n".join(f"{key} = {value}" for key, value in values.items() if value)


def test_a_whole_file_is_read() -> None:
    trust = Trust.parse(text())
    assert trust.log_policy().quorum == 2
    assert trust.officer("bob").role == "privacy"
    assert trust.ceremony_leaf().trust_sha256 == trust.hash()


def test_delays_too_short_to_act_in_are_named() -> None:
    usual = {"veto_delay_seconds": 24 * 3600, "notice_seconds": 14 * 24 * 3600, "case_ttl_seconds": 60 * 24 * 3600}
    assert not Trust.parse(text(policy=policy(**usual))).policy.shortened
    for name in ("veto_delay_seconds", "notice_seconds"):
        short = Trust.parse(text(policy=policy(**(usual | {name: usual[name] - 1})))).policy
        assert short.shortened
        assert short.shortened_delays() == {f"shortened_{name}": usual[name] - 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": ""},
        {"origin": '"other.example"'},
        {"surplus": "1"},
        {"witness_quorum": "3"},
        {"witness_quorum": "0"},
        {"witness_quorum": "1"},
        {"threshold": "3"},
        {"threshold": "true"},
        {"opening_key": '"11"'},
        {"opening_key": "7"},
        {"policy": policy(approvals=3)},
        {"policy": policy(distinct_roles=1)},
        {"policy": policy(distinct_roles=3)},
        {"policy": policy(veto_delay_seconds=0)},
        {"policy": policy(case_ttl_seconds=1)},
        {"policy": "{approvals=2, distinct_roles=2}"},
        {"officers": officers(("ann", "legal", ANN), ("bob", "legal", BOB))},
        {"officers": officers(("two words", "legal", ANN), ("bob", "privacy", BOB))},
        {"officers": officers(("ann", "legal", ANN), ("ann", "privacy", BOB))},
        {"officers": officers(("ann", "legal", ANN), ("bob", "privacy", ANN))},
        {"log": f'"{WITNESSES[0]}"'},
        {"witnesses": f'[{{name="a", vkey="{WITNESSES[0]}"}}, {{name="b", vkey="{WITNESSES[0]}"}}]'},
        {"witnesses": '["nonsense"]'},
        {"origin": "unquoted"},
    ],
)
def test_anything_else_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(SealError):
        Trust.parse(text(**changes))

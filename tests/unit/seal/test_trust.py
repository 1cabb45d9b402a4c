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
        "officers": f'[{{name="ann", role="legal", public="{ANN}"}}, {{name="bob", role="privacy", public="{BOB}"}}]',
        "policy": "{approvals=2, distinct_roles=2, approval_ttl_seconds=60}",
    }
    values.update(changes)
    return "\n".join(f"{key} = {value}" for key, value in values.items() if value)


def test_a_whole_file_is_read() -> None:
    trust = Trust.parse(text())
    assert trust.log_policy().quorum == 2
    assert trust.officer("bob").role == "privacy"
    assert trust.ceremony_leaf().trust_sha256 == trust.hash()


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": ""},
        {"origin": '"other.example"'},
        {"surplus": "1"},
        {"witness_quorum": "3"},
        {"witness_quorum": "0"},
        {"threshold": "3"},
        {"threshold": "true"},
        {"opening_key": '"11"'},
        {"opening_key": "7"},
        {"policy": "{approvals=3, distinct_roles=2, approval_ttl_seconds=60}"},
        {"policy": "{approvals=2, distinct_roles=2}"},
        {"officers": f'[{{name="ann", role="legal", public="{ANN}"}}, {{name="ann", role="x", public="{BOB}"}}]'},
        {"officers": f'[{{name="ann", role="legal", public="{ANN}"}}, {{name="bob", role="x", public="{ANN}"}}]'},
        {"log": f'"{WITNESSES[0]}"'},
        {"witnesses": f'[{{name="a", vkey="{WITNESSES[0]}"}}, {{name="b", vkey="{WITNESSES[0]}"}}]'},
        {"witnesses": '["nonsense"]'},
        {"origin": "unquoted"},
    ],
)
def test_anything_else_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(SealError):
        Trust.parse(text(**changes))

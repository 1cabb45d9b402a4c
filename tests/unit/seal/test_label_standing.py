"""How labels stand by the leaves of the log, and the orders of leaves that no honest issuer makes."""

import pytest

from services.seal.errors import SealError
from services.seal.label_standing import NOTHING_LOGGED, LabelStanding, label_standings
from services.seal.leaves import (
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    Leaf,
    OwnershipLeaf,
)

DEFINED = LabelDefinedLeaf("acme", 7, "Employee of Acme", "gaming")
KEY = IssuerKeyLeaf("acme", 7, b"k" * 32)
ACTIVE = LabelActivatedLeaf("acme", 7, 20)
REVOKED = LabelRevokedLeaf("acme", 7, "key-compromised")
OTHER = (
    OwnershipLeaf(b"c" * 32),
    LabelDefinedLeaf("acme", 8, "Employee of Acme & Co", "gaming"),
    IssuerKeyLeaf("acme", 8, b"n" * 32),
    LabelDefinedLeaf("bolt", 7, "Employee of Bolt", "none"),
    IssuerKeyLeaf("bolt", 7, b"b" * 32),
)


def standing(*leaves: Leaf) -> LabelStanding:
    return label_standings(leaf.to_bytes() for leaf in leaves).get(("acme", 7), NOTHING_LOGGED)


def test_a_label_is_active_with_its_key_and_its_crowd_logged_and_no_revocation() -> None:
    assert standing(*OTHER) == NOTHING_LOGGED
    assert standing(DEFINED) == LabelStanding("Employee of Acme", "gaming")
    assert not standing(DEFINED, KEY).active
    assert standing(*OTHER, DEFINED, KEY, ACTIVE) == LabelStanding("Employee of Acme", "gaming", b"k" * 32, 20)
    assert standing(DEFINED, KEY, *OTHER, ACTIVE).active


@pytest.mark.parametrize(
    "leaves", [(REVOKED,), (DEFINED, KEY, REVOKED), (DEFINED, KEY, ACTIVE, REVOKED), (REVOKED, DEFINED, KEY)]
)
def test_a_revoked_label_is_not_whatever_else_is_logged(leaves: tuple[Leaf, ...]) -> None:
    assert not standing(*leaves).active
    assert standing(*leaves).revoked == "key-compromised"


@pytest.mark.parametrize(
    ("leaves", "why"),
    [
        ((KEY,), "not defined"),
        ((*OTHER, KEY), "not defined"),
        ((KEY, DEFINED), "not defined"),
        ((DEFINED, DEFINED), "defined twice"),
        ((DEFINED, LabelDefinedLeaf("acme", 7, "Employee of Bolt", "gaming")), "defined twice"),
        ((DEFINED, KEY, ACTIVE, LabelDefinedLeaf("acme", 7, "Employee of Acme", "none")), "defined twice"),
        ((DEFINED, KEY, IssuerKeyLeaf("acme", 7, b"o" * 32)), "two issuer keys"),
        ((DEFINED, KEY, KEY), "two issuer keys"),
        ((DEFINED, ACTIVE, KEY), "activated once"),
        ((DEFINED, KEY, ACTIVE, ACTIVE), "activated once"),
        ((DEFINED, KEY, ACTIVE, LabelActivatedLeaf("acme", 7, 50)), "activated once"),
        ((DEFINED, KEY, LabelActivatedLeaf("acme", 7, 0)), "activated once"),
        ((DEFINED, KEY, REVOKED, ACTIVE), "activated once"),
        ((DEFINED, KEY, ACTIVE, REVOKED, LabelRevokedLeaf("acme", 7, "ceased")), "revoked twice"),
    ],
)
def test_what_an_honest_issuer_never_has_logged(leaves: tuple[Leaf, ...], why: str) -> None:
    with pytest.raises(SealError, match=why):
        standing(*leaves)


def test_a_malformed_leaf_of_a_label_is_an_error() -> None:
    with pytest.raises(SealError):
        label_standings([DEFINED.to_bytes(), KEY.to_bytes().replace(b"epoch 7", b"epoch 07")])

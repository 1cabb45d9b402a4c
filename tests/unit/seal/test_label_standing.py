"""How labels stand by the leaves of the log, and the orders of leaves that no honest issuer makes."""

import pytest

from services.seal.errors import SealError
from services.seal.label_standing import NOTHING_LOGGED, LabelStanding, label_standings
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelRevokedLeaf, Leaf, OwnershipLeaf

KEY = IssuerKeyLeaf("acme", 7, b"k" * 32)
ACTIVE = LabelActivatedLeaf("acme", 7, 20)
REVOKED = LabelRevokedLeaf("acme", 7, "key-compromised")
OTHER = (OwnershipLeaf(b"c" * 32), IssuerKeyLeaf("acme", 8, b"n" * 32), IssuerKeyLeaf("bolt", 7, b"b" * 32))


def standing(*leaves: Leaf) -> LabelStanding:
    return label_standings(leaf.to_bytes() for leaf in leaves).get(("acme", 7), NOTHING_LOGGED)


def test_a_label_is_active_with_its_key_and_its_crowd_logged_and_no_revocation() -> None:
    assert standing(*OTHER) == NOTHING_LOGGED
    assert not standing(KEY).active
    assert standing(*OTHER, KEY, ACTIVE) == LabelStanding(b"k" * 32, 20)
    assert standing(KEY, *OTHER, ACTIVE).active


@pytest.mark.parametrize("leaves", [(REVOKED,), (KEY, REVOKED), (KEY, ACTIVE, REVOKED), (REVOKED, KEY)])
def test_a_revoked_label_is_not_whatever_else_is_logged(leaves: tuple[Leaf, ...]) -> None:
    assert not standing(*leaves).active
    assert standing(*leaves).revoked == "key-compromised"


@pytest.mark.parametrize(
    "leaves",
    [
        (KEY, IssuerKeyLeaf("acme", 7, b"o" * 32)),
        (KEY, KEY),
        (ACTIVE, KEY),
        (KEY, ACTIVE, ACTIVE),
        (KEY, ACTIVE, LabelActivatedLeaf("acme", 7, 50)),
        (KEY, LabelActivatedLeaf("acme", 7, 0)),
        (KEY, REVOKED, ACTIVE),
        (KEY, ACTIVE, REVOKED, LabelRevokedLeaf("acme", 7, "ceased")),
    ],
)
def test_what_an_honest_issuer_never_has_logged(leaves: tuple[Leaf, ...]) -> None:
    with pytest.raises(SealError):
        standing(*leaves)


def test_a_malformed_leaf_of_a_label_is_an_error() -> None:
    with pytest.raises(SealError):
        label_standings([KEY.to_bytes().replace(b"epoch 7", b"epoch 07")])

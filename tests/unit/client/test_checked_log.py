"""What governs is folded from leaves that hash to a fresh, co-signed root, or from nothing."""

from dataclasses import replace

import pytest

from services.seal.leaves import LockDownLeaf, OwnershipLeaf
from services.seal.statements import LockDown
from services.tlog.follower import FRESH_SECONDS
from tests.unit.client.officers import KEYS, NOW, leaves_of, log_of, trust, verified_of
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.checked_log import check_log

LOCK = LockDownLeaf(1, "ann", KEYS["ann"].sign(LockDown(trust().hash(), 1, "ann").signed_bytes()))


def test_the_fold_is_of_the_leaves_under_the_checkpoint() -> None:
    assert not log_of().governance.locked
    locked = log_of(LOCK)
    assert locked.governance.locked
    assert [(index, leaf.officer) for index, leaf in locked.all_of(LockDownLeaf)] == [(2, "ann")]
    assert locked.holds(LOCK)
    assert not locked.holds(replace(LOCK, number=2))


def test_a_leaf_that_is_hidden_added_or_changed_is_found() -> None:
    leaves = leaves_of(LOCK)
    verified = verified_of(leaves)
    other = OwnershipLeaf(b"x" * 32).to_bytes()
    for told in (leaves[:-1], [*leaves, other], [*leaves[:-1], other], []):
        with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
            check_log(told, verified, trust(), now=NOW)


def test_a_log_of_another_ceremony_is_not_ours() -> None:
    leaves = leaves_of()[1:]
    with pytest.raises(VouchsafeError, match="begin with this trust material"):
        check_log(leaves, verified_of(leaves), trust(), now=NOW)


@pytest.mark.parametrize("age", [FRESH_SECONDS + 1, -FRESH_SECONDS - 1])
def test_an_old_head_could_hide_what_followed(age: int) -> None:
    leaves = leaves_of()
    check_log(leaves, verified_of(leaves, at=NOW - FRESH_SECONDS), trust(), now=NOW)
    with pytest.raises(VouchsafeError, match="LOG_STALE"):
        check_log(leaves, verified_of(leaves, at=NOW - age), trust(), now=NOW)

"""Who may sign what: the officer's own key, his own voice, and nothing that can no longer take effect."""

from dataclasses import replace

import pytest

from services.seal.authorization import approval_hash, verify_approval
from services.seal.ed25519 import SigningKey
from services.seal.governance import proposal_hash
from services.seal.leaves import EndorsementLeaf, OfficerAddedLeaf, OfficerRemovedLeaf, UnlockLeaf
from services.seal.statements import Endorsement
from tests.unit.client.officers import KEYS, NOW, POLICY, Shown, log_of, trust
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.case_review import ReviewedCase, review
from vouchsafe.sdk.officer_signatures import (
    approval_of,
    endorsement_of,
    lock_down_of,
    veto_of,
    withdrawal_of,
)


def reviewed(shown: Shown) -> ReviewedCase:
    return review(shown.case, case_id=shown.case.case_id, trust=trust(), log=shown.log())


def endorsed(proposal: OfficerAddedLeaf | OfficerRemovedLeaf | UnlockLeaf, name: str) -> EndorsementLeaf:
    hashed = proposal_hash(proposal)
    return EndorsementLeaf(hashed, name, KEYS[name].sign(Endorsement(trust().hash(), hashed).signed_bytes()))


def test_an_approval_is_good_for_this_case_and_for_as_long_as_the_policy_says() -> None:
    made = reviewed(Shown())
    note = approval_of(made, "ann", KEYS["ann"], now=NOW)
    approval = verify_approval(note, made.statement, made.governance, NOW)
    assert (approval.officer.name, approval.expires) == ("ann", NOW + POLICY.approval_ttl_seconds)


def test_another_officers_key_and_nobodys_sign_nothing() -> None:
    shown = Shown()
    shown.intend()
    made = reviewed(shown)
    for name, key in (("ann", KEYS["bob"]), ("ann", SigningKey.generate()), ("eve", KEYS["ann"])):
        for sign in (withdrawal_of, veto_of):
            with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
                sign(made, name, key)
        with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
            approval_of(made, name, key, now=NOW)
        with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
            endorsement_of(made.governance, UnlockLeaf(1), name, key)


@pytest.mark.parametrize("organisation", ["ann & Co", "ANN & co"])
def test_the_requesters_own_officer_has_no_voice(organisation: str) -> None:
    shown = Shown()
    shown.case.organisation = organisation
    shown.bind()
    with pytest.raises(VouchsafeError, match="own organisation"):
        approval_of(reviewed(shown), "ann", KEYS["ann"], now=NOW)
    approval_of(reviewed(shown), "bob", KEYS["bob"], now=NOW)


def test_what_may_not_be_approved_is_not_signed() -> None:
    shown = Shown()
    shown.case.expires_at = NOW - 1
    with pytest.raises(VouchsafeError, match="not open at this time"):
        approval_of(reviewed(shown), "ann", KEYS["ann"], now=NOW)


def test_a_withdrawal_is_of_this_case_and_by_this_officer_for_good() -> None:
    shown = Shown()
    leaf = withdrawal_of(reviewed(shown), "ann", KEYS["ann"])
    assert leaf.approval == approval_hash(shown.case.case_id, "ann")
    governance = log_of(leaf).governance
    assert governance.withdrawn.keys() == {(leaf.approval, "ann")}
    before = reviewed(shown)
    after = replace(before, governance=replace(before.governance, withdrawn=governance.withdrawn))
    with pytest.raises(VouchsafeError, match="APPROVAL_WITHDRAWN"):
        approval_of(after, "ann", KEYS["ann"], now=NOW)
    assert approval_of(after, "bob", KEYS["bob"], now=NOW)
    shown.approve("ann")
    assert withdrawal_of(reviewed(shown), "ann", KEYS["ann"]) == leaf


def test_a_veto_stops_the_intent_of_the_case_in_everybodys_fold() -> None:
    shown = Shown()
    with pytest.raises(VouchsafeError, match="NOTHING_INTENDED"):
        veto_of(reviewed(shown), "ann", KEYS["ann"])
    shown.intend()
    leaf = veto_of(reviewed(shown), "ann", KEYS["ann"])
    assert leaf.intent == shown.case.intent.commitment
    assert log_of(leaf).governance.vetoed == {leaf.intent}


def test_a_lock_down_is_in_force_in_everybodys_fold() -> None:
    ceremony = trust().hash()
    assert log_of(lock_down_of(ceremony, 1, "dan", KEYS["dan"])).governance.locked
    for other in ((ceremony, 2), (b"o" * 32, 1)):
        assert not log_of(lock_down_of(*other, "dan", KEYS["dan"])).governance.locked


def test_endorsements_of_a_quorum_unlock() -> None:
    lock, unlock = lock_down_of(trust().hash(), 1, "dan", KEYS["dan"]), UnlockLeaf(1)
    leaves = [lock, unlock]
    for name in ("ann", "cyd"):
        assert log_of(*leaves).governance.locked
        leaves.append(endorsement_of(log_of(*leaves).governance, unlock, name, KEYS[name]))
    assert not log_of(*leaves).governance.locked


def test_a_proposal_whose_number_has_passed_is_not_endorsed() -> None:
    """Two were proposed as amendment 1; one took effect, so the other was made for officers that are no more."""
    first, other = OfficerRemovedLeaf(1, "dan"), OfficerRemovedLeaf(1, "bob")
    before = log_of(first, other).governance
    endorsement_of(before, other, "ann", KEYS["ann"])
    after = log_of(first, other, endorsed(first, "ann"), endorsed(first, "cyd")).governance
    assert after.amended == 1
    with pytest.raises(VouchsafeError, match="NOT_PENDING"):
        endorsement_of(after, other, "ann", KEYS["ann"])
    with pytest.raises(VouchsafeError, match="NOT_PENDING"):
        endorsement_of(after, first, "ann", KEYS["ann"])


def test_an_officer_who_was_removed_signs_nothing_more() -> None:
    removed = OfficerRemovedLeaf(1, "dan")
    after = log_of(removed, endorsed(removed, "ann"), endorsed(removed, "cyd")).governance
    with pytest.raises(VouchsafeError, match="no such officer"):
        endorsement_of(after, removed, "dan", KEYS["dan"])

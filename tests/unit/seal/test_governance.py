"""Governance is a fold of the log: one officer can stop things, a quorum alone can let them go on."""

from collections.abc import Callable
from dataclasses import astuple, replace

import pytest

from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.governance import (
    Governance,
    Proposal,
    begin,
    check_leaf,
    check_proposal,
    evolve,
    fold,
    proposal_hash,
)
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    CaseAskedLeaf,
    EndorsementLeaf,
    Leaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OwnershipLeaf,
    PolicySetLeaf,
    SubjectNoticeLeaf,
    UnlockLeaf,
)
from services.seal.statements import Endorsement, LockDown, Veto, Withdrawal
from services.seal.subject import subject_tag
from tests.unit.seal.test_authorization import OFFICERS, TRUST
from tests.unit.seal.test_authorization import OFFICERS as KEYS

INTENT = b"i" * 32
CEREMONY = begin(TRUST).ceremony
ANNOUNCED = (
    CaseAskedLeaf(b"c" * 32, "court", "court-order", 1, 2),
    OpenIntentLeaf(INTENT, b"c" * 32, subject_tag(b"b" * 32, b"m" * 32), 600, 0, 0),
)
NOTICE = SubjectNoticeLeaf(INTENT, b"b" * 32, b"m" * 32)
FAY = SigningKey.generate().public_key
QUORUM = ("ann", "bob", "dan")
STRICTER = replace(TRUST.policy, approvals=4)


def veto(officer: str, by: str = "", intent: bytes = INTENT, ceremony: bytes = CEREMONY) -> OpeningVetoedLeaf:
    signed = Veto(ceremony, intent, officer).signed_bytes()
    return OpeningVetoedLeaf(intent, officer, KEYS[by or officer].sign(signed))


def withdrawal(
    officer: str, by: str = "", approval: bytes = b"a" * 32, ceremony: bytes = CEREMONY
) -> ApprovalWithdrawnLeaf:
    signed = Withdrawal(ceremony, approval, officer).signed_bytes()
    return ApprovalWithdrawnLeaf(approval, officer, KEYS[by or officer].sign(signed))


def lock(number: int, officer: str, by: str = "", ceremony: bytes = CEREMONY) -> LockDownLeaf:
    signed = LockDown(ceremony, number, officer).signed_bytes()
    return LockDownLeaf(number, officer, KEYS[by or officer].sign(signed))


def endorse(proposal: Proposal, officer: str, by: str = "", ceremony: bytes = CEREMONY) -> EndorsementLeaf:
    hashed = proposal_hash(proposal)
    signed = Endorsement(ceremony, hashed).signed_bytes()
    return EndorsementLeaf(hashed, officer, KEYS[by or officer].sign(signed))


def decided(proposal: Proposal, officers: tuple[str, ...] = QUORUM, ceremony: bytes = CEREMONY) -> list[Leaf]:
    return [proposal, *(endorse(proposal, officer, ceremony=ceremony) for officer in officers)]


def added(number: int, name: str = "fay", role: str = "legal") -> OfficerAddedLeaf:
    return OfficerAddedLeaf(number, name, role, "platform", FAY)


def policy_set(number: int, **changes: int) -> PolicySetLeaf:
    return PolicySetLeaf(number, *astuple(replace(STRICTER, **changes)))


def after(*leaves: Leaf) -> Governance:
    return fold(TRUST, [leaf.to_bytes() for leaf in leaves])


def assert_void(leaf: Leaf, *before: Leaf) -> None:
    """The leaf changes nothing, is counted, and is refused by whoever asks before he appends."""
    governance = after(*before)
    found = evolve(governance, leaf.to_bytes())
    assert found == replace(governance, void=governance.void + 1, size=governance.size + 1)
    with pytest.raises(SealError):
        check_leaf(governance, leaf.to_bytes())


def test_it_begins_as_the_trust_file_says() -> None:
    governance = begin(TRUST)
    assert (governance.officers, governance.policy) == (TRUST.officers, TRUST.policy)
    assert (governance.amended, governance.lockdowns, governance.locked, governance.void, governance.size) == (
        0, 0, False, 0, 0,
    )  # fmt: skip


def test_other_leaves_are_passed_over() -> None:
    assert after(TRUST.ceremony_leaf(), OwnershipLeaf(b"o" * 32)) == replace(begin(TRUST), size=2)


@pytest.mark.parametrize("data", [b"", b"nonsense\n", b"vouchsafe/v1/leaf/unlock\nnumber x\n", b"\xff\n"])
def test_what_is_no_leaf_is_void(data: bytes) -> None:
    assert fold(TRUST, [data]) == replace(begin(TRUST), size=1, void=1)


# Stopping takes one officer.


def test_an_approval_is_taken_back_by_its_officer_alone_and_once() -> None:
    mine = withdrawal("ann")
    assert dict(after(mine, withdrawal("bob")).withdrawn) == {(b"a" * 32, "ann"): 0, (b"a" * 32, "bob"): 1}
    assert_void(mine, mine)
    for other in (withdrawal("ann", by="bob"), withdrawal("ann", ceremony=b"o" * 32)):
        assert_void(other)
    assert_void(replace(mine, approval=b"b" * 32))
    assert_void(mine, *decided(OfficerRemovedLeaf(1, "ann"), ("bob", "cyd", "dan")))


def test_what_is_taken_back_voids_no_case() -> None:
    assert after(withdrawal("ann")).hash() == after().hash()


def test_one_officer_locks_everything() -> None:
    governance = after(lock(1, "ann"))
    assert governance.locked
    assert governance.lockdowns == 1


@pytest.mark.parametrize("leaf", [lock(2, "ann"), lock(0, "ann"), lock(1, "ann", by="bob")])
def test_a_lock_down_that_is_none(leaf: Leaf) -> None:
    assert_void(leaf)


def test_a_stranger_cannot_lock() -> None:
    assert_void(replace(lock(1, "ann"), officer="mallory"))


def test_a_replayed_lock_down_locks_nothing_again() -> None:
    ended = [lock(1, "ann"), *decided(UnlockLeaf(1))]
    assert not after(*ended).locked
    assert_void(lock(1, "ann"), *ended)
    assert_void(lock(1, "ann"), lock(1, "ann"))
    assert after(*ended, lock(2, "ann")).locked


def test_one_officer_vetoes_one_opening() -> None:
    assert after(veto("cyd")).vetoed == {INTENT}
    assert_void(veto("cyd", by="ann"))
    assert_void(replace(veto("cyd"), officer="mallory"))
    assert_void(replace(veto("cyd"), intent=b"j" * 32))
    assert_void(veto("ann"), veto("cyd"))


# Going on takes a quorum.


def test_a_quorum_unlocks_whoever_is_last() -> None:
    officers = ("dan", "ann", "bob")
    for few in range(len(officers)):
        assert after(lock(1, "ann"), *decided(UnlockLeaf(1), officers[:few])).locked
    assert not after(lock(1, "ann"), *decided(UnlockLeaf(1), officers)).locked


def test_a_quorum_is_of_several_officers_and_roles() -> None:
    one_role = [lock(1, "ann"), *decided(UnlockLeaf(1), ("ann", "bob", "cyd"))]
    assert after(*one_role).locked
    assert not after(*one_role, endorse(UnlockLeaf(1), "eve")).locked
    assert_void(endorse(UnlockLeaf(1), "ann"), *one_role)


def test_there_is_nothing_to_unlock() -> None:
    assert_void(UnlockLeaf(1))
    assert_void(UnlockLeaf(2), lock(1, "ann"))
    assert_void(UnlockLeaf(1), lock(1, "ann"), *decided(UnlockLeaf(1)))
    assert_void(UnlockLeaf(1), lock(1, "ann"), lock(2, "bob"))


def test_another_lock_down_ends_what_was_endorsed_of_the_first() -> None:
    begun = [lock(1, "ann"), *decided(UnlockLeaf(1), QUORUM[:2]), lock(2, "cyd")]
    assert_void(endorse(UnlockLeaf(1), "dan"), *begun)
    assert not after(*begun, *decided(UnlockLeaf(2))).locked


def test_a_quorum_adds_an_officer() -> None:
    governance = after(*decided(added(1)))
    assert governance.officer("fay").organisation == "platform"
    assert governance.amended == 1
    assert len(governance.officers) == len(TRUST.officers) + 1


def test_a_quorum_removes_an_officer_who_can_then_do_nothing() -> None:
    removed = decided(OfficerRemovedLeaf(1, "cyd"))
    with pytest.raises(SealError):
        after(*removed).officer("cyd")
    assert_void(lock(1, "cyd"), *removed)
    assert_void(veto("cyd"), *removed)
    assert_void(endorse(policy_set(2), "cyd"), *removed, policy_set(2))


def test_a_quorum_sets_the_policy() -> None:
    assert after(*decided(policy_set(1))).policy == STRICTER
    assert begin(TRUST).hash() != after(*decided(policy_set(1))).hash()


def test_the_quorum_is_that_of_the_governance_then_in_force() -> None:
    stricter = decided(policy_set(1))
    assert after(*stricter, *decided(added(2))).amended == 1
    assert after(*stricter, *decided(added(2), (*QUORUM, "eve"))).amended == 2


@pytest.mark.parametrize(
    "proposal",
    [
        added(2),
        added(0),
        added(1, name="ann"),
        replace(added(1), public=OFFICERS["ann"].public_key),
        replace(added(1), officer="two words"),
        OfficerRemovedLeaf(1, "mallory"),
        policy_set(1, approvals=6),
        policy_set(1, distinct_roles=1),
        policy_set(1, distinct_roles=3),
        policy_set(1, veto_delay_seconds=0),
        policy_set(1, case_ttl_seconds=600),
    ],
    ids=[
        "a later number", "an earlier number", "a name twice", "a key twice", "no name of a key", "nobody",
        "more approvals than officers", "one role", "more roles than there are", "no delay", "cases that cannot end",
    ],
)  # fmt: skip
def test_what_would_be_no_constitution_cannot_be_proposed(proposal: Proposal) -> None:
    assert_void(proposal)
    with pytest.raises(SealError):
        check_proposal(begin(TRUST), proposal)


def test_no_officers_are_removed_below_the_policy() -> None:
    """Five officers, two of them not legal: three may go as long as both roles stay."""
    leaves: list[Leaf] = []
    for number, name in enumerate(("cyd", "eve"), start=1):
        leaves += decided(OfficerRemovedLeaf(number, name))
    assert_void(OfficerRemovedLeaf(3, "dan"), *leaves)
    assert_void(OfficerRemovedLeaf(3, "ann"), *leaves)


def test_one_amendment_that_takes_effect_ends_the_others() -> None:
    rivals = [added(1), policy_set(1), *(endorse(policy_set(1), each) for each in QUORUM[:2])]
    settled = [*rivals, *(endorse(added(1), each) for each in QUORUM)]
    assert (after(*settled).amended, after(*settled).policy) == (1, TRUST.policy)
    assert_void(endorse(policy_set(1), "dan"), *settled)
    assert_void(policy_set(1), *settled)


@pytest.mark.parametrize("loser", [replace(added(1), role="privacy"), OfficerRemovedLeaf(1, "cyd"), policy_set(1)])
def test_whatever_else_was_proposed_can_no_longer_be_endorsed(loser: Proposal) -> None:
    assert_void(endorse(loser, "ann"), loser, *decided(added(1)))


def test_endorsements_of_a_proposal_are_not_of_a_later_one_that_says_the_same() -> None:
    """Fay is added, removed, and to be added again: nobody's old signature is for that."""
    first, removed, again = decided(added(1)), decided(OfficerRemovedLeaf(2, "fay")), added(3)
    before = [*first, *removed, again]
    for old in first[1:]:
        assert_void(old, *before)
        assert isinstance(old, EndorsementLeaf)
        assert_void(replace(old, proposal=proposal_hash(again)), *before)
    assert_void(added(1), *before)


def test_an_endorsement_of_somebody_removed_since_does_not_count() -> None:
    begun = [lock(1, "cyd"), UnlockLeaf(1), endorse(UnlockLeaf(1), "cyd"), endorse(UnlockLeaf(1), "dan")]
    removed = [*begun, *decided(OfficerRemovedLeaf(1, "cyd"))]
    assert after(*removed, endorse(UnlockLeaf(1), "ann")).locked
    assert not after(*removed, endorse(UnlockLeaf(1), "ann"), endorse(UnlockLeaf(1), "bob")).locked


@pytest.mark.parametrize(
    "leaf",
    [
        endorse(added(1), "ann", by="bob"),
        replace(endorse(added(1), "ann"), officer="mallory"),
        endorse(policy_set(1), "ann"),
        replace(endorse(added(1), "ann"), signature=endorse(policy_set(1), "ann").signature),
    ],
    ids=["another's key", "a stranger", "of what was not proposed", "of something else"],
)
def test_an_endorsement_that_is_none(leaf: Leaf) -> None:
    assert_void(leaf, added(1))


def test_what_was_proposed_or_endorsed_is_not_again() -> None:
    assert_void(added(1), added(1))
    assert_void(endorse(added(1), "ann"), added(1), endorse(added(1), "ann"))
    for leaf in decided(added(1)):
        assert_void(leaf, *decided(added(1)))
    assert_void(endorse(UnlockLeaf(1), "eve"), lock(1, "ann"), *decided(UnlockLeaf(1)))


# Notices.


def test_a_notice_is_remembered_with_its_place() -> None:
    governance = after(TRUST.ceremony_leaf(), *ANNOUNCED, NOTICE)
    assert governance.noticed == {INTENT: 3}


def test_a_subject_is_told_once() -> None:
    assert_void(NOTICE, *ANNOUNCED, NOTICE)
    assert_void(NOTICE)


@pytest.mark.parametrize("wrong", [{"blind": b"x" * 32}, {"mark": b"x" * 32}])
def test_a_notice_of_another_subject_is_void_and_the_right_one_still_counts(wrong: dict[str, bytes]) -> None:
    assert_void(replace(NOTICE, **wrong), *ANNOUNCED)
    assert after(TRUST.ceremony_leaf(), *ANNOUNCED, replace(NOTICE, **wrong), NOTICE).noticed == {INTENT: 4}


def test_a_notice_from_before_there_was_a_mark_is_none() -> None:
    old = b"vouchsafe/v1/leaf/subject-notice\nintent " + INTENT.hex().encode() + b"\nblind " + b"ab" * 32 + b"\n"
    governance = evolve(after(TRUST.ceremony_leaf(), *ANNOUNCED), old)
    assert (governance.noticed, governance.void) == ({}, 1)


# What a case stands under.


def test_the_hash_is_over_officers_and_policy_alone() -> None:
    base = begin(TRUST)
    stopped = after(lock(1, "ann"), veto("bob"), *ANNOUNCED, NOTICE, added(1))
    assert stopped.hash() == base.hash()
    assert replace(base, officers=base.officers[::-1]).hash() == base.hash()
    changed: list[Callable[[Governance], Governance]] = [
        lambda g: replace(g, officers=g.officers[1:]),
        lambda g: replace(g, policy=STRICTER),
        *(
            lambda g, name=name: replace(g, officers=(replace(g.officers[0], **{name: "x"}), *g.officers[1:]))  # type: ignore[misc]
            for name in ("name", "role", "organisation")
        ),
    ]
    assert len({base.hash(), *(change(base).hash() for change in changed)}) == len(changed) + 1


# Each ceremony begins anew, with whatever keys.


@pytest.mark.parametrize("stop", [lock, veto], ids=["lock-down", "veto"])
def test_no_officer_stops_with_what_he_signed_after_another_ceremony(stop: Callable[..., Leaf]) -> None:
    other = replace(TRUST, origin="rehearsal.example/log")
    told = (1, "ann") if stop is lock else ("ann",)
    of_other, of_this = (stop(*told, ceremony=begin(trust).ceremony) for trust in (other, TRUST))
    assert fold(other, [of_other.to_bytes()]).void == after(of_this).void == 0
    assert_void(of_other)


def test_no_quorum_goes_on_with_what_it_endorsed_after_another_ceremony() -> None:
    other = replace(TRUST, origin="rehearsal.example/log")
    of_other = begin(other).ceremony
    unlocked = [lock(1, "ann", ceremony=of_other), *decided(UnlockLeaf(1), ceremony=of_other)]
    amended = decided(policy_set(1), ceremony=of_other)
    there = fold(other, [leaf.to_bytes() for leaf in (*unlocked, *amended)])
    assert (there.lockdowns, there.locked, there.amended) == (1, False, 1)

    here = after(lock(1, "ann"), *unlocked[1:], *amended)
    assert (here.locked, here.amended, here.policy) == (True, 0, TRUST.policy)
    assert here.void == 2 * len(QUORUM)

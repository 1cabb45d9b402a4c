"""The fold against a clerk with a book, over random histories: races, replays, forgeries, endorsements in any order."""

from dataclasses import astuple, replace
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.seal.ed25519 import SigningKey
from services.seal.governance import Governance, Proposal, begin, evolve, fold, proposal_hash
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    EndorsementLeaf,
    Leaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
    PolicySetLeaf,
    UnlockLeaf,
)
from services.seal.statements import Endorsement, LockDown, Statement, Veto, Withdrawal
from services.seal.trust import Officer, Policy
from tests.unit.seal.governance_clerk import PROPOSALS, Clerk
from tests.unit.seal.test_authorization import TRUST as BASE

NAMES = ("ann", "bob", "cyd", "dan", "eve")
KEYS = {name: SigningKey.generate() for name in NAMES}
ROLES = ("legal", "privacy")
TRUST = replace(
    BASE,
    officers=tuple(Officer(name, ROLES[i % 2], "platform", KEYS[name].public_key) for i, name in enumerate(NAMES[:4])),
    policy=Policy(2, 2, 60, 1, 1, 60),
)
CEREMONY = TRUST.hash()

OFFICER = st.sampled_from(NAMES)
LATE = st.sampled_from([0, 0, 0, 0, -1, 1])
"""By how much a number is beside the right one; mostly it is right."""
STEP = st.one_of(
    st.tuples(st.just("lock"), OFFICER, LATE),
    st.tuples(st.just("veto"), OFFICER, st.integers(0, 2)),
    st.tuples(st.just("withdraw"), OFFICER, st.integers(0, 2)),
    st.tuples(st.just("unlock"), LATE),
    st.tuples(st.just("add"), OFFICER, st.sampled_from(ROLES), LATE),
    st.tuples(st.just("remove"), OFFICER, LATE),
    st.tuples(st.just("policy"), st.integers(1, 4), LATE),
    st.tuples(st.just("replay"), st.integers(0, 30)),
    *[st.tuples(st.just("endorse"), OFFICER, st.integers(0, 3))] * 6,
)
HISTORY = st.lists(st.tuples(STEP, st.sampled_from([True] * 7 + [False])), max_size=40)
"""Steps, and whether the key that signs is the officer's own."""


class World:
    """The fold, the clerk, and the log that both read."""

    def __init__(self) -> None:
        self.governance = begin(TRUST)
        self.clerk = Clerk({each.name: each for each in TRUST.officers}, TRUST.policy)
        self.log: list[tuple[Leaf, bool]] = []
        self.held: list[Leaf] = []

    def step(self, told: tuple[Any, ...], good: bool) -> None:
        if told[0] == "replay":
            if self.log:
                self.append(*self.log[told[1] % len(self.log)])
            return
        leaf = self.leaf(told, good)
        if leaf is not None:
            self.append(leaf, good)

    def append(self, leaf: Leaf, good: bool) -> None:
        self.log.append((leaf, good))
        self.governance = evolve(self.governance, leaf.to_bytes())
        if self.clerk.take(leaf, good=good):
            self.held.append(leaf)

    def leaf(self, told: tuple[Any, ...], good: bool) -> Leaf | None:
        number = max(0, self.governance.amended + 1 + told[-1])
        match told:
            case ("lock", name, late):
                return locked(max(0, self.governance.lockdowns + 1 + late), name, good)
            case ("veto", name, which):
                intent = bytes([which]) * 32
                return OpeningVetoedLeaf(intent, name, signed(Veto(CEREMONY, intent, name), name, good))
            case ("withdraw", name, which):
                approval = bytes([which]) * 32
                statement = Withdrawal(CEREMONY, approval, name)
                return ApprovalWithdrawnLeaf(approval, name, signed(statement, name, good))
            case ("unlock", late):
                return UnlockLeaf(max(0, self.governance.lockdowns + late))
            case ("add", name, role, _):
                return OfficerAddedLeaf(number, name, role, "platform", KEYS[name].public_key)
            case ("remove", name, _):
                return OfficerRemovedLeaf(number, name)
            case ("policy", approvals, _):
                return PolicySetLeaf(number, *astuple(replace(TRUST.policy, approvals=approvals)))
            case ("endorse", name, back):
                proposed = [leaf for leaf, _ in self.log if isinstance(leaf, PROPOSALS)]
                return endorsed(proposed[-1 - back % len(proposed)], name, good) if proposed else None
        raise AssertionError(told)


def signed(statement: Statement, name: str, good: bool) -> bytes:
    return KEYS[name if good else NAMES[NAMES.index(name) - 1]].sign(statement.signed_bytes())


def locked(number: int, name: str, good: bool = True) -> LockDownLeaf:
    return LockDownLeaf(number, name, signed(LockDown(CEREMONY, number, name), name, good))


def endorsed(proposal: Proposal, name: str, good: bool = True, ceremony: bytes = CEREMONY) -> EndorsementLeaf:
    hashed = proposal_hash(proposal)
    return EndorsementLeaf(hashed, name, signed(Endorsement(ceremony, hashed), name, good))


def in_force(governance: Governance) -> tuple[object, ...]:
    """All that governs; who has endorsed what is pending aside."""
    return (
        governance.hash(), frozenset(governance.officers), governance.policy, governance.amended,
        governance.lockdowns, governance.locked, governance.vetoed,
    )  # fmt: skip


@given(HISTORY)
@settings(max_examples=300, deadline=None)
def test_the_fold_is_what_a_clerk_finds_in_his_book(history: list[tuple[tuple[Any, ...], bool]]) -> None:
    world = World()
    for told, good in history:
        world.step(told, good)
        found, clerk = world.governance, world.clerk
        assert set(found.officers) == set(clerk.officers.values())
        assert (found.policy, found.amended, found.vetoed) == (clerk.policy, clerk.amended, clerk.vetoed)
        assert found.withdrawn.keys() == clerk.withdrawn
        assert (found.lockdowns, found.locked) == (clerk.lockdowns, clerk.locked)
        assert (found.void, found.size) == (clerk.void, len(world.log))
    assert fold(TRUST, [leaf.to_bytes() for leaf, _ in world.log]) == world.governance


@given(HISTORY)
@settings(max_examples=100, deadline=None)
def test_what_has_held_once_changes_nothing_again(history: list[tuple[tuple[Any, ...], bool]]) -> None:
    world = World()
    for told, good in history:
        world.step(told, good)
    for count, leaf in enumerate(world.held, start=1):
        again = evolve(world.governance, leaf.to_bytes())
        assert replace(again, size=0, void=0) == replace(world.governance, size=0, void=0)
        assert again.void == world.governance.void + 1, count


@given(st.permutations(["ann", "bob", "cyd", "dan"]), st.integers(2, 4), st.booleans())
def test_the_order_of_endorsements_decides_nothing(names: list[str], approvals: int, forged: bool) -> None:
    """Nor does it matter between which of them a forged one, or one of a rival proposal, stands."""
    trust = replace(TRUST, policy=replace(TRUST.policy, approvals=approvals))
    proposal, rival = (
        OfficerAddedLeaf(1, "eve", "legal", "platform", KEYS["eve"].public_key),
        OfficerRemovedLeaf(1, "ann"),
    )
    of = partial(endorsed, ceremony=trust.hash())
    leaves: list[Leaf] = [proposal, rival, of(rival, "cyd")]
    for name in names:
        leaves += [of(proposal, name)] + [of(proposal, name, good=False)] * forged
    found = fold(trust, [leaf.to_bytes() for leaf in leaves])
    in_order: list[Leaf] = [proposal, *(of(proposal, name) for name in sorted(names))]
    assert in_force(found) == in_force(fold(trust, [leaf.to_bytes() for leaf in in_order]))
    assert found.amended == 1


@given(st.permutations([0, 0, 0, 1, 1, 1]))
def test_of_two_proposals_with_one_number_the_first_to_have_a_quorum_wins(order: list[int]) -> None:
    trust = replace(TRUST, policy=replace(TRUST.policy, approvals=3))
    rivals: list[Proposal] = [OfficerRemovedLeaf(1, "dan"), PolicySetLeaf(1, *astuple(TRUST.policy))]
    left = [list(NAMES[:3]), list(NAMES[:3])]
    leaves = [proposal.to_bytes() for proposal in rivals]
    leaves += [endorsed(rivals[which], left[which].pop(), ceremony=trust.hash()).to_bytes() for which in order]
    found = fold(trust, leaves)
    first = max((0, 1), key=lambda which: -max(at for at, each in enumerate(order) if each == which))
    assert (len(found.officers), found.policy) == ((3, trust.policy) if first == 0 else (4, TRUST.policy))
    assert found.amended == 1

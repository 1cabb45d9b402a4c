"""How those who may open came to be who they are: lock-downs, vetoes and amendments, as steps of the governance fold.

`services.seal.governance` decides what a leaf changes; here the differences between one leaf and the next are told.
Nothing is decided a second time, so what this shows is what every trustee goes by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.seal import governance
from services.seal.governance import Governance
from services.seal.leaves import LockDownLeaf, OpeningVetoedLeaf
from services.seal.trust import Officer, Policy, Trust
from vouchsafe.sdk.demands import parse_leaf


@dataclass(frozen=True)
class LockDown:
    """One officer stopped everything. `ended`: index of the leaf that completed the unlocking; None while it lasts."""

    number: int
    officer: str
    index: int
    ended: int | None = None


@dataclass(frozen=True)
class Veto:
    """One officer stopped one opening."""

    index: int
    intent: bytes
    officer: str


@dataclass(frozen=True)
class Amendment:
    """The officers or the policy were changed by a quorum; `index` is the endorsement that completed it.

    `policy` is the new one, None when it stayed as it was.
    """

    number: int
    index: int
    added: tuple[Officer, ...]
    removed: tuple[Officer, ...]
    policy: Policy | None


@dataclass(frozen=True)
class GovernanceHistory:
    """The governance after the last leaf, and the steps that led to it. `void`: leaves that broke one of its rules."""

    now: Governance
    lock_downs: tuple[LockDown, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    void: tuple[int, ...] = ()

    def policy_at(self, index: int, trust: Trust) -> Policy:
        """What was in force when the leaf of this index was logged."""
        changed = [each.policy for each in self.amendments if each.policy is not None and each.index < index]
        return changed[-1] if changed else trust.policy


def read_governance(trust: Trust, leaves: Sequence[bytes]) -> GovernanceHistory:
    """The history over the leaves of a log, from its first."""
    steps = _Steps()
    now = governance.begin(trust)
    for index, data in enumerate(leaves):
        after = governance.evolve(now, data)
        steps.note(index, data, now, after)
        now = after
    return GovernanceHistory(
        now, tuple(steps.lock_downs), tuple(steps.vetoes), tuple(steps.amendments), tuple(steps.void)
    )


@dataclass
class _Steps:
    """The history while it is read."""

    lock_downs: list[LockDown] = field(default_factory=list)
    vetoes: list[Veto] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    void: list[int] = field(default_factory=list)

    def note(self, index: int, data: bytes, before: Governance, after: Governance) -> None:
        """Tell the difference that one leaf made."""
        if after.void != before.void:
            self.void.append(index)
        if after.lockdowns != before.lockdowns:
            leaf = parse_leaf(data)
            officer = leaf.officer if isinstance(leaf, LockDownLeaf) else ""
            self.lock_downs.append(LockDown(after.lockdowns, officer, index))
        if before.locked and not after.locked:
            self.lock_downs = [replace(each, ended=index) if each.ended is None else each for each in self.lock_downs]
        if len(after.vetoed) != len(before.vetoed):
            leaf = parse_leaf(data)
            if isinstance(leaf, OpeningVetoedLeaf):
                self.vetoes.append(Veto(index, leaf.intent, leaf.officer))
        if after.amended != before.amended:
            self.amendments.append(_amendment(index, before, after))


def _amendment(index: int, before: Governance, after: Governance) -> Amendment:
    old, new = set(before.officers), set(after.officers)
    return Amendment(
        number=after.amended,
        index=index,
        added=tuple(officer for officer in after.officers if officer not in old),
        removed=tuple(officer for officer in before.officers if officer not in new),
        policy=after.policy if after.policy != before.policy else None,
    )

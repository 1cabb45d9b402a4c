"""Governance is a fold of the public log: who the officers are, under what policy, what they have stopped.

Whoever has the leaves has all of it, by himself, and need believe nobody. The rule of it: **one officer can stop
things, a quorum alone can let them go on.** Three kinds of leaves stop, each signed by one officer: `LockDownLeaf`, all
openings; `OpeningVetoedLeaf`, one; `ApprovalWithdrawnLeaf`, what his own approval would count for. Everything else is a
proposal, which changes nothing until enough officers have endorsed it: `UnlockLeaf`, `OfficerAddedLeaf`,
`OfficerRemovedLeaf`, `PolicySetLeaf`. It takes effect at the `EndorsementLeaf` that completes the quorum of the
governance then in force.

A leaf that breaks a rule, or that says what has been said, is void: it is counted and changes nothing else, so that
nobody can do harm by appending one; nor by appending many, for each takes about as long as the one before. What the log
announces of openings is folded along (`announced`). All other kinds of leaves are passed over.

Pure. That the leaves are those of the log is for `merkle` and `checkpoint`; that the first is the ceremony's own, for
whoever reads them. Nothing here raises but `check_leaf`, which raises `SealError`.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import astuple, dataclass, field, replace
from functools import reduce
from typing import Final, TypeVar

from services.seal import ed25519
from services.seal.announced import ANNOUNCING, Announced
from services.seal.canonical import sha256, signed_bytes
from services.seal.errors import SealError
from services.seal.layered import Layered
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
    kind_of,
)
from services.seal.merkle import leaf_hash
from services.seal.statements import Endorsement, LockDown, Statement, Veto, Withdrawal
from services.seal.trust import Officer, Policy, Trust, check_constitution, officers_bytes

Amendment = OfficerAddedLeaf | OfficerRemovedLeaf | PolicySetLeaf
Proposal = UnlockLeaf | Amendment


@dataclass(frozen=True)
class Pending:
    """A proposal that may still take effect, and the officers who have endorsed it so far."""

    proposal: Proposal
    endorsed: frozenset[Officer] = frozenset()


@dataclass(frozen=True)
class Governance:
    """What governs openings after the first `size` leaves.

    `ceremony` is the hash of the trust material it began with: whatever officers sign here names it. `amended` counts
    the amendments in force, `lockdowns` those ever called, `unlocked` is the last one that was ended. `vetoes` are the
    officers by the commitment of an intent; `withdrawn` tells by `approval` and officer where in the log that was
    taken back. `unlocking` and `amending`, the latter by leaf hash, are proposals that may take effect. `void` counts
    leaves that broke a rule.
    """

    ceremony: bytes
    officers: tuple[Officer, ...]
    policy: Policy
    amended: int = 0
    lockdowns: int = 0
    unlocked: int = 0
    vetoes: Layered[bytes, str] = field(default_factory=Layered)
    withdrawn: Layered[tuple[bytes, str], int] = field(default_factory=Layered)
    announced: Announced = field(default_factory=Announced)
    unlocking: Pending | None = None
    amending: Layered[bytes, Pending] = field(default_factory=Layered)
    void: int = 0
    size: int = 0

    @property
    def locked(self) -> bool:
        """Whether nothing at all may be opened."""
        return self.lockdowns > self.unlocked

    @property
    def vetoed(self) -> AbstractSet[bytes]:
        """The commitments of the intents that an officer has stopped."""
        return self.vetoes.keys()

    @property
    def noticed(self) -> Mapping[bytes, int]:
        """Where in the log the subject was told, by the commitment of the intent."""
        return self.announced.notices

    @property
    def pending(self) -> Mapping[bytes, Pending]:
        """All proposals that may still take effect, by the leaf hash that officers endorse; a copy."""
        unlocking = {proposal_hash(self.unlocking.proposal): self.unlocking} if self.unlocking else {}
        return {**unlocking, **self.amending}

    def officer(self, name: str) -> Officer:
        """Return the officer of this name; SealError when there is none."""
        for officer in self.officers:
            if officer.name == name:
                return officer
        raise SealError("no such officer")

    def hash(self) -> bytes:
        """Return the 32-byte hash that a case stands under (`CaseStatement.policy_hash`): over officers and policy.

        And over how often they have changed: what was changed back does not revive a case from before.
        """
        by_name = sorted(self.officers, key=lambda officer: officer.name)
        return sha256(signed_bytes("governance", self.amended, officers_bytes(by_name), self.policy.hash()))


def begin(trust: Trust) -> Governance:
    """Return what governs before the first leaf: the ceremony's officers and policy."""
    return Governance(trust.hash(), trust.officers, trust.policy)


def fold(trust: Trust, leaves: Iterable[bytes]) -> Governance:
    """Return what governs after all these leaves, from the log's first on."""
    return reduce(evolve, leaves, begin(trust))


def evolve(governance: Governance, leaf: bytes) -> Governance:
    """Return what governs after one more leaf. Never raises: a leaf that breaks a rule is void."""
    try:
        after = check_leaf(governance, leaf)
    except SealError:
        after = replace(governance, void=governance.void + 1)
    return replace(after, size=governance.size + 1)


def check_leaf(governance: Governance, leaf: bytes) -> Governance:
    """Return what the leaf would make of it (`size` aside), or raise SealError when it would be void.

    A service asks this before it appends, so that a void leaf in its log is somebody's doing and not a mistake.
    """
    rule = _RULES.get(kind_of(leaf))
    return governance if rule is None else rule(governance, leaf)


def check_proposal(governance: Governance, proposal: Proposal) -> None:
    """Return when the proposal may be made now; raise SealError when its leaf would be void."""
    check_leaf(governance, proposal.to_bytes())


def proposal_hash(proposal: Proposal) -> bytes:
    """Return what an officer endorses: the RFC 6962 hash of the proposal's leaf, 32 bytes."""
    return leaf_hash(proposal.to_bytes())


def _veto(governance: Governance, leaf: OpeningVetoedLeaf) -> Governance:
    _check_signed(governance, leaf.officer, Veto(governance.ceremony, leaf.intent, leaf.officer), leaf.signature)
    if leaf.intent in governance.vetoed:
        raise SealError("the opening was vetoed before")
    return replace(governance, vetoes=governance.vetoes.plus(leaf.intent, leaf.officer))


def _withdraw(governance: Governance, leaf: ApprovalWithdrawnLeaf) -> Governance:
    statement = Withdrawal(governance.ceremony, leaf.approval, leaf.officer)
    _check_signed(governance, leaf.officer, statement, leaf.signature)
    # By officer too: nobody makes another's withdrawal void by withdrawing the same before him.
    approval = (leaf.approval, leaf.officer)
    if approval in governance.withdrawn:
        raise SealError("the approval was withdrawn before")
    return replace(governance, withdrawn=governance.withdrawn.plus(approval, governance.size))


def _lock(governance: Governance, leaf: LockDownLeaf) -> Governance:
    _check_signed(governance, leaf.officer, LockDown(governance.ceremony, leaf.number, leaf.officer), leaf.signature)
    if leaf.number != governance.lockdowns + 1:
        raise SealError("not the number of the next lock-down")
    # Whoever endorsed the end of an earlier lock-down did not endorse the end of this one.
    return replace(governance, lockdowns=leaf.number, unlocking=None)


def _propose_unlock(governance: Governance, leaf: UnlockLeaf) -> Governance:
    if not governance.locked or leaf.number != governance.lockdowns:
        raise SealError("not the lock-down that is in force")
    if governance.unlocking is not None:
        raise SealError("the same was proposed before")
    return replace(governance, unlocking=Pending(leaf))


def _propose_amendment(governance: Governance, leaf: Amendment) -> Governance:
    if leaf.number != governance.amended + 1:
        raise SealError("not the number of the next amendment")
    check_constitution(*_amended(governance, leaf))
    hashed = proposal_hash(leaf)
    if hashed in governance.amending:
        raise SealError("the same was proposed before")
    return replace(governance, amending=governance.amending.plus(hashed, Pending(leaf)))


def _endorse(governance: Governance, leaf: EndorsementLeaf) -> Governance:
    unlocking = governance.unlocking
    of_unlock = unlocking is not None and proposal_hash(unlocking.proposal) == leaf.proposal
    pending = unlocking if of_unlock else governance.amending.get(leaf.proposal)
    if pending is None:
        raise SealError("no such proposal is pending")
    officer = _check_signed(governance, leaf.officer, Endorsement(governance.ceremony, leaf.proposal), leaf.signature)
    if officer in pending.endorsed:
        raise SealError("the officer has endorsed this before")
    endorsed = pending.endorsed | {officer}
    # Those who have been removed since they endorsed, or have another role or key now, do not count.
    if governance.policy.met_by(endorsed & frozenset(governance.officers)):
        return _in_effect(governance, pending.proposal)
    grown = replace(pending, endorsed=endorsed)
    if of_unlock:
        return replace(governance, unlocking=grown)
    return replace(governance, amending=governance.amending.plus(leaf.proposal, grown))


def _in_effect(governance: Governance, proposal: Proposal) -> Governance:
    if isinstance(proposal, UnlockLeaf):
        return replace(governance, unlocked=proposal.number, unlocking=None)
    officers, policy = _amended(governance, proposal)
    # Every other pending amendment has this one's number, and was made for what governed until now.
    return replace(governance, officers=officers, policy=policy, amended=proposal.number, amending=Layered())


def _amended(governance: Governance, leaf: Amendment) -> tuple[tuple[Officer, ...], Policy]:
    """Officers and policy as the amendment would have them. Whether they are a constitution is not looked at."""
    officers, policy = governance.officers, governance.policy
    if isinstance(leaf, OfficerAddedLeaf):
        return (*officers, Officer(leaf.officer, leaf.role, leaf.organisation, leaf.public)), policy
    if isinstance(leaf, OfficerRemovedLeaf):
        removed = governance.officer(leaf.officer)
        return tuple(officer for officer in officers if officer != removed), policy
    _, *numbers = astuple(leaf)
    return officers, Policy(*numbers)


def _check_signed(governance: Governance, name: str, statement: Statement, signature: bytes) -> Officer:
    officer = governance.officer(name)
    ed25519.verify(officer.public, statement.signed_bytes(), signature)
    return officer


L = TypeVar("L", bound=Leaf)
Rule = Callable[[Governance, bytes], Governance]


def _rule(kind: type[L], follow: Callable[[Governance, L], Governance]) -> tuple[str, Rule]:
    return kind.KIND, lambda governance, data: follow(governance, kind.parse(data))


def _announce(governance: Governance, leaf: Leaf) -> Governance:
    return replace(governance, announced=governance.announced.after(leaf, governance.size))


_RULES: Final[Mapping[str, Rule]] = dict(
    (
        *(_rule(kind, _announce) for kind in ANNOUNCING.values()),
        _rule(ApprovalWithdrawnLeaf, _withdraw),
        _rule(OpeningVetoedLeaf, _veto),
        _rule(LockDownLeaf, _lock),
        _rule(UnlockLeaf, _propose_unlock),
        _rule(OfficerAddedLeaf, _propose_amendment),
        _rule(OfficerRemovedLeaf, _propose_amendment),
        _rule(PolicySetLeaf, _propose_amendment),
        _rule(EndorsementLeaf, _endorse),
    )
)

"""Governance as a clerk would keep it with a book and no cleverness: the model that the fold is held against.

He writes down every leaf that holds, and reads the book again for each question. He is told whether a signature is
good, and computes no hash of a governance.
"""

from dataclasses import astuple, dataclass, field

from services.seal.governance import Proposal, proposal_hash
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
from services.seal.trust import Officer, Policy

PROPOSALS = (UnlockLeaf, OfficerAddedLeaf, OfficerRemovedLeaf, PolicySetLeaf)


@dataclass
class Clerk:
    """The clerk and his book: leaves that held, each with the officer who signed it, and what took effect."""

    officers: dict[str, Officer]
    policy: Policy
    book: list[tuple[str, Leaf, Officer | None]] = field(default_factory=list)
    void: int = 0

    def take(self, leaf: Leaf, *, good: bool) -> bool:
        """Whether the leaf held; it is in the book then."""
        held = self._holds(leaf, good)
        if held:
            self.book.append(("leaf", leaf, self.officers.get(getattr(leaf, "officer", ""))))
            if isinstance(leaf, EndorsementLeaf):
                self._count(leaf)
        else:
            self.void += 1
        return held

    @property
    def lockdowns(self) -> int:
        return sum(isinstance(leaf, LockDownLeaf) for what, leaf, _ in self.book if what == "leaf")

    @property
    def locked(self) -> bool:
        """Whether a lock-down was the last thing of its kind."""
        of_locks = [leaf for what, leaf, _ in self.book if _locks(leaf) if what == "effect" or not _proposes(leaf)]
        return bool(of_locks) and isinstance(of_locks[-1], LockDownLeaf)

    @property
    def vetoed(self) -> set[bytes]:
        return {leaf.intent for _, leaf, _ in self.book if isinstance(leaf, OpeningVetoedLeaf)}

    @property
    def withdrawn(self) -> set[tuple[bytes, str]]:
        taken_back = [leaf for _, leaf, _ in self.book if isinstance(leaf, ApprovalWithdrawnLeaf)]
        return {(leaf.approval, leaf.officer) for leaf in taken_back}

    @property
    def amended(self) -> int:
        return sum(what == "effect" and not isinstance(leaf, UnlockLeaf) for what, leaf, _ in self.book)

    def _holds(self, leaf: Leaf, good: bool) -> bool:
        match leaf:
            case LockDownLeaf():
                return good and leaf.officer in self.officers and leaf.number == self.lockdowns + 1
            case OpeningVetoedLeaf():
                return good and leaf.officer in self.officers and leaf.intent not in self.vetoed
            case ApprovalWithdrawnLeaf():
                return good and leaf.officer in self.officers and (leaf.approval, leaf.officer) not in self.withdrawn
            case EndorsementLeaf():
                found = self._proposed(leaf.proposal)
                if found is None or not good or leaf.officer not in self.officers:
                    return False
                return self.officers[leaf.officer] not in self._endorsers(leaf.proposal)
            case UnlockLeaf():
                return self.locked and leaf.number == self.lockdowns and not self._is_open(leaf)
        assert isinstance(leaf, PROPOSALS)
        return leaf.number == self.amended + 1 and not self._is_open(leaf) and self._could_be(leaf)

    def _could_be(self, leaf: Proposal) -> bool:
        """Whether an amendment leaves officers enough, all different."""
        officers, policy = dict(self.officers), self.policy
        match leaf:
            case OfficerAddedLeaf():
                if leaf.officer in officers or leaf.public in {each.public for each in officers.values()}:
                    return False
                officers[leaf.officer] = Officer(leaf.officer, leaf.role, leaf.organisation, leaf.public)
            case OfficerRemovedLeaf():
                if leaf.officer not in officers:
                    return False
                del officers[leaf.officer]
            case PolicySetLeaf():
                policy = Policy(*astuple(leaf)[1:])
        roles = {each.role for each in officers.values()}
        return len(officers) >= policy.approvals and len(roles) >= policy.distinct_roles >= 2

    def _open(self) -> list[tuple[int, Proposal]]:
        """What was proposed and is neither decided nor overtaken, with its page."""
        found: list[tuple[int, Proposal]] = []
        for page, (what, leaf, _) in enumerate(self.book):
            if what == "effect" or isinstance(leaf, LockDownLeaf):
                found = [each for each in found if _locks(each[1]) is not _locks(leaf)]
            elif isinstance(leaf, PROPOSALS):
                found.append((page, leaf))
        return found

    def _is_open(self, leaf: Proposal) -> bool:
        return leaf in [each for _, each in self._open()]

    def _proposed(self, hashed: bytes) -> tuple[int, Proposal] | None:
        return next((each for each in self._open() if proposal_hash(each[1]) == hashed), None)

    def _endorsers(self, hashed: bytes) -> set[Officer]:
        found = self._proposed(hashed)
        since = self.book[found[0] :] if found else []
        of_it = [(leaf, by) for _, leaf, by in since if isinstance(leaf, EndorsementLeaf) and leaf.proposal == hashed]
        return {by for _, by in of_it if by is not None}

    def _count(self, leaf: EndorsementLeaf) -> None:
        found = self._proposed(leaf.proposal)
        assert found is not None
        counted = self._endorsers(leaf.proposal) & set(self.officers.values())
        if len(counted) < self.policy.approvals or len({each.role for each in counted}) < self.policy.distinct_roles:
            return
        _, proposal = found
        self.book.append(("effect", proposal, None))
        match proposal:
            case OfficerAddedLeaf():
                new = Officer(proposal.officer, proposal.role, proposal.organisation, proposal.public)
                self.officers[proposal.officer] = new
            case OfficerRemovedLeaf():
                del self.officers[proposal.officer]
            case PolicySetLeaf():
                self.policy = Policy(*astuple(proposal)[1:])


def _locks(leaf: Leaf) -> bool:
    """Whether it is about lock-downs, which amendments are not."""
    return isinstance(leaf, LockDownLeaf | UnlockLeaf)


def _proposes(leaf: Leaf) -> bool:
    return isinstance(leaf, PROPOSALS)

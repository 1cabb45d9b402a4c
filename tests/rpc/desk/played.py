"""A platform played in memory: an honest case, a real log that its keys sign, officers' signatures that are checked.

What it takes it writes into the log as disclosure does, so that the desk sees its own signatures come back.
"""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from services.seal.authorization import verify_approval
from services.seal.checkpoint import Checkpoint
from services.seal.governance import Governance, Proposal, check_leaf, fold
from services.seal.leaves import EndorsementLeaf, Leaf, LockDownLeaf, OpeningVetoedLeaf
from services.seal.merkle import Tree, leaf_hash
from tests.unit.client.officers import Shown, leaves_of, note_of, trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import intent_of
from vouchsafe.sdk.governance_side import Reached


@dataclass
class PlayedPlatform:
    """The officers' side, the governance side and the log in one."""

    shown: Shown = field(default_factory=Shown)
    name: str = "the platform"
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leaves = leaves_of(self.shown.asked)

    @property
    def governance(self) -> Governance:
        return fold(trust(), self.leaves)

    def intend(self) -> None:
        """Have the intent logged, as executing the case does."""
        self.shown.intend()
        self.leaves.append(intent_of(self.shown.case, self.shown.statement).to_bytes())

    async def checkpoint(self) -> str:
        return note_of(self.leaves, at=int(time.time()))

    async def entries(self, start: int, size: int) -> Sequence[bytes]:
        return self.leaves[start:size]

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        return Tree(leaf_hash(leaf) for leaf in self.leaves[: checkpoint.size]).root(size)

    async def case(self, case_id: str) -> pb.Case:
        assert case_id == self.shown.case.case_id
        return self.shown.case

    async def cases(self) -> AsyncIterator[pb.CaseSummary]:
        case = self.shown.case
        yield pb.CaseSummary(
            case_id=case.case_id,
            state=case.state,
            requester=case.requester,
            basis=case.basis,
            organisation=case.organisation,
            instrument=case.instrument,
            opened_at=case.opened_at,
            due_at=case.due_at,
            expires_at=case.expires_at,
            opens_at=case.intent.opens_at,
            approvals=len(case.approvals),
        )

    async def approve(self, case_id: str, approval: str) -> pb.Case:
        case = await self.case(case_id)
        now = int(time.time())
        checked = verify_approval(approval, self.shown.statement, self.governance, now)
        case.approved_by.append(checked.officer.name)
        case.approvals.add(
            officer=checked.officer.name, role=checked.officer.role, note=approval, expires_at=checked.expires
        )
        return case

    async def veto(self, veto: OpeningVetoedLeaf, case_id: str) -> list[Reached]:
        case = await self.case(case_id)
        self._log(veto)
        case.state, case.vetoed_by = pb.CASE_STATE_VETOED, veto.officer
        return [Reached("disclosure"), Reached("trustee-1"), Reached("trustee-2", "UNAVAILABLE")]

    async def lock_down(self, lock_down: LockDownLeaf) -> list[Reached]:
        self._log(lock_down)
        return [Reached("disclosure"), Reached("trustee-1"), Reached("trustee-2", "UNAVAILABLE")]

    async def propose(self, proposal: Proposal) -> None:
        self._log(proposal)

    async def endorse(self, endorsement: EndorsementLeaf) -> None:
        self._log(endorsement)

    def _log(self, leaf: Leaf) -> None:
        check_leaf(self.governance, leaf.to_bytes())
        self.leaves.append(leaf.to_bytes())

"""GovernanceService: the officers' desk. Messages in, leaves out; whether a leaf counts is `governance`'s."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from services.disclosure.governance import LogGovernance
from services.seal import leaves
from services.seal.governance import Governance, Pending, Proposal, proposal_hash
from services.seal.trust import Officer
from vouchsafe.disclosure.v1 import governance_service_pb2 as pb
from vouchsafe.disclosure.v1 import governance_service_pb2_grpc as rpc

POLICY: Final = tuple(field.name for field in pb.OpeningPolicy.DESCRIPTOR.fields)


class GovernanceServicer(rpc.GovernanceServiceServicer):
    """Serves `LogGovernance`."""

    def __init__(self, governance: LogGovernance) -> None:
        self._governance = governance

    async def LockDown(self, request: pb.LockDownRequest, _context: object) -> pb.LockDownResponse:  # noqa: N802
        """Stop every opening."""
        _, after = await self._governance.append(
            lambda _: leaves.LockDownLeaf(request.number, request.officer, request.signature)
        )
        return pb.LockDownResponse(governance=_message(after))

    async def Propose(self, request: pb.ProposeRequest, _context: object) -> pb.ProposeResponse:  # noqa: N802
        """Put a proposal into the log."""
        kind = request.WhichOneof("proposal") or ""
        proposal, after = await self._governance.append(partial(_PROPOSALS[kind], getattr(request, kind)))
        return pb.ProposeResponse(proposal=_proposal_message(Pending(proposal)), governance=_message(after))

    async def Endorse(self, request: pb.EndorseRequest, _context: object) -> pb.EndorseResponse:  # noqa: N802
        """Add an officer's signature to a proposal."""
        _, after = await self._governance.append(
            lambda _: leaves.EndorsementLeaf(request.proposal, request.officer, request.signature)
        )
        return pb.EndorseResponse(governance=_message(after))

    async def GetGovernance(  # noqa: N802
        self, _request: pb.GetGovernanceRequest, _context: object
    ) -> pb.GetGovernanceResponse:
        """Answer what the log says."""
        return pb.GetGovernanceResponse(governance=_message(await self._governance.present()))


_PROPOSALS: Final[Mapping[str, Callable[[Any, Governance], Proposal]]] = {
    "unlock": lambda _told, now: leaves.UnlockLeaf(now.lockdowns),
    "add_officer": lambda told, now: leaves.OfficerAddedLeaf(
        now.amended + 1, told.name, told.role, told.organisation, told.public_key
    ),
    "remove_officer": lambda told, now: leaves.OfficerRemovedLeaf(now.amended + 1, told),
    "set_policy": lambda told, now: leaves.PolicySetLeaf(now.amended + 1, *(getattr(told, name) for name in POLICY)),
}


def _proposal_message(pending: Pending) -> pb.Proposal:
    return pb.Proposal(
        proposal=proposal_hash(pending.proposal),
        leaf=pending.proposal.to_bytes(),
        endorsed_by=sorted(officer.name for officer in pending.endorsed),
    )


def _message(governance: Governance) -> pb.Governance:
    return pb.Governance(
        officers=map(_officer_message, governance.officers),
        policy=pb.OpeningPolicy(**vars(governance.policy)),
        shortened=governance.policy.shortened,
        amendments=governance.amended,
        lockdowns=governance.lockdowns,
        locked=governance.locked,
        proposals=map(_proposal_message, governance.pending.values()),
        hash=governance.hash(),
        size=governance.size,
    )


def _officer_message(officer: Officer) -> pb.OfficerEntry:
    return pb.OfficerEntry(
        name=officer.name, role=officer.role, organisation=officer.organisation, public_key=officer.public
    )

"""The officers' desk for what one officer stops past disclosure, and for proposing and endorsing what goes on again.

What governs is read from the public log on this machine (`checked_log`), so nobody endorses what disclosure made up. A
lock-down or a veto goes to disclosure, and straight to each replica of identity and each trustee in the profile: there
it takes hold even when disclosure is dead, or hides it. Signatures are `officer_signatures`'s.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from services.seal.errors import SealError
from services.seal.governance import Proposal, check_proposal, proposal_hash
from services.seal.leaves import (
    EndorsementLeaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
    PolicySetLeaf,
    UnlockLeaf,
)
from services.seal.trust import Trust
from services.tlog.reader import MirrorReader
from services.tlog.source import Source
from vouchsafe.disclosure.v1 import governance_service_pb2 as pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.disclosure.v1.governance_service_pb2_grpc import GovernanceServiceStub
from vouchsafe.sdk.checked_log import CheckedLog, read_checked
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.log_memory import LogMemory, SourceFor
from vouchsafe.sdk.officer_side import veto_request
from vouchsafe.sdk.profile import OfficerEdge
from vouchsafe.sdk.public_log import PlatformLog
from vouchsafe.sdk.side import PATIENCE, Peer, Side
from vouchsafe.sdk.transparency import LogReader
from vouchsafe.trustee.v1 import lock_service_pb2 as lock_pb
from vouchsafe.trustee.v1.lock_service_pb2_grpc import LockServiceStub

_CAUGHT: Final = (Reason.PROOF_INVALID, Reason.LOG_FORKED, Reason.LOG_ROLLED_BACK)
_IN_THE_WAY: Final = (Reason.FILE_UNREADABLE, *_CAUGHT)
"""What is remembered here may be why the log was not taken."""

WHOLE_LOG: Final = 3.0
"""Times the patience with one call: how long disclosure may take to show all of the log before mirrors are asked."""

NOT_IN_PROFILE: Final = "NOT_IN_PROFILE"
"""Why somebody was not told at all."""

Tell = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Reached:
    """How one of those who were told of a lock-down or a veto took it: `refusal` is empty when it is in force there."""

    party: str
    refusal: str = ""


class GovernanceSide(Side):
    """Connections with the officers' certificate, to disclosure, identity and trustees. `memory`: of the public log."""

    def __init__(
        self, edge: OfficerEdge, trust: Trust, *, patience: float = PATIENCE, memory: LogMemory | None = None
    ) -> None:
        super().__init__(edge, patience=patience)
        self._memory = memory or LogMemory(trust)
        self._edge = edge
        self._trust = trust
        self._disclosure = self.connect("disclosure", edge.disclosure)
        self._governance = GovernanceServiceStub(self._disclosure.channel)
        self._cases = CaseServiceStub(self._disclosure.channel)
        self._stopping = {name: self.connect("identity", address) for name, address in _replicas(edge.identity)}
        self._stopping |= {name: self.connect(name, address) for name, address in edge.trustees.items()}
        self._log = LogReader(self._disclosure, trust)

    async def read_log(self) -> CheckedLog:
        """The public log, and with it what governs now: from disclosure or, while that is away, from a mirror.

        LOG_FORKED whoever has shown it; a disclosure that is caught at something else is refused as well.
        """
        refused: list[VouchsafeError] = []
        for source_for in self._sources():
            try:
                return await read_checked(self._memory, source_for, self._trust)
            except VouchsafeError as error:
                if error.reason == Reason.LOG_FORKED or (not refused and error.reason in _CAUGHT):
                    raise
                refused.append(error)
        raise refused[0]

    async def read_log_to_stop(self) -> CheckedLog:
        """The same for whoever stops openings, whom nothing on this machine, and nobody's rubbish, keeps from it.

        From whoever shows what was seen before, whatever another shows. When nobody does, or what is kept here cannot
        be used, the log as it is proven now, read without what is kept: that is told, and left as it is.
        """
        refused: list[tuple[SourceFor, VouchsafeError]] = []
        for source_for in self._sources():
            try:
                return await read_checked(self._memory, source_for, self._trust)
            except VouchsafeError as error:
                refused.append((source_for, error))
        for source_for, why in refused:
            if why.reason in _IN_THE_WAY:
                self._memory.tell(f"{why}; so that openings can be stopped, the log is read without what is kept")
                with suppress(VouchsafeError):
                    return await read_checked(LogMemory(self._trust), source_for, self._trust)
        raise refused[0][1]

    async def lock_down(self, lock_down: LockDownLeaf) -> list[Reached]:
        """Tell disclosure, identity and every trustee at once; how each took it.

        Nobody is waited for longer than `patience`, and nobody is told later because another is dead.
        """
        return await self._all_told(
            {
                "disclosure": lambda: self._lock_disclosure(lock_down),
                **{name: _locking(peer, lock_down) for name, peer in self._stopping.items()},
            }
        )

    async def veto(self, veto: OpeningVetoedLeaf, case_id: str = "") -> list[Reached]:
        """The same of a veto; disclosure is told when the case is known."""
        told = {name: _vetoing(peer, veto) for name, peer in self._stopping.items()}
        if case_id:
            request = veto_request(case_id, veto)
            told = {"disclosure": lambda: self._disclosure.call(self._cases.VetoCase, request), **told}
        return await self._all_told(told)

    async def propose(self, proposal: Proposal) -> bytes:
        """Have a proposal logged, and return its hash; the same again changes nothing. NOT_PENDING.

        NOT_PENDING: by the log it could never take effect. PROOF_INVALID: disclosure logged something else.
        """
        before = (await self.read_log()).governance
        hashed = proposal_hash(proposal)
        if hashed in before.pending:
            return hashed
        try:
            check_proposal(before, proposal)
        except SealError as error:
            raise VouchsafeError(Reason.NOT_PENDING, str(error)) from error
        request = pb.ProposeRequest(request_id=_new_id(), **_proposed(proposal))
        told = (await self._disclosure.call(self._governance.Propose, request)).proposal
        if told.leaf != proposal.to_bytes() or hashed not in (await self.read_log()).governance.pending:
            raise VouchsafeError(Reason.PROOF_INVALID, "something else was logged than what was proposed")
        return hashed

    async def endorse(self, endorsement: EndorsementLeaf) -> None:
        """Send an endorsement that `officer_signatures` has made."""
        request = pb.EndorseRequest(
            request_id=_new_id(),
            proposal=endorsement.proposal,
            officer=endorsement.officer,
            signature=endorsement.signature,
        )
        await self._disclosure.call(self._governance.Endorse, request)

    def _sources(self) -> Iterator[SourceFor]:
        """From whom the log can be read: disclosure within a time for all of it, then each mirror."""
        within = WHOLE_LOG * self._patience
        yield lambda known: PlatformLog(self._log, known, strict=True, within=within)
        for url in self._edge.mirrors:
            with suppress(ValueError):  # no URL of a mirror
                yield _always(MirrorReader(url, proxy=self._edge.proxy))

    async def _all_told(self, told: Mapping[str, Tell]) -> list[Reached]:
        reached = list(await asyncio.gather(*(_reached(party, tell) for party, tell in told.items())))
        return reached if self._edge.identity else [*reached, Reached("identity", NOT_IN_PROFILE)]

    async def _lock_disclosure(self, lock_down: LockDownLeaf) -> None:
        request = pb.LockDownRequest(
            request_id=_new_id(),
            number=lock_down.number,
            officer=lock_down.officer,
            signature=lock_down.signature,
        )
        await self._disclosure.call(self._governance.LockDown, request)


def _always(source: Source) -> SourceFor:
    return lambda _: source


def _replicas(addresses: Sequence[str]) -> list[tuple[str, str]]:
    """A name for each replica of identity, as the cluster counts them, with its address."""
    if len(addresses) == 1:
        return [("identity", addresses[0])]
    return [(f"identity-{number}", address) for number, address in enumerate(addresses)]


async def _reached(party: str, tell: Tell) -> Reached:
    try:
        await tell()
    except VouchsafeError as error:
        return Reached(party, error.reason)
    return Reached(party)


def _locking(peer: Peer, lock_down: LockDownLeaf) -> Tell:
    stub = LockServiceStub(peer.channel)
    request = lock_pb.LockDownRequest(number=lock_down.number, officer=lock_down.officer, signature=lock_down.signature)
    return lambda: peer.call(stub.LockDown, request)


def _vetoing(peer: Peer, veto: OpeningVetoedLeaf) -> Tell:
    stub = LockServiceStub(peer.channel)
    request = lock_pb.VetoRequest(intent=veto.intent, officer=veto.officer, signature=veto.signature)
    return lambda: peer.call(stub.Veto, request)


def _proposed(proposal: Proposal) -> dict[str, Any]:
    """The one field of the request that says what is proposed."""
    match proposal:
        case UnlockLeaf():
            return {"unlock": pb.Unlock()}
        case OfficerAddedLeaf(_, name, role, organisation, public):
            entry = pb.OfficerEntry(name=name, role=role, organisation=organisation, public_key=public)
            return {"add_officer": entry}
        case OfficerRemovedLeaf(_, name):
            return {"remove_officer": name}
        case PolicySetLeaf(_, approvals, roles, ttl, veto_delay, notice, case_ttl):
            policy = pb.OpeningPolicy(
                approvals=approvals,
                distinct_roles=roles,
                approval_ttl_seconds=ttl,
                veto_delay_seconds=veto_delay,
                notice_seconds=notice,
                case_ttl_seconds=case_ttl,
            )
            return {"set_policy": policy}


def _new_id() -> str:
    return str(uuid.uuid4())

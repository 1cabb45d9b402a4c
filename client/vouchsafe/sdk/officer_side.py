"""The officers' desk: opening a case, approving or stopping it, having it carried out, and collecting what came of it.

Signatures are made by `officer_signatures` over what `case_review` has checked; here they are only sent. What a case
means is the officer's to judge, and who may sign is told by the public log. Officers, policy and lock-downs are changed
on `governance_side`; the answer is read by `collecting`.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.seal.leaves import ApprovalWithdrawnLeaf, OpeningVetoedLeaf
from services.seal.requests import Basis, Field, Requester
from services.seal.trust import Trust
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.sdk.case_review import ReviewedCase, review
from vouchsafe.sdk.case_words import basis_value, field_values, requester_value
from vouchsafe.sdk.checked_log import read_checked
from vouchsafe.sdk.log_memory import LogMemory
from vouchsafe.sdk.profile import OfficerEdge
from vouchsafe.sdk.public_log import PlatformLog
from vouchsafe.sdk.side import PATIENCE, Side
from vouchsafe.sdk.transparency import LogReader


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request as it came in: who asks whom to be named, on what paper. Exactly one of post and alias key is given.

    Documents are told by their SHA-256, and are never sent. `due_seconds`: 0 for what the basis gives. `waiver_hash`:
    of the document that forbids or waives telling the subject, without which there is no gag.
    """

    requester: Requester
    basis: Basis
    organisation: str
    instrument: str
    ground: str
    document_hash: bytes
    recipient_key: bytes
    fields: Sequence[Field]
    post_id: str = ""
    alias_key: bytes = b""
    due_seconds: int = 0
    waiver_hash: bytes = b""
    gag_seconds: int = 0


class OfficerSide(Side):
    """Connections with the officers' certificate, to disclosure alone. `memory`: of the public log."""

    def __init__(
        self, edge: OfficerEdge, trust: Trust, *, patience: float = PATIENCE, memory: LogMemory | None = None
    ) -> None:
        super().__init__(edge, patience=patience)
        self._memory = memory or LogMemory(trust)
        self._trust = trust
        self._disclosure = self.connect("disclosure", edge.disclosure)
        self._cases = CaseServiceStub(self._disclosure.channel)
        self.log = LogReader(self._disclosure, trust)
        """The transparency log, as anyone may read it."""

    async def open_case(self, ask: Ask) -> pb.Case:
        """Record a request; REQUESTER_DECLINED, which is on record too, when the rules give no right to an answer."""
        request = pb.OpenCaseRequest(
            request_id=_new_id(),
            requester=requester_value(ask.requester),
            basis=basis_value(ask.basis),
            organisation=ask.organisation,
            instrument=ask.instrument,
            ground=ask.ground,
            document_hash=ask.document_hash,
            post_id=ask.post_id,
            alias_key=ask.alias_key,
            recipient_key=ask.recipient_key,
            fields=field_values(ask.fields),
            due_seconds=ask.due_seconds,
            waiver_document_hash=ask.waiver_hash,
            gag_seconds=ask.gag_seconds,
        )
        return await self._case(self._cases.OpenCase, request)

    async def case(self, case_id: str) -> pb.Case:
        """A case as it stands, as disclosure tells it."""
        return await self._case(self._cases.GetCase, pb.GetCaseRequest(case_id=case_id))

    async def cases(self) -> AsyncIterator[pb.CaseSummary]:
        """All cases, newest first, declined ones among them, for as long as the caller asks for more."""
        token = ""
        while True:
            answer = await self._disclosure.call(self._cases.ListCases, pb.ListCasesRequest(page_token=token))
            for case in answer.cases:
                yield case
            token = answer.next_page_token
            if not token:
                return

    async def review(self, case_id: str) -> ReviewedCase:
        """A case, checked link by link against the log: what an officer must see before he signs. PROOF_INVALID."""
        case = await self.case(case_id)
        log = await read_checked(self._memory, lambda known: PlatformLog(self.log, known, strict=True), self._trust)
        return review(case, case_id=case_id, trust=self._trust, log=log)

    async def approve(self, case_id: str, approval: str) -> pb.Case:
        """Send an approval that `officer_signatures` has made."""
        request = pb.ApproveCaseRequest(request_id=_new_id(), case_id=case_id, approval=approval)
        return await self._case(self._cases.ApproveCase, request)

    async def withdraw_approval(self, case_id: str, withdrawn: ApprovalWithdrawnLeaf) -> pb.Case:
        """Take an officer's approvals back, for good, as long as nothing is intended; it is in the log on return."""
        request = pb.WithdrawApprovalRequest(
            request_id=_new_id(),
            case_id=case_id,
            officer=withdrawn.officer,
            signature=withdrawn.signature,
            approval_hash=withdrawn.approval,
        )
        return await self._case(self._cases.WithdrawApproval, request)

    async def withdraw_case(self, case_id: str) -> pb.Case:
        """End a case whose requester no longer asks, as long as nothing is intended."""
        return await self._case(self._cases.WithdrawCase, pb.WithdrawCaseRequest(request_id=_new_id(), case_id=case_id))

    async def execute(self, case_id: str) -> pb.Case:
        """Have the intent logged; after its delay, have the case carried through. QUORUM_MISSING before that."""
        return await self._case(self._cases.ExecuteCase, pb.ExecuteCaseRequest(request_id=_new_id(), case_id=case_id))

    async def veto(self, case_id: str, veto: OpeningVetoedLeaf) -> pb.Case:
        """Have an intended opening stopped for good; `governance_side` tells identity and the trustees as well."""
        return await self._case(self._cases.VetoCase, veto_request(case_id, veto))

    async def extend_gag(self, case_id: str, *, until: int, document_hash: bytes) -> pb.Case:
        """Put off the day on which the subject is told, by a further instrument; `until` is Unix seconds."""
        request = pb.ExtendGagRequest(request_id=_new_id(), case_id=case_id, until=until, document_hash=document_hash)
        return await self._case(self._cases.ExtendGag, request)

    async def place_hold(self, case_id: str) -> pb.Case:
        """Have the forum keep what the alias wrote, for 60 days."""
        return await self._case(self._cases.PlaceHold, pb.PlaceHoldRequest(request_id=_new_id(), case_id=case_id))

    async def extend_hold(self, case_id: str) -> pb.Case:
        """Add 30 days to a hold, once."""
        return await self._case(self._cases.ExtendHold, pb.ExtendHoldRequest(request_id=_new_id(), case_id=case_id))

    async def release_hold(self, case_id: str) -> pb.Case:
        """End a hold before its time."""
        return await self._case(self._cases.ReleaseHold, pb.ReleaseHoldRequest(request_id=_new_id(), case_id=case_id))

    async def collect(self, case_id: str, request_id: str) -> bytes:
        """The sealed answer, once: only the same request is answered again. Keep the identifier until it has come."""
        request = pb.CollectAnswerRequest(request_id=request_id, case_id=case_id)
        return bytes((await self._disclosure.call(self._cases.CollectAnswer, request)).sealed_identity)

    async def _case(self, method: Callable[..., Awaitable[Any]], request: object) -> pb.Case:
        case: pb.Case = (await self._disclosure.call(method, request)).case
        return case


def veto_request(case_id: str, veto: OpeningVetoedLeaf) -> pb.VetoCaseRequest:
    """What disclosure is sent to have a veto logged."""
    return pb.VetoCaseRequest(request_id=_new_id(), case_id=case_id, officer=veto.officer, signature=veto.signature)


def _new_id() -> str:
    return str(uuid.uuid4())

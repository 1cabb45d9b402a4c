"""CaseService: the officers' desk. Messages in, messages out; the rules are in `cases` and `opening`."""

from typing import Any, NoReturn

from grpc import StatusCode

from services.chassis.rpc_errors import Failure, RefusedError
from services.disclosure.cases import Cases
from services.disclosure.domain.case import Asked, Intended, Opened, Pending
from services.disclosure.messages import credential_message, post_message
from services.disclosure.opening import Opening
from services.disclosure.request import Request
from services.disclosure.shelf import Held, Shelf
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1 import case_service_pb2_grpc as rpc


async def _refuse(_self: object, _request: object, _context: object) -> NoReturn:
    raise RefusedError(Failure(StatusCode.UNIMPLEMENTED, "NOT_SERVED", "not served"))


_not_served: Any = _refuse


class CaseServicer(rpc.CaseServiceServicer):
    """Serves `Cases` and `Opening`; the shelf adds what officers check a case against."""

    def __init__(self, cases: Cases, opening: Opening, shelf: Shelf) -> None:
        self._cases = cases
        self._opening = opening
        self._shelf = shelf

    async def OpenCase(self, request: pb.OpenCaseRequest, _context: object) -> pb.OpenCaseResponse:  # noqa: N802
        """Record a request."""
        state = await self._cases.open(
            Request.of(request.request_id, request),
            requester=pb.RequesterClass.Name(request.requester),
            instrument=request.instrument,
            ground=request.ground,
            document_hash=request.document_hash,
            post_id=request.post_id,
            recipient_key=request.recipient_key,
        )
        return pb.OpenCaseResponse(case=await self._answer(state))

    async def ApproveCase(  # noqa: N802
        self, request: pb.ApproveCaseRequest, _context: object
    ) -> pb.ApproveCaseResponse:
        """Add an approval."""
        known = Request.of(request.request_id, request)
        state = await self._cases.approve(known, case_id=request.case_id, approval=request.approval)
        return pb.ApproveCaseResponse(case=await self._answer(state))

    async def ExecuteCase(  # noqa: N802
        self, request: pb.ExecuteCaseRequest, _context: object
    ) -> pb.ExecuteCaseResponse:
        """Carry a case through."""
        state = await self._opening.execute(Request.of(request.request_id, request), request.case_id)
        return pb.ExecuteCaseResponse(case=await self._answer(state))

    async def GetCase(self, request: pb.GetCaseRequest, _context: object) -> pb.GetCaseResponse:  # noqa: N802
        """Answer a case."""
        return pb.GetCaseResponse(case=await self._answer(await self._cases.get(request.case_id)))

    WithdrawApproval = WithdrawCase = VetoCase = ExtendGag = _not_served
    PlaceHold = ExtendHold = ReleaseHold = CollectAnswer = ListCases = _not_served

    async def _answer(self, state: Asked) -> pb.Case:
        return case_message(state, await self._shelf.of(state.facts.alias_key))


def case_message(state: Asked, held: Held) -> pb.Case:
    """The case as officers see it. Approvals are told by name; the envelope stays here."""
    facts = state.facts
    message = pb.Case(
        case_id=facts.case_id,
        requester=facts.requester,
        instrument=facts.instrument,
        ground=facts.ground,
        post_id=facts.post_id,
        bundle_hash=facts.bundle_hash,
        policy_hash=facts.policy_hash,
        opened_at=facts.opened_at,
        expires_at=facts.expires_at,
        approved_by=dict.fromkeys(approval.officer for approval in state.approvals),
        recipient_key=facts.recipient_key,
        document_hash=facts.document_hash,
        post=post_message(facts),
        credential=credential_message(held.deposit),
        issuer_key=held.issuer_key,
        delay_seconds=facts.delay_seconds,
        gag_until=facts.gag_until,
        waiver_hash=facts.waiver_hash,
        case_salt=facts.case_salt,
        organisation=facts.organisation,
        basis=f"LEGAL_BASIS_{facts.basis.upper().replace('-', '_')}",
        fields=[f"PERSON_FIELD_{each.upper()}" for each in facts.fields],
    )
    match state:
        case Pending():
            message.state = pb.CASE_STATE_PENDING
        case Intended():
            message.state = pb.CASE_STATE_INTENDED
        case Opened():
            message.state = pb.CASE_STATE_OPENED
            message.intent_index, message.result_index = state.intent_index, state.result_index
            message.sealed_identity = state.sealed_identity
    return message

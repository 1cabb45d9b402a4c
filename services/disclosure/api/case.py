"""CaseService: the officers' desk. Messages in, messages out; the rules are in `cases` and `opening`."""

import secrets
from typing import Any, Final

from services.disclosure.api.case_messages import case_message, declined_message, summary_message, word
from services.disclosure.asking import Asking
from services.disclosure.casebook import CaseBook
from services.disclosure.cases import Cases
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case import Asked, Declined
from services.disclosure.domain.case_decider import Command, ExtendHold, PlaceHold, ReleaseHold
from services.disclosure.opening import Opening
from services.disclosure.request import Request
from services.disclosure.shelf import Shelf
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1 import case_service_pb2_grpc as rpc

HOLD_SIZE: Final = 16
PAGE: Final = 50


class CaseServicer(rpc.CaseServiceServicer):
    """Serves `Cases`, `Opening` and `CaseBook`; the shelf adds what officers check a case against."""

    def __init__(self, cases: Cases, opening: Opening, shelf: Shelf, book: CaseBook) -> None:
        self._cases = cases
        self._opening = opening
        self._shelf = shelf
        self._book = book

    async def OpenCase(self, request: pb.OpenCaseRequest, _context: object) -> pb.OpenCaseResponse:  # noqa: N802
        """Record a request."""
        asking = Asking(
            requester=word(pb.RequesterClass, request.requester),
            basis=word(pb.LegalBasis, request.basis),
            organisation=request.organisation,
            instrument=request.instrument,
            ground=request.ground,
            document_hash=request.document_hash,
            post_id=request.post_id,
            alias=request.alias_key,
            fields=tuple(word(pb.PersonField, field) for field in request.fields),
            recipient_key=request.recipient_key,
            due_seconds=request.due_seconds,
            waiver=request.waiver_document_hash,
            gag_seconds=request.gag_seconds,
        )
        state = await self._cases.open(_known(request), asking)
        return pb.OpenCaseResponse(case=await self._answer(state))

    async def ApproveCase(self, request: pb.ApproveCaseRequest, _context: object) -> pb.ApproveCaseResponse:  # noqa: N802
        """Add an approval."""
        state = await self._cases.approve(_known(request), request.case_id, request.approval)
        return pb.ApproveCaseResponse(case=await self._answer(state))

    async def WithdrawApproval(  # noqa: N802
        self, request: pb.WithdrawApprovalRequest, _context: object
    ) -> pb.WithdrawApprovalResponse:
        """Take an officer's approvals back, for good."""
        withdrawn = events.ApprovalWithdrawn(request.case_id, request.officer, request.signature, request.approval_hash)
        state = await self._cases.withdraw_approval(_known(request), withdrawn)
        return pb.WithdrawApprovalResponse(case=await self._answer(state))

    async def WithdrawCase(self, request: pb.WithdrawCaseRequest, _context: object) -> pb.WithdrawCaseResponse:  # noqa: N802
        """End a case whose requester no longer asks."""
        withdrawn = events.CaseWithdrawn(request.case_id, self._cases.now())
        return pb.WithdrawCaseResponse(case=await self._do(request, withdrawn))

    async def ExecuteCase(self, request: pb.ExecuteCaseRequest, _context: object) -> pb.ExecuteCaseResponse:  # noqa: N802
        """Carry a case on."""
        state = await self._opening.execute(_known(request), request.case_id)
        return pb.ExecuteCaseResponse(case=await self._answer(state))

    async def VetoCase(self, request: pb.VetoCaseRequest, _context: object) -> pb.VetoCaseResponse:  # noqa: N802
        """End an intended opening."""
        state = await self._cases.veto(_known(request), request.case_id, request.officer, request.signature)
        return pb.VetoCaseResponse(case=await self._answer(state))

    async def ExtendGag(self, request: pb.ExtendGagRequest, _context: object) -> pb.ExtendGagResponse:  # noqa: N802
        """Put off the notice to the subject."""
        state = await self._cases.extend_gag(_known(request), request.case_id, request.until, request.document_hash)
        return pb.ExtendGagResponse(case=await self._answer(state))

    async def PlaceHold(self, request: pb.PlaceHoldRequest, _context: object) -> pb.PlaceHoldResponse:  # noqa: N802
        """Have kept what the alias wrote."""
        placed = PlaceHold(secrets.token_bytes(HOLD_SIZE), self._cases.now())
        return pb.PlaceHoldResponse(case=await self._do(request, placed))

    async def ExtendHold(self, request: pb.ExtendHoldRequest, _context: object) -> pb.ExtendHoldResponse:  # noqa: N802
        """Keep it longer."""
        return pb.ExtendHoldResponse(case=await self._do(request, ExtendHold()))

    async def ReleaseHold(self, request: pb.ReleaseHoldRequest, _context: object) -> pb.ReleaseHoldResponse:  # noqa: N802
        """Keep it no longer."""
        return pb.ReleaseHoldResponse(case=await self._do(request, ReleaseHold()))

    async def CollectAnswer(self, request: pb.CollectAnswerRequest, _context: object) -> pb.CollectAnswerResponse:  # noqa: N802
        """Answer the sealed identity, once."""
        state, sealed = await self._opening.collect(_known(request), request.case_id)
        return pb.CollectAnswerResponse(case=await self._answer(state), sealed_identity=sealed)

    async def GetCase(self, request: pb.GetCaseRequest, _context: object) -> pb.GetCaseResponse:  # noqa: N802
        """Answer a case."""
        return pb.GetCaseResponse(case=await self._answer(await self._cases.get(request.case_id)))

    async def ListCases(self, request: pb.ListCasesRequest, _context: object) -> pb.ListCasesResponse:  # noqa: N802
        """Answer a page of cases, newest first; the token is the number of the last one shown."""
        size, before = request.page_size or PAGE, int(request.page_token or 0)
        entries = [entry for entry in reversed(self._book.entries()) if not before or entry.number < before]
        page, rest = entries[:size], entries[size:]
        return pb.ListCasesResponse(
            cases=[summary_message(entry.state) for entry in page],
            next_page_token=str(page[-1].number) if rest else "",
        )

    async def _do(self, request: Any, command: Command) -> pb.Case:
        return await self._answer(await self._cases.do(_known(request), request.case_id, command))

    async def _answer(self, state: Declined | Asked) -> pb.Case:
        if isinstance(state, Declined):
            return declined_message(state)
        held = await self._shelf.of(state.facts.alias_key)
        return case_message(state, held, await self._opening.result_index(state))


def _known(request: Any) -> Request:
    return Request.of(request.request_id, request)

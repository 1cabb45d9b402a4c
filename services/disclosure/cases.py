"""The officers' desk: asking, approving, stopping, holding, collecting. Everything but carrying a case through.

Whatever an officer does counts by his signature, under the governance that the log tells. Who may do what and when is
`domain.case_decider`'s; carrying through is `opening`'s. After every command its leaves are added (`case_leaves`).
"""

import uuid
from typing import Final

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler
from services.chassis.telemetry_log import log as logger
from services.disclosure.asking import Asking, Facts
from services.disclosure.case_leaves import CaseLeaves
from services.disclosure.domain import case
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Approve, Command
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.governance import LogGovernance
from services.disclosure.messages import demand_of, statement_of
from services.disclosure.request import Request
from services.seal import ed25519
from services.seal.authorization import (
    ApprovalWithdrawn,
    approval_hash,
    check_independent,
    gag_end,
    verify_approval,
)
from services.seal.errors import SealError
from services.seal.governance import Governance
from services.seal.statements import Veto, Withdrawal
from services.seal.trust import Officer

CaseHandler = CommandHandler[Command, case.State, events.Event]

CASE_DECLINED: Final = "case_declined"

_CASE_IDS = uuid.UUID("5c5f3c0e-70d4-5a8e-9d0e-3a4f0a1c7e21")
_log = logger(__name__)


class Cases:
    """The officers' desk of one process."""

    def __init__(
        self, *, cases: CaseHandler, leaves: CaseLeaves, facts: Facts, governance: LogGovernance, clock: Clock
    ) -> None:
        self._cases = cases
        self._leaves = leaves
        self._facts = facts
        self._governance = governance
        self._clock = clock

    async def open(self, request: Request, asking: Asking) -> case.Asked:
        """Record a request to learn who stands behind a post or an alias.

        Raises DomainError: SCOPE_INVALID, WAIVER_INVALID; REQUESTER_DECLINED (recorded, and nothing looked up);
        POST_UNKNOWN, EVIDENCE_INVALID.
        """
        asking.check()
        case_id = str(uuid.uuid5(_CASE_IDS, f"{request.caller}/{request.request_id}"))
        state = await self._handle(request, case_id, await self._facts.of(case_id, asking, self.now()))
        if isinstance(state, case.Declined):
            _log.info(CASE_DECLINED)
            raise DomainError(Reason.REQUESTER_DECLINED)
        return asked(state)

    async def approve(self, request: Request, case_id: str, approval: str) -> case.Asked:
        """Add an officer's signed approval.

        Raises DomainError: CASE_UNKNOWN, APPROVAL_INVALID, APPROVAL_WITHDRAWN, CONFLICT_OF_INTEREST, ALREADY_APPROVED,
        CASE_EXPIRED, or why the case is not pending.
        """
        facts = (await self._asked(case_id)).facts
        governance, now = await self._governance.present(), self.now()
        try:
            verified = verify_approval(approval, statement_of(facts), governance, now)
        except ApprovalWithdrawn:
            raise DomainError(Reason.APPROVAL_WITHDRAWN) from None
        except SealError:
            # One constant answer: it must not tell a stranger which officers exist.
            raise DomainError(Reason.APPROVAL_INVALID) from None
        by = verified.officer
        event = events.CaseApproved(case_id, by.name, by.role, approval, verified.expires, by.organisation)
        return await self.do(request, case_id, Approve(event, _is_independent(by, facts), now))

    async def withdraw_approval(self, request: Request, withdrawn: events.ApprovalWithdrawn) -> case.Asked:
        """Take an officer's approvals of a case back, for good; whether any of them is here does not matter.

        Raises DomainError: CASE_UNKNOWN, SIGNATURE_INVALID, or why nothing can be taken back any more.
        """
        case_id = statement_of((await self._asked(withdrawn.case_id)).facts).case_id  # of a case that the log knows
        governance = await self._governance.present()
        approval = approval_hash(case_id, withdrawn.officer)
        if withdrawn.approval_hash != approval:
            raise DomainError(Reason.SIGNATURE_INVALID)
        statement = Withdrawal(governance.ceremony, approval, withdrawn.officer)
        _check_signed(governance, statement, withdrawn.signature)
        return await self.do(request, withdrawn.case_id, withdrawn)

    async def veto(self, request: Request, case_id: str, officer: str, signature: bytes) -> case.Asked:
        """End an intended opening; DomainError SIGNATURE_INVALID, or why there is nothing to end."""
        state = await self._asked(case_id)
        if isinstance(state, case.Aimed):
            governance = await self._governance.present()
            _check_signed(governance, Veto(governance.ceremony, state.opening.commitment, officer), signature)
        return await self.do(request, case_id, events.OpeningVetoed(case_id, officer, signature, self.now()))

    async def extend_gag(self, request: Request, case_id: str, until: int, document_hash: bytes) -> case.Asked:
        """Put off the notice to the subject until a full hour near that (`gag_end`); DomainError GAG_INVALID."""
        until = gag_end((await self._asked(case_id)).facts.opened_at, until)
        return await self.do(request, case_id, events.GagExtended(case_id, until, document_hash, self.now()))

    async def do(self, request: Request, case_id: str, command: Command) -> case.Asked:
        """Carry out a command for which nothing has to be looked up; DomainError as the decider says."""
        return asked(await self._handle(request, case_id, command))

    async def get(self, case_id: str) -> case.Declined | case.Asked:
        """The case; DomainError CASE_UNKNOWN."""
        state, _ = await self._cases.state(case.stream(case_id))
        if isinstance(state, case.Unasked):
            raise DomainError(Reason.CASE_UNKNOWN)
        return state

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock.now().timestamp())

    async def _asked(self, case_id: str) -> case.Asked:
        return asked(await self.get(case_id))

    async def _handle(self, request: Request, case_id: str, command: Command) -> case.State:
        stream = case.stream(case_id)
        handled = await self._cases.handle(stream, command, **request.once())
        await self._leaves.settle(stream)
        return handled.state


def asked(state: case.State) -> case.Asked:
    """The case, if there is one; DomainError CASE_UNKNOWN otherwise, for a declined one too."""
    if isinstance(state, case.Unasked | case.Declined):
        raise DomainError(Reason.CASE_UNKNOWN)
    return state


def _is_independent(officer: Officer, facts: events.CaseOpened) -> bool:
    """By the one rule that trustees and identity go by."""
    try:
        check_independent(officer, demand_of(facts))
    except SealError:
        return False
    return True


def _check_signed(governance: Governance, statement: Withdrawal | Veto, signature: bytes) -> None:
    try:
        ed25519.verify(governance.officer(statement.officer).public, statement.signed_bytes(), signature)
    except SealError:
        raise DomainError(Reason.SIGNATURE_INVALID) from None

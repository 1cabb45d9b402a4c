"""Opens cases and takes approvals: everything that happens to a case before it is carried through.

A case stands on evidence that was verified link by link, and an approval on an officer's own signature. Who may do what
and when is `domain.case_decider`'s; carrying a case through is `opening`'s.
"""

import secrets
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

import grpc

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler
from services.chassis.rpc_errors import RpcError
from services.chassis.telemetry_log import log as logger
from services.disclosure.domain import case, case_decider
from services.disclosure.domain.case_decider import Approve
from services.disclosure.domain.errors import DomainError, Reason
from services.disclosure.evidence import check_post, credential_of
from services.disclosure.request import Request
from services.disclosure.shelf import Held, Shelf
from services.seal.authorization import Demand, Scope, bundle_hash, verify_approval
from services.seal.authorship import SignedPost
from services.seal.errors import SealError
from services.seal.governance import begin
from services.seal.requests import Basis, Field
from services.seal.statements import NO_WAIVER, CaseStatement
from services.seal.trust import Trust
from vouchsafe.forum.v1 import evidence_service_pb2 as forum_pb

AskForum = Callable[[forum_pb.GetPostEvidenceRequest], Awaitable[forum_pb.GetPostEvidenceResponse]]
CaseHandler = CommandHandler[case_decider.Command, case.State, case.Event]


_BASIS: Final = {
    "REQUESTER_CLASS_COURT": Basis.COURT_ORDER,
    "REQUESTER_CLASS_POLICE": Basis.PRODUCTION_ORDER,
    "REQUESTER_CLASS_REGULATOR": Basis.REGULATORY_ORDER,
}

CASE_DECLINED: Final = "case_declined"

_CASE_IDS = uuid.UUID("5c5f3c0e-70d4-5a8e-9d0e-3a4f0a1c7e21")
_log = logger(__name__)


class Cases:
    """The officers' desk of one process."""

    def __init__(self, *, cases: CaseHandler, shelf: Shelf, forum: AskForum, trust: Trust, clock: Clock) -> None:
        self._cases = cases
        self._shelf = shelf
        self._forum = forum
        self._trust = trust
        self._clock = clock

    async def open(
        self,
        request: Request,
        *,
        requester: str,
        instrument: str,
        ground: str,
        document_hash: bytes,
        post_id: str,
        recipient_key: bytes,
    ) -> case.Asked:
        """Record a request to learn who stands behind a post.

        Raises DomainError: REQUESTER_DECLINED (recorded, and nothing looked up), POST_UNKNOWN, EVIDENCE_INVALID.
        """
        case_id = str(uuid.uuid5(_CASE_IDS, f"{request.caller}/{request.request_id}"))
        now = self._now()
        policy = self._trust.policy
        command: case_decider.Command
        if case_decider.may_ask(requester):
            post, held = await self._evidence(post_id)
            basis, organisation, scope = _BASIS[requester], "requester", Scope(post_id, tuple(Field))
            demand = Demand(word_of(requester), basis, organisation, instrument, document_hash)
            command = case.CaseOpened(
                case_id=case_id,
                requester=requester,
                instrument=instrument,
                ground=ground,
                document_hash=document_hash,
                post_id=post_id,
                recipient_key=recipient_key,
                alias_key=held.deposit.alias_key,
                bundle_hash=bundle_hash(credential_of(held.deposit), demand, scope, recipient_key),
                policy_hash=begin(self._trust).hash(),
                opened_at=now,
                expires_at=now + policy.case_ttl_seconds,
                thread_id=post.thread_id,
                title=post.title,
                body=post.body,
                thread_key=post.thread_key,
                thread_certificate=post.certificate,
                post_signature=post.signature,
                basis=basis,
                organisation=organisation,
                fields=scope.fields,
                delay_seconds=max(policy.veto_delay_seconds, policy.notice_seconds),
                waiver_hash=NO_WAIVER,
                case_salt=secrets.token_bytes(32),
            )
        else:
            command = case.CaseDeclined(case_id, requester, instrument, ground, document_hash, post_id, now)
        handled = await self._cases.handle(case.stream(case_id), command, **request.once())
        if isinstance(handled.state, case.Declined):
            _log.info(CASE_DECLINED)
            raise DomainError(Reason.REQUESTER_DECLINED)
        return asked(handled.state)

    async def approve(self, request: Request, *, case_id: str, approval: str) -> case.Asked:
        """Add an officer's signed approval.

        Raises DomainError: CASE_UNKNOWN, APPROVAL_INVALID, ALREADY_APPROVED, CASE_EXPIRED, CASE_NOT_PENDING.
        """
        state = await self.get(case_id)
        now = self._now()
        try:
            verified = verify_approval(approval, statement_of(state.facts), begin(self._trust), now)
        except SealError:
            # One constant answer: it must not tell a stranger which officers exist.
            raise DomainError(Reason.APPROVAL_INVALID) from None
        officer = verified.officer
        event = case.CaseApproved(case_id, officer.name, officer.role, approval, verified.expires)
        handled = await self._cases.handle(case.stream(case_id), Approve(event, now), **request.once())
        return asked(handled.state)

    async def get(self, case_id: str) -> case.Asked:
        """The case; DomainError CASE_UNKNOWN."""
        state, _ = await self._cases.state(case.stream(case_id))
        return asked(state)

    async def _evidence(self, post_id: str) -> tuple[SignedPost, Held]:
        """A post and what the vault holds for its author, once every link between the two has been verified."""
        try:
            answer = await self._forum(forum_pb.GetPostEvidenceRequest(post_id=post_id))
        except RpcError as error:
            if error.code is grpc.StatusCode.NOT_FOUND:
                raise DomainError(Reason.POST_UNKNOWN) from None
            raise
        held = await self._shelf.of(answer.proof.alias_key)
        return check_post(post_id, answer, held), held

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def asked(state: case.State) -> case.Asked:
    """The case, if there is one; DomainError CASE_UNKNOWN otherwise, for a declined one too."""
    if isinstance(state, case.Unasked | case.Declined):
        raise DomainError(Reason.CASE_UNKNOWN)
    return state


def statement_of(facts: case.CaseOpened) -> CaseStatement:
    """What officers sign and the intent's leaf commits to."""
    return CaseStatement(
        facts.case_id,
        facts.bundle_hash,
        facts.ground,
        facts.policy_hash,
        facts.opened_at,
        facts.expires_at,
        facts.delay_seconds,
        facts.gag_until,
        facts.waiver_hash,
    )


def word_of(requester: str) -> str:
    """The word that officers sign, from the name of a RequesterClass value."""
    return requester.removeprefix("REQUESTER_CLASS_").lower().replace("_", "-")

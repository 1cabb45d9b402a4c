"""Prove an employer by a code sent to a work address: what the person-side edge may ask."""

from dataclasses import dataclass
from typing import Any

import grpc

from services.chassis.clock import Clock
from services.chassis.log.handle import CommandHandler, RequestIdReused, commit_id_of, fingerprint_of
from services.chassis.rpc_call import Call, current_call
from services.verification.adapters.assertions import AssertionVerifier, Person
from services.verification.adapters.codes import Codes
from services.verification.adapters.mailboxes import Mailboxes
from services.verification.adapters.mailer import Mailer
from services.verification.crowds import EmploymentHandler, employment_stream
from services.verification.domain import allowance_decider, mailbox, mailbox_decider
from services.verification.domain.allowance_decider import MailAllowanceUsed, UseAllowance
from services.verification.domain.employment_decider import EmploymentVerified, VerifyEmployment
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.limits import Limit
from services.verification.domain.mailbox import Challenge, MailboxProven, MailCodeRejected
from services.verification.domain.mailbox_decider import ConfirmCode, NoteSent, RequestCode
from services.verification.domain.organisation import Organisations
from vouchsafe.verification.v1 import employment_service_pb2 as rpc
from vouchsafe.verification.v1 import employment_service_pb2_grpc as stubs

Context = grpc.aio.ServicerContext[Any, Any]
MailboxHandler = CommandHandler[mailbox_decider.Command, mailbox.State, mailbox.Event]
AllowanceHandler = CommandHandler[UseAllowance, allowance_decider.State, MailAllowanceUsed]


@dataclass(frozen=True)
class MailPolicy:
    """How long a code is good, how many may be asked for, and how long the proof that it gives lasts."""

    code_seconds: int
    per_mailbox: Limit
    per_person: Limit
    employment_days: int

    def __post_init__(self) -> None:
        if self.code_seconds < 60 or self.employment_days < 1:
            raise ValueError("a code lasts a minute at least, an employment a day")


class EmploymentServicer(stubs.EmploymentServiceServicer):
    """EmploymentService."""

    def __init__(
        self,
        *,
        mailboxes: MailboxHandler,
        allowances: AllowanceHandler,
        employments: EmploymentHandler,
        assertions: AssertionVerifier,
        organisations: Organisations,
        addresses: Mailboxes,
        codes: Codes,
        mailer: Mailer,
        policy: MailPolicy,
        clock: Clock,
    ) -> None:
        self._mailboxes = mailboxes
        self._allowances = allowances
        self._employments = employments
        self._assertions = assertions
        self._organisations = organisations
        self._addresses = addresses
        self._codes = codes
        self._mailer = mailer
        self._policy = policy
        self._clock = clock

    async def RequestMailCode(  # noqa: N802
        self, request: rpc.RequestMailCodeRequest, _context: Context
    ) -> rpc.RequestMailCodeResponse:
        """Mail a code; UNKNOWN_MAIL_DOMAIN, TOO_MANY_CODES, MAIL_NOT_SENT. A repeat mails only what was not mailed."""
        call = current_call()
        person = self._assertions.person(call.metadata)
        address = self._addresses.of(request.work_email)
        organisation = self._organisations.of_mail_domain(address.domain)
        # An address is easily guessed, so what is stored of the request is a digest under a key.
        digest = self._addresses.request_digest("request-code", person.escrow_reference, address.mac)
        fingerprint = fingerprint_of(call.caller, digest.encode())
        now = self._now()
        await self._use_allowance(request.request_id, person, now, fingerprint, call)
        command = RequestCode(
            challenge_id=f"{address.mac}-{commit_id_of(call.caller, request.request_id, 'challenge')}",
            escrow_reference=person.escrow_reference,
            organisation=organisation.id,
            now=now,
            expires_at=now + self._policy.code_seconds,
            limit=self._policy.per_mailbox,
        )
        handled = await self._mailboxes.handle(
            _mailbox_stream(address.mac),
            command,
            commit_id=commit_id_of(call.caller, request.request_id),
            fingerprint=fingerprint,
            caller=call.caller,
        )
        challenge = handled.state.challenge(command.challenge_id)
        if challenge is None:
            raise RequestIdReused("the commit id was used for another command")
        if not handled.repeated or await self._still_unsent(challenge.challenge_id):
            await self._send(request.request_id, request.work_email, challenge, call)
        return rpc.RequestMailCodeResponse(
            challenge_id=challenge.challenge_id, organisation=organisation.name, expires_at=challenge.expires_at
        )

    async def ConfirmMailCode(  # noqa: N802
        self, request: rpc.ConfirmMailCodeRequest, _context: Context
    ) -> rpc.ConfirmMailCodeResponse:
        """Turn the right code into an employment; UNKNOWN_CHALLENGE, CODE_*, WRONG_CODE, MAILBOX_TAKEN."""
        call = current_call()
        person = self._assertions.person(call.metadata)
        mac = _mailbox_mac(request.challenge_id)
        right = self._codes.matches(request.code, request.challenge_id, person.escrow_reference, mac)
        digest = self._addresses.request_digest(
            "confirm-code", person.escrow_reference, request.challenge_id, request.code
        )
        fingerprint = fingerprint_of(call.caller, digest.encode())
        handled = await self._mailboxes.handle(
            _mailbox_stream(mac),
            ConfirmCode(request.challenge_id, person.escrow_reference, right, self._now()),
            commit_id=commit_id_of(call.caller, request.request_id),
            fingerprint=fingerprint,
            caller=call.caller,
        )
        match handled.events[0]:
            case MailCodeRejected():
                raise DomainError(Reason.WRONG_CODE)
            case MailboxProven() as proven:
                verified = await self._verify_employment(request.request_id, person, proven, fingerprint, call)
                return rpc.ConfirmMailCodeResponse(label=verified.organisation, expires_at=verified.expires_at)
            case _:
                raise RequestIdReused("the commit id was used for another command")

    async def _use_allowance(self, request_id: str, person: Person, now: int, fingerprint: str, call: Call) -> None:
        await self._allowances.handle(
            f"allowance-{person.escrow_reference.hex()}",
            UseAllowance(person.escrow_reference, now, self._policy.per_person),
            commit_id=commit_id_of(call.caller, request_id, "allowance"),
            fingerprint=fingerprint,
            caller=call.caller,
        )

    async def _still_unsent(self, challenge_id: str) -> bool:
        state, _ = await self._mailboxes.state(_mailbox_stream(_mailbox_mac(challenge_id)))
        challenge = state.challenge(challenge_id)
        return challenge is not None and not challenge.sent

    async def _send(self, request_id: str, work_email: str, challenge: Challenge, call: Call) -> None:
        mac = _mailbox_mac(challenge.challenge_id)
        code = self._codes.code(challenge.challenge_id, challenge.escrow_reference, mac)
        within = call.deadline.remaining()
        await self._mailer.send_code(work_email, code, self._policy.code_seconds // 60, within=within)
        await self._mailboxes.handle(
            _mailbox_stream(mac),
            NoteSent(challenge.challenge_id),
            commit_id=commit_id_of(call.caller, request_id, "sent"),
            fingerprint=fingerprint_of(call.caller, challenge.challenge_id.encode()),
            caller=call.caller,
        )

    async def _verify_employment(
        self, request_id: str, person: Person, proven: MailboxProven, fingerprint: str, call: Call
    ) -> EmploymentVerified:
        expires_at = proven.proven_at + self._policy.employment_days * 86_400
        handled = await self._employments.handle(
            employment_stream(person.escrow_reference),
            VerifyEmployment(
                person.escrow_reference, person.ownership_key, proven.organisation, expires_at, proven.proven_at
            ),
            commit_id=commit_id_of(call.caller, request_id, "employment"),
            fingerprint=fingerprint,
            caller=call.caller,
        )
        verified = handled.events[0]
        if not isinstance(verified, EmploymentVerified):
            raise RequestIdReused("the commit id was used for another command")
        return verified

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _mailbox_stream(mac: str) -> str:
    return f"mailbox-{mac}"


def _mailbox_mac(challenge_id: str) -> str:
    """A challenge's identifier begins with its mailbox's, so that one leads to the other's stream."""
    return challenge_id.partition("-")[0]

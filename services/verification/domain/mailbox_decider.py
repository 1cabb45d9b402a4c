"""What may be done with a mailbox. Codes are compared before a command is made; here only the outcome counts.

That a mailbox is somebody else's is told only to whoever brings the right code, that is, who reads its mail. Told any
earlier, it would let an employer ask, address by address, which of its people are here.
"""

from dataclasses import dataclass

from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.limits import Limit
from services.verification.domain.mailbox import (
    MAX_REJECTED,
    Challenge,
    Event,
    MailboxProven,
    MailCodeRejected,
    MailCodeRequested,
    MailCodeSent,
    State,
    evolve,
    initial,
)

__all__ = ["Command", "ConfirmCode", "NoteSent", "RequestCode", "decide", "evolve", "initial"]


@dataclass(frozen=True)
class RequestCode:
    """Begin a challenge, which supersedes the same person's earlier one. Times in Unix seconds."""

    challenge_id: str
    escrow_reference: bytes
    organisation: str
    now: int
    expires_at: int
    limit: Limit


@dataclass(frozen=True)
class NoteSent:
    """Record that the mail server took the mail, so that a repeat of the request sends no second one."""

    challenge_id: str


@dataclass(frozen=True)
class ConfirmCode:
    """Answer a challenge; `right`: the code was the one that was sent."""

    challenge_id: str
    escrow_reference: bytes
    right: bool
    now: int


Command = RequestCode | NoteSent | ConfirmCode


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """The events of a command, or one of the reasons that the functions below name."""
    match command:
        case RequestCode():
            return _request(command, state)
        case NoteSent():
            challenge = state.challenge(command.challenge_id)
            return () if challenge is None or challenge.sent else (MailCodeSent(command.challenge_id),)
        case ConfirmCode():
            return _confirm(command, state)


def _request(command: RequestCode, state: State) -> tuple[Event, ...]:
    if command.limit.reached(state.requested, command.now):
        raise DomainError(Reason.TOO_MANY_CODES)
    return (
        MailCodeRequested(
            challenge_id=command.challenge_id,
            escrow_reference=command.escrow_reference,
            organisation=command.organisation,
            requested_at=command.now,
            expires_at=command.expires_at,
        ),
    )


def _confirm(command: ConfirmCode, state: State) -> tuple[Event, ...]:
    challenge = _open_challenge(command, state)
    if not command.right:
        return (MailCodeRejected(command.challenge_id),)
    if state.owner not in (None, command.escrow_reference):
        raise DomainError(Reason.MAILBOX_TAKEN)
    return (MailboxProven(command.challenge_id, command.escrow_reference, challenge.organisation, command.now),)


def _open_challenge(command: ConfirmCode, state: State) -> Challenge:
    """The person's own challenge that still accepts a code; another's does not exist for him."""
    challenge = state.challenge(command.challenge_id)
    if challenge is None or challenge.escrow_reference != command.escrow_reference:
        raise DomainError(Reason.UNKNOWN_CHALLENGE)
    if challenge.used:
        raise DomainError(Reason.CODE_USED)
    if challenge.rejected >= MAX_REJECTED:
        raise DomainError(Reason.CODE_LOCKED)
    if command.now >= challenge.expires_at:
        raise DomainError(Reason.CODE_EXPIRED)
    return challenge

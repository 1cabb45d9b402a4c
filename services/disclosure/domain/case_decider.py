"""What may be done with a case, and when.

The rules in one place: who may ask at all, one approval for each officer, live approvals of enough officers in enough
roles before anything is intended, and no way back from there. That an approval is genuine was checked before
(`seal.authorization`); trustees and identity check every rule of this file again by themselves.
"""

from dataclasses import dataclass

from services.disclosure.domain.case import (
    CaseApproved,
    CaseDeclined,
    CaseExecuted,
    CaseOpened,
    Event,
    Intended,
    Opened,
    OpeningIntended,
    Pending,
    State,
    Unasked,
    evolve,
    initial,
    live_approvals,
)
from services.disclosure.domain.errors import DomainError, Reason

__all__ = ["Approve", "Command", "Execute", "Finish", "decide", "evolve", "initial", "may_ask"]

_MAY_ASK = frozenset({"REQUESTER_CLASS_COURT", "REQUESTER_CLASS_POLICE", "REQUESTER_CLASS_REGULATOR"})


@dataclass(frozen=True)
class Approve:
    """Add an approval that verified, at `now`."""

    approval: CaseApproved
    now: int


@dataclass(frozen=True)
class Execute:
    """Commit to opening, if so many live approvals from so many roles are there at `now`. `salt` is for the leaf."""

    now: int
    approvals: int
    distinct_roles: int
    salt: bytes


@dataclass(frozen=True)
class Finish:
    """Record the end of a case that was carried through."""

    intent_index: int
    result_index: int
    sealed_identity: bytes


Command = CaseOpened | CaseDeclined | Approve | Execute | Finish
"""Opening and declining hold exactly what they record."""


def may_ask(requester: str) -> bool:
    """Whether a requester of this class has a right to an opening. A company never has."""
    return requester in _MAY_ASK


def decide(command: Command, state: State) -> tuple[Event, ...]:
    """What a command leads to; DomainError when the rules refuse it."""
    match command:
        case CaseOpened() | CaseDeclined():
            return _asked(command, state)
        case Approve():
            return _approved(command, state)
        case Execute():
            return _executed(command, state)
        case Finish():
            return _finished(command, state)


def _asked(command: CaseOpened | CaseDeclined, state: State) -> tuple[Event, ...]:
    if isinstance(command, CaseOpened) is not may_ask(command.requester):
        raise DomainError(Reason.REQUESTER_DECLINED)
    if not isinstance(state, Unasked):
        raise DomainError(Reason.CASE_NOT_PENDING)
    return (command,)


def _approved(command: Approve, state: State) -> tuple[Event, ...]:
    case = _unfinished(state, command.now)
    live = live_approvals(case, command.now)
    if command.approval in live:
        return ()
    if any(each.officer == command.approval.officer for each in live):
        raise DomainError(Reason.ALREADY_APPROVED)
    return (command.approval,)


def _executed(command: Execute, state: State) -> tuple[Event, ...]:
    if isinstance(state, Opened):
        return ()
    case = _unfinished(state, command.now)
    live = live_approvals(case, command.now)
    if len(live) < command.approvals or len({each.role for each in live}) < command.distinct_roles:
        raise DomainError(Reason.QUORUM_MISSING)
    if isinstance(case, Intended):
        return ()
    return (OpeningIntended(case.facts.case_id, command.salt, tuple(each.approval for each in live)),)


def _finished(command: Finish, state: State) -> tuple[Event, ...]:
    match state:
        case Intended(facts):
            return (CaseExecuted(facts.case_id, command.intent_index, command.result_index, command.sealed_identity),)
        case Opened():
            return ()
    raise DomainError(Reason.CASE_NOT_PENDING)


def _unfinished(state: State, now: int) -> Pending | Intended:
    match state:
        case Pending(facts) | Intended(facts):
            if now < facts.expires_at:
                return state
            raise DomainError(Reason.CASE_EXPIRED)
        case Opened():
            raise DomainError(Reason.CASE_NOT_PENDING)
    raise DomainError(Reason.CASE_UNKNOWN)

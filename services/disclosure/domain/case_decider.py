"""What may be done with a case, and when.

The rules in one place: live approvals of enough officers in enough roles, none of the requester's own, before anything
is intended; a delay in which one officer can veto; the envelope before the answer; no way back. Most commands are the
event that they ask to have recorded, with its time; a table says in which states each may be. Signatures were checked
before; trustees and identity check every rule of this file again by themselves.

What the clock makes due is `Tick`'s, whoever gives it and however often.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from services.disclosure.domain import case
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case import evolve, initial
from services.disclosure.domain.errors import DomainError, Reason

__all__ = ["Command", "decide", "evolve", "initial"]

DAY: Final = 24 * 3600
HOLD: Final = 60 * DAY
HOLD_EXTENSION: Final = 30 * DAY
MAX_GAG: Final = 180 * DAY


@dataclass(frozen=True)
class Approve:
    """Add an approval that verified, at `now`. `independent`: its officer is not of the requester's organisation."""

    approval: events.CaseApproved
    independent: bool
    now: int


@dataclass(frozen=True)
class Execute:
    """Commit to opening under the governance of `now`: so many approvals and roles, its hash, whether it is locked.

    `intent` is what is recorded; its approvals are filled in.
    """

    now: int
    approvals: int
    distinct_roles: int
    policy_hash: bytes
    locked: bool
    intent: events.OpeningIntended


@dataclass(frozen=True)
class PlaceHold:
    """Have what the alias wrote kept from `now` on; `hold` is 16 random bytes."""

    hold: bytes
    now: int


@dataclass(frozen=True)
class ExtendHold:
    """Keep it longer."""


@dataclass(frozen=True)
class ReleaseHold:
    """Keep it no longer."""


@dataclass(frozen=True)
class Tick:
    """It is `now`."""

    now: int


Command = (
    events.CaseOpened
    | events.CaseDeclined
    | Approve
    | events.ApprovalWithdrawn
    | events.CaseWithdrawn
    | Execute
    | events.OpeningWitnessed
    | events.EnvelopeOpened
    | events.OpeningVetoed
    | events.OpeningRefused
    | events.CaseExecuted
    | events.GagExtended
    | events.AnswerCollected
    | PlaceHold
    | ExtendHold
    | ReleaseHold
    | Tick
)


def decide(command: Command, state: case.State) -> tuple[events.Event, ...]:
    """What a command leads to; DomainError when the rules refuse it."""
    states, rule = _RULES[type(command)]
    if not isinstance(state, states):
        raise DomainError(_WHY_NOT[type(state)])
    return tuple(rule(command, state))


def _itself(command: events.Event, _state: case.State) -> Iterable[events.Event]:
    return (command,)


def _approve(command: Approve, state: case.Pending) -> Iterable[events.Event]:
    _check_time(state, command.now)
    approval = command.approval
    if not command.independent:
        raise DomainError(Reason.CONFLICT_OF_INTEREST)
    if approval.officer in state.taken_back:
        raise DomainError(Reason.APPROVAL_WITHDRAWN)
    live = case.live_approvals(state, command.now)
    if approval in live:
        return ()
    if any(each.officer == approval.officer for each in live):
        raise DomainError(Reason.ALREADY_APPROVED)
    return (approval,)


def _withdraw_approval(command: events.ApprovalWithdrawn, state: case.Pending) -> Iterable[events.Event]:
    # Also of one whose approval is not here: what he signed he may have sent, and was told that it did not arrive.
    return () if command.officer in state.taken_back else (command,)


def _execute(
    command: Execute, state: case.Live | case.Unsealed | case.Opened | case.Collected
) -> Iterable[events.Event]:
    if isinstance(state, case.Opened | case.Collected):
        return ()
    _check_time(state, command.now)
    if command.locked:
        raise DomainError(Reason.LOCKED_DOWN)
    if command.policy_hash != state.facts.policy_hash:
        raise DomainError(Reason.GOVERNANCE_CHANGED)
    if not isinstance(state, case.Pending):
        return ()
    live = case.live_approvals(state, command.now)
    if len({each.officer for each in live}) < command.approvals:
        raise DomainError(Reason.QUORUM_MISSING)
    if len({each.role for each in live}) < command.distinct_roles:
        raise DomainError(Reason.QUORUM_MISSING)
    return (replace(command.intent, approvals=tuple(each.approval for each in live)),)


def _witness(command: events.OpeningWitnessed, state: case.Intended | case.Witnessed) -> Iterable[events.Event]:
    if isinstance(state, case.Witnessed):
        return ()  # The first proof is the one that counts.
    if state.gagged_until:
        return (command,)
    return (command, events.SubjectNotified(state.facts.alias_key, state.opening.commitment, command.opens_at))


def _unseal(command: events.EnvelopeOpened, state: case.Witnessed | case.Unsealed) -> Iterable[events.Event]:
    if isinstance(state, case.Unsealed):
        return ()  # Opened again, after a crash: the log has it.
    _check_time(state, command.opened_at)
    return (command,)


def _finish(command: events.CaseExecuted, state: case.Unsealed) -> Iterable[events.Event]:
    yield command
    if state.notified:
        yield events.AliasOpened(state.facts.alias_key, state.opening.commitment)


def _extend_gag(command: events.GagExtended, state: case.Aimed) -> Iterable[events.Event]:
    # A gag that is over, or never was, cannot come back: the subject has been told.
    if state.notified or not state.gagged_until > command.extended_at:
        raise DomainError(Reason.GAG_INVALID)
    # From the case's beginning, however often: else a gag that is put off time and again would have no end.
    if not state.gagged_until < command.until <= state.facts.opened_at + MAX_GAG:
        raise DomainError(Reason.GAG_INVALID)
    return (command,)


def _place_hold(command: PlaceHold, state: case.Live) -> Iterable[events.Event]:
    if state.holds:
        raise DomainError(Reason.HOLD_SPENT)
    return (events.HoldPlaced(state.facts.alias_key, command.hold, command.now + HOLD),)


def _extend_hold(_command: ExtendHold, state: case.Asked) -> Iterable[events.Event]:
    if state.hold is None:
        raise DomainError(Reason.HOLD_MISSING)
    if state.holds > 1:
        raise DomainError(Reason.HOLD_SPENT)
    return (replace(state.hold, until=state.hold.until + HOLD_EXTENSION),)


def _release_hold(_command: ReleaseHold, state: case.Asked) -> Iterable[events.Event]:
    if state.hold is None:
        raise DomainError(Reason.HOLD_MISSING)
    return (events.HoldReleased(state.hold.alias_key, state.hold.hold),)


def _tick(command: Tick, state: case.State) -> Iterator[events.Event]:
    """What is due. Nothing of it is due again once it is recorded."""
    if isinstance(state, case.Unasked | case.Declined):
        return
    now, facts = command.now, state.facts
    if isinstance(state, case.Live):
        if now >= facts.expires_at:
            yield (
                events.CaseExpired(facts.case_id, now)
                if isinstance(state, case.Pending)
                else events.OpeningLapsed(facts.case_id, now)
            )
        elif not state.alerted and facts.due_at and now >= (facts.opened_at + facts.due_at) // 2:
            yield events.HalfTimePassed(facts.case_id, now)
    if isinstance(state, case.Aimed) and facts.case_salt:
        yield from _late_notice(state, now)
    if state.hold and now >= state.hold.until:
        yield events.HoldReleased(state.hold.alias_key, state.hold.hold)


def _late_notice(state: case.Aimed, now: int) -> Iterator[events.Event]:
    """What a gag has kept from the subject. Without one, he is told as soon as the intent is co-signed."""
    if state.notified or isinstance(state, case.Intended) or now < state.gagged_until:
        return
    yield events.SubjectNotified(state.facts.alias_key, state.opening.commitment, state.witnessed.opens_at)
    if isinstance(state, case.Opened | case.Collected):
        yield events.AliasOpened(state.facts.alias_key, state.opening.commitment)


def _check_time(state: case.Live | case.Unsealed, now: int) -> None:
    if now >= state.facts.expires_at:
        raise DomainError(Reason.CASE_EXPIRED)


_LIVE: Final = get_args(case.Live)
_ASKED: Final = get_args(case.Asked)
_RULES: Final[Mapping[type, tuple[tuple[type, ...], Callable[[Any, Any], Iterable[events.Event]]]]] = {
    events.CaseOpened: ((case.Unasked,), _itself),
    events.CaseDeclined: ((case.Unasked,), _itself),
    Approve: ((case.Pending,), _approve),
    events.ApprovalWithdrawn: ((case.Pending,), _withdraw_approval),
    events.CaseWithdrawn: ((case.Pending,), _itself),
    Execute: ((*_LIVE, case.Unsealed, case.Opened, case.Collected), _execute),
    events.OpeningWitnessed: ((case.Intended, case.Witnessed), _witness),
    events.EnvelopeOpened: ((case.Witnessed, case.Unsealed), _unseal),
    events.OpeningVetoed: ((case.Intended, case.Witnessed), _itself),
    events.OpeningRefused: ((case.Unsealed,), _itself),
    events.CaseExecuted: ((case.Unsealed,), _finish),
    events.GagExtended: (get_args(case.Aimed), _extend_gag),
    events.AnswerCollected: ((case.Opened,), _itself),
    PlaceHold: (_LIVE, _place_hold),
    ExtendHold: (_ASKED, _extend_hold),
    ReleaseHold: (_ASKED, _release_hold),
    Tick: (get_args(case.State), _tick),
}
"""For each command the states in which it may be given, and what it then leads to."""

_WHY_NOT: Final[Mapping[type, Reason]] = {
    case.Unasked: Reason.CASE_UNKNOWN,
    case.Declined: Reason.CASE_UNKNOWN,
    case.Pending: Reason.CASE_NOT_INTENDED,
    case.Intended: Reason.CASE_INTENDED,
    case.Witnessed: Reason.CASE_INTENDED,
    case.Unsealed: Reason.ENVELOPE_OPENED,
    case.Vetoed: Reason.OPENING_VETOED,
    case.Refused: Reason.OPENING_REFUSED,
    case.Lapsed: Reason.CASE_EXPIRED,
    case.Expired: Reason.CASE_EXPIRED,
    case.Withdrawn: Reason.CASE_WITHDRAWN,
    case.Opened: Reason.CASE_NOT_PENDING,
    case.Collected: Reason.ANSWER_COLLECTED,
}

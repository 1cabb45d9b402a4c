"""How far a case has come. The states are a union, so that what an unapproved case lacks cannot be read by mistake.

Folding the events only; deciding is `case_decider`'s.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeVar

from services.disclosure.domain import case_events as events


@dataclass(frozen=True)
class Unasked:
    """No such case."""


@dataclass(frozen=True)
class Declined:
    """Refused by rule when it was asked."""

    facts: events.CaseDeclined


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What every case has that was not declined; `holds` counts the times that a hold was placed or extended.

    `taken_back`: the officers whose approvals count no more, for good.
    """

    facts: events.CaseOpened
    approvals: tuple[events.CaseApproved, ...] = ()
    taken_back: frozenset[str] = frozenset()
    alerted: bool = False
    hold: events.HoldPlaced | None = None
    holds: int = 0
    ended_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Pending(_Asked):
    """Waits for approvals."""


@dataclass(frozen=True, kw_only=True)
class Withdrawn(_Asked):
    """Its requester no longer asked."""


@dataclass(frozen=True, kw_only=True)
class Expired(_Asked):
    """Its time was over before anything was intended."""


NOT_WITNESSED: Final = events.OpeningWitnessed("", 0, "", 0, 0)
"""Stands in a case for the co-signed intent that there is none of."""


@dataclass(frozen=True, kw_only=True)
class _Aimed(_Asked):
    """What every case has whose intent is, or is about to be, in the log."""

    opening: events.OpeningIntended
    gagged_until: int
    witnessed: events.OpeningWitnessed = NOT_WITNESSED
    unsealed: events.EnvelopeOpened | None = None
    notified: bool = False


@dataclass(frozen=True, kw_only=True)
class Intended(_Aimed):
    """Waits for the witnesses."""


@dataclass(frozen=True, kw_only=True)
class Witnessed(_Aimed):
    """The delay runs, or has run out."""


@dataclass(frozen=True, kw_only=True)
class Unsealed(_Aimed):
    """The envelope was opened; identity has not answered yet. Too late for a veto, and for the clock."""


@dataclass(frozen=True, kw_only=True)
class Vetoed(_Aimed):
    """Ended by an officer."""

    end: events.OpeningVetoed


@dataclass(frozen=True, kw_only=True)
class Refused(_Aimed):
    """Ended by identity."""

    end: events.OpeningRefused


@dataclass(frozen=True, kw_only=True)
class Lapsed(_Aimed):
    """Its time was over before it was carried through."""

    end: events.OpeningLapsed


@dataclass(frozen=True, kw_only=True)
class Opened(_Aimed):
    """The sealed answer lies ready for the recipient."""

    end: events.CaseExecuted


@dataclass(frozen=True, kw_only=True)
class Collected(_Aimed):
    """The sealed answer was shown."""

    end: events.CaseExecuted


Live = Pending | Intended | Witnessed
Over = Vetoed | Refused | Lapsed | Opened | Collected
Aimed = Intended | Witnessed | Unsealed | Over
Asked = Pending | Withdrawn | Expired | Aimed
State = Unasked | Declined | Asked

initial: State = Unasked()

_Next = TypeVar("_Next", bound=_Asked)


def stream(case_id: str) -> str:
    """The stream of a case."""
    return f"case-{case_id}"


def live_approvals(state: Asked, now: int) -> list[events.CaseApproved]:
    """The approvals that are in force at `now`."""
    return [each for each in state.approvals if now < each.expires_at]


def evolve(state: State, event: events.Event) -> State:
    """The state after an event."""
    match event:
        case events.CaseOpened():
            return Pending(facts=event)
        case events.CaseDeclined():
            return Declined(event)
    return state if isinstance(state, Unasked | Declined) else _course(state, event)


def _course(state: Asked, event: events.Event) -> State:
    match event:
        case events.CaseApproved():
            return replace(state, approvals=(*state.approvals, event))
        case events.ApprovalWithdrawn(officer=officer):
            left = tuple(each for each in state.approvals if each.officer != officer)
            return replace(state, approvals=left, taken_back=state.taken_back | {officer})
        case events.HalfTimePassed():
            return replace(state, alerted=True)
        case events.HoldPlaced():
            return replace(state, hold=event, holds=state.holds + 1)
        case events.HoldReleased():
            return replace(state, hold=None)
        case events.CaseWithdrawn(withdrawn_at=at):
            return _as(Withdrawn, state, ended_at=at)
        case events.CaseExpired(expired_at=at):
            return _as(Expired, state, ended_at=at)
        case events.OpeningIntended():
            return _as(Intended, state, opening=event, gagged_until=state.facts.gag_until)
    return _opening(state, event) if isinstance(state, Aimed) else state


def _opening(state: Aimed, event: events.Event) -> State:
    match event:
        case events.OpeningWitnessed():
            return _as(Witnessed, state, witnessed=event)
        case events.EnvelopeOpened():
            return _as(Unsealed, state, unsealed=event)
        case events.GagExtended(until=until):
            return replace(state, gagged_until=until)
        case events.SubjectNotified():
            return replace(state, notified=True)
        case events.OpeningVetoed(vetoed_at=at):
            return _as(Vetoed, state, end=event, ended_at=at)
        case events.OpeningRefused(refused_at=at):
            return _as(Refused, state, end=event, ended_at=at)
        case events.OpeningLapsed(lapsed_at=at):
            return _as(Lapsed, state, end=event, ended_at=at)
        case events.CaseExecuted(executed_at=at):
            return _as(Opened, state, end=event, ended_at=at)
        case events.AnswerCollected() if isinstance(state, Opened):
            return _as(Collected, state)
    return state


def _as(kind: type[_Next], state: Asked, **more: object) -> _Next:
    """The same case in another state: what both states have is taken over, `more` is what changes with it."""
    kept = {name: value for name, value in vars(state).items() if name in kind.__dataclass_fields__}
    return kind(**{**kept, **more})

"""A case in words: its state, who asks and on what, and its clocks, the nearest first.

Pure: a protobuf message and a time in, plain values out. What of a case is true is for `case_checks`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vouchsafe.desk.words import moment, span, until
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

Listed = pb.Case | pb.CaseSummary

_STATES = {
    pb.CASE_STATE_PENDING: ("wait", "waiting for approvals"),
    pb.CASE_STATE_INTENDED: ("wait", "intent logged, not cosigned yet"),
    pb.CASE_STATE_WITNESSED: ("wait", "delay is running"),
    pb.CASE_STATE_UNSEALED: ("stop", "envelope opened, identity has yet to answer"),
    pb.CASE_STATE_OPENED: ("stop", "opened, answer not collected"),
    pb.CASE_STATE_COLLECTED: ("over", "opened, answer collected"),
    pb.CASE_STATE_DECLINED: ("over", "declined by rule"),
    pb.CASE_STATE_VETOED: ("good", "vetoed"),
    pb.CASE_STATE_REFUSED: ("over", "envelope opened, nobody named by identity"),
    pb.CASE_STATE_EXPIRED: ("over", "ran out unopened"),
    pb.CASE_STATE_WITHDRAWN: ("over", "withdrawn by its requester"),
}
_SIGNS = {"good": "✓", "wait": "●", "stop": "■", "over": "–"}

_UNOPENED = frozenset({pb.CASE_STATE_PENDING, pb.CASE_STATE_INTENDED, pb.CASE_STATE_WITNESSED})
RUNNING = _UNOPENED | {pb.CASE_STATE_UNSEALED, pb.CASE_STATE_OPENED}
"""States in which somebody still has something to do."""


@dataclass(frozen=True)
class Shown:
    """A state as it is shown: a sign and words, and the tone that gives it a colour."""

    tone: str
    text: str

    @property
    def sign(self) -> str:
        """What tells the tones apart without colour."""
        return _SIGNS[self.tone]


@dataclass(frozen=True)
class Clock:
    """A moment that counts for a case: what happens then, when (Unix seconds), how far off, and how pressing."""

    name: str
    at: int
    tone: str = "over"
    note: str = ""

    def far(self, now: int) -> str:
        """How far off it is, in words."""
        return until(self.at, now)


def state_of(case: Listed, now: int) -> Shown:
    """The state in words. A delay that is over is told from one that runs."""
    tone, text = _STATES.get(case.state, ("stop", "a state that this desk does not know"))
    opens_at = case.opens_at if isinstance(case, pb.CaseSummary) else case.intent.opens_at
    if case.state == pb.CASE_STATE_WITNESSED and 0 < opens_at <= now:
        return Shown("stop", "may be opened now")
    return Shown(tone, text)


def by_urgency(cases: Iterable[pb.CaseSummary]) -> list[pb.CaseSummary]:
    """What runs first, the nearest clock at the top; then what is over, the newest at the top."""
    return sorted(cases, key=lambda case: (0, _nearest(case)) if case.state in RUNNING else (1, -case.opened_at))


def _nearest(case: pb.CaseSummary) -> int:
    return min(at for at in (case.opens_at, case.due_at, case.expires_at, 2**62) if at > 0)


def clocks_of(case: Listed, now: int) -> list[Clock]:
    """The clocks of a case that runs, the nearest first; none of one that is over, but for a gag and a hold."""
    found = _running_clocks(case, now) if case.state in RUNNING else []
    if isinstance(case, pb.Case):
        found += _lasting_clocks(case, now)
    return sorted(found, key=lambda clock: (clock.at <= now, clock.at))


def _running_clocks(case: Listed, now: int) -> list[Clock]:
    clocks = []
    opens_at = case.opens_at if isinstance(case, pb.CaseSummary) else case.intent.opens_at
    if opens_at and case.state == pb.CASE_STATE_WITNESSED:
        note = "until then, one officer’s veto stops it" if opens_at > now else "nothing but a veto stops it any more"
        clocks.append(Clock("Opens", opens_at, "wait" if opens_at > now else "stop", note))
    if case.due_at:
        clocks.append(Clock("Answer due", case.due_at, _due_tone(case, now), _due_note(case, now)))
    if case.expires_at and case.state in _UNOPENED:
        clocks.append(Clock("Ends unopened", case.expires_at))
    return clocks


def _due_tone(case: Listed, now: int) -> str:
    if case.due_at <= now:
        return "stop"
    return "wait" if _half_time(case) <= now else "over"


def _due_note(case: Listed, now: int) -> str:
    if case.due_at <= now:
        return "overdue"
    half = _half_time(case)
    return "half of the time is over" if half <= now else f"half of the time {until(half, now)}"


def _half_time(case: Listed) -> int:
    return (case.opened_at + case.due_at) // 2


def _lasting_clocks(case: pb.Case, now: int) -> list[Clock]:
    clocks = []
    gag = max(case.gag_until, case.intent.gagged_until)
    if gag and not case.intent.notified:
        note = "the subject is told then" if gag > now else "the notice is due"
        clocks.append(Clock("Gag ends", gag, "wait" if gag > now else "stop", note))
    if case.hold.until > now:
        clocks.append(Clock("Hold ends", case.hold.until, "over", "extended" if case.hold.extended else ""))
    return clocks


def requester_of(case: Listed) -> str:
    """Who asks, in a word or two."""
    return _enum(pb.RequesterClass, "REQUESTER_CLASS_", case.requester)


def basis_of(case: Listed) -> str:
    """What the request stands on."""
    return _enum(pb.LegalBasis, "LEGAL_BASIS_", case.basis)


def fields_of(case: pb.Case) -> str:
    """What of the person is asked for."""
    return ", ".join(_enum(pb.PersonField, "PERSON_FIELD_", field) for field in case.fields) or "nothing"


def notice_of(case: pb.Case) -> str:
    """Whether and when the subject is told, as the case has it."""
    if case.intent.notified:
        return "the subject has been told"
    if gag := max(case.gag_until, case.intent.gagged_until):
        return f"not before {moment(gag)}: an instrument forbids it"
    if any(case.waiver_hash):
        return "told at once, but the opening does not wait for the notice time: an instrument waives it"
    return f"told as soon as the intent is logged, {span(case.delay_seconds)} before the opening"


def _enum(kind: Any, prefix: str, value: int) -> str:
    """The word of a protobuf enumeration, or the number of one that this version does not know."""
    try:
        return str(kind.Name(value)).removeprefix(prefix).lower().replace("_", " ")
    except ValueError:
        return f"unknown ({value})"

"""Which actions a case offers to this officer now, in words.

What stops something (a veto) is offered as long as it can stop it; what goes on, only when everything holds. The
platform, and in the end each trustee, decides about every one again.
"""

from dataclasses import dataclass

from services.seal.authorization import has_withdrawn
from vouchsafe.desk.case_checks import CheckedApprovals, CheckedCase
from vouchsafe.desk.desk import Desk
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

HOLD_DAYS, MORE_HOLD_DAYS, MOST_GAG_DAYS = 60, 30, 180

_LIVE = (pb.CASE_STATE_PENDING, pb.CASE_STATE_INTENDED, pb.CASE_STATE_WITNESSED)


@dataclass(frozen=True)
class Field:
    """A field that an action asks for."""

    name: str
    title: str
    kind: str


@dataclass(frozen=True)
class Action:
    """An action as it is offered. `kind` is how its button looks."""

    name: str
    what: str
    button: str
    kind: str = "plain"
    fields: tuple[Field, ...] = ()


def offered(desk: Desk, checked: CheckedCase, approvals: CheckedApprovals, now: int) -> list[Action]:
    """The actions that make sense for this officer in this case now. The platform decides about each once more."""
    case = checked.case
    if checked.reviewed is None or desk.log.alarm:
        return []
    actions = []
    if case.state == pb.CASE_STATE_PENDING:
        actions += _while_pending(desk, checked, approvals)
    elif case.state in _LIVE:
        actions.append(Action("veto", "Your signature alone stops this opening, for good.", "Veto …", "grave"))
        actions += _while_intended(case, now)
    elif case.state == pb.CASE_STATE_UNSEALED:
        actions.append(Action("execute", "The envelope is open; identity has yet to answer.", "Ask again …", ""))
    return actions + _gag_actions(case, now) + _hold_actions(case, now)


def _while_pending(desk: Desk, checked: CheckedCase, approvals: CheckedApprovals) -> list[Action]:
    actions = _voice(desk, checked, approvals)
    if approvals.enough:
        what = "Enough officers have approved. This logs the intent; nothing is opened before the veto window is over."
        actions.append(Action("execute", what, "Log the intent …", ""))
    actions.append(Action("withdraw", "The requester no longer asks.", "End the case …"))
    return actions


def _voice(desk: Desk, checked: CheckedCase, approvals: CheckedApprovals) -> list[Action]:
    """What the officer himself may say of a pending case: no more, once he has taken his approval back."""
    if checked.reviewed is None or has_withdrawn(checked.reviewed.governance, checked.case.case_id, desk.officer):
        return []
    if desk.officer in {row.officer for row in approvals.rows if not row.wrong}:
        return [Action("withdraw-approval", "You have approved this.", "Take your approval back …")]
    what = "You have sent an approval, and it is not shown."
    actions = [Action("withdraw-approval", what, "Take it back …")]
    if all(line.result != "failed" for line in checked.lines):
        what = "You would approve that this person is named to this recipient."
        actions.insert(0, Action("approve", what, "Approve …", ""))
    return actions


def _while_intended(case: pb.Case, now: int) -> list[Action]:
    actions = []
    if case.state == pb.CASE_STATE_INTENDED:
        actions.append(Action("execute", "The witnesses have not cosigned the intent yet.", "Ask them again …"))
    elif case.intent.opens_at <= now:
        what = "The veto window is over. This asks the trustees, and identity seals the answer to the recipient."
        actions.append(Action("execute", what, "Open …", ""))
    return actions


def _gag_actions(case: pb.Case, now: int) -> list[Action]:
    if case.intent.notified or case.intent.gagged_until <= now:
        return []
    days = Field("days", f"Days from now, at most {MOST_GAG_DAYS}", "number")
    what = "The subject is told later, on a further instrument."
    document = Field("document", "Instrument", "file")
    return [Action("extend-gag", what, "Extend the gag …", "plain", (days, document))]


def _hold_actions(case: pb.Case, now: int) -> list[Action]:
    if case.hold.until <= now:
        if case.state not in _LIVE:
            return []
        what = f"What the alias wrote cannot be deleted for {HOLD_DAYS} days."
        return [Action("place-hold", what, "Place a hold …")]
    release = Action("release-hold", "What the alias wrote is on hold.", "Release the hold …")
    if case.hold.extended:
        return [release]
    return [release, Action("extend-hold", f"Once, by {MORE_HOLD_DAYS} days.", "Extend the hold …")]

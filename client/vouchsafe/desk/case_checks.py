"""What this process has checked of a case, line by line; what was not checked is not shown as held.

The checks are `sdk.case_review`'s and `services.seal`'s; here they become lines of a page. Nothing is signed of a case
whose review failed: `reviewed` is then missing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from services.seal.authorization import Approval, verify_approval
from services.seal.errors import SealError
from services.seal.leaves import CaseAskedLeaf, case_reference
from vouchsafe.desk.case_words import RUNNING
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.words import leaf_in_words, moment, rounded
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import ReviewedCase, check_approvable, review
from vouchsafe.sdk.case_words import basis_of, requester_of
from vouchsafe.sdk.checked_log import CheckedLog, check_log
from vouchsafe.sdk.errors import Reason, VouchsafeError


@dataclass(frozen=True)
class Check:
    """One line: `held`, `failed` or `open` (not to be told yet), what it is about, and why."""

    result: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class CheckedApproval:
    """An approval as it is told, and what is wrong with it; empty when it counts now."""

    officer: str
    role: str
    expires_at: int
    wrong: str = ""


@dataclass(frozen=True)
class CheckedApprovals:
    """All approvals told of a case, how many count, of how many roles, and whether these are enough."""

    rows: tuple[CheckedApproval, ...]
    counted: int
    roles: int
    enough: bool


@dataclass(frozen=True)
class CheckedCase:
    """A case with all that was checked of it. `reviewed` is None when it does not hold; `why` says what is wrong."""

    case: pb.Case
    lines: tuple[Check, ...]
    reviewed: ReviewedCase | None
    why: VouchsafeError | None


@dataclass(frozen=True)
class LeafOfCase:
    """A leaf that is about a case, in words."""

    index: int
    sentence: str


def checked_log(desk: Desk) -> CheckedLog:
    """The desk's copy as what reviews are made by. LOG_STALE when it may not be the newest, or does not hold."""
    verified = desk.log.verified
    if desk.log.alarm or desk.log.away or verified is None:
        raise VouchsafeError(Reason.LOG_STALE, desk.log.alarm or desk.log.away or "the log has not been reached yet")
    return check_log(desk.log.leaves[: verified.checkpoint.size], verified, desk.trust, now=int(time.time()))


def check_case(desk: Desk, case: pb.Case, case_id: str) -> CheckedCase:
    """All that this process can check of a case that was asked for by its identifier."""
    if case.state == pb.CASE_STATE_DECLINED and case.case_id == case_id:
        return CheckedCase(case, (Check("open", "Declined by rule: there is nothing to sign"),), None, None)
    try:
        log = checked_log(desk)
        reviewed = review(case, case_id=case_id, trust=desk.trust, log=log)
    except VouchsafeError as error:
        what = "cannot be checked now" if error.reason == Reason.LOG_STALE else "does not hold"
        return CheckedCase(case, (Check("failed", f"The case {what}: sign nothing", error.message),), None, error)
    return CheckedCase(case, (*_held(case), _asked(case, log), *_rules(reviewed), *_intent(desk, case)), reviewed, None)


def _held(case: pb.Case) -> Iterator[Check]:
    """What `review` has looked at, in words."""
    yield Check("held", "One case: its hash covers the demand, the scope, the credential and the recipient shown here")
    if case.post_id:
        yield Check("held", "The holder of this credential wrote the post", "title and text as they are shown below")
    yield Check("held", "The credential’s issuer is in the public log")


def _asked(case: pb.Case, log: CheckedLog) -> Check:
    """Whether the public ledger counts this demand, just as it is shown here; its times are whole hours."""
    reference = case_reference(case.case_salt, case.case_id)
    asked = (requester_of(case.requester), basis_of(case.basis))
    if log.holds(CaseAskedLeaf(reference, *asked, rounded(case.opened_at), rounded(case.due_at))):
        return Check("held", "The log tells of this demand just as it is shown here")
    if any(leaf.case == reference for _, leaf in log.all_of(CaseAskedLeaf)):
        return Check("failed", "The log tells of another demand than is shown here")
    return Check("failed", "The log does not tell of this demand", "it may be on its way: read this page again")


def _rules(reviewed: ReviewedCase) -> Iterator[Check]:
    if reviewed.case.state != pb.CASE_STATE_PENDING:
        return
    try:
        check_approvable(reviewed, now=int(time.time()))
    except VouchsafeError as error:
        yield Check("failed", "The rules do not allow to approve it", error.message)
    else:
        yield Check("held", "The rules allow it: who asks on what, officers and policy in force, notice, veto window")


def _intent(desk: Desk, case: pb.Case) -> Iterator[Check]:
    if not case.HasField("intent"):
        return
    told = case.intent
    if not told.proof:
        yield Check("open", "The intent is not cosigned yet", "no delay runs before the witnesses have seen it")
        return
    yield Check("held", "The intent is in the log, cosigned", f"seen by the witnesses {moment(told.intended_at)}")
    if told.commitment in desk.governance.vetoed:
        yield Check("held", "An officer has vetoed it: no trustee will open it")
    elif told.commitment in desk.governance.noticed:
        yield Check("held", "The log lets the subject know of it")
    elif case.state in RUNNING:
        yield Check("open", "The log does not let the subject know of it", "a gag, or the notice is on its way")


def check_approvals(desk: Desk, checked: CheckedCase) -> CheckedApprovals:
    """The approvals of a case, each verified against what governs now."""
    rows, counted = [], []
    for told in checked.case.approvals:
        try:
            counted.append(_approval(desk, checked, told))
            wrong = ""
        except (SealError, VouchsafeError) as error:
            wrong = "ended" if told.expires_at <= time.time() else str(error)
        rows.append(CheckedApproval(told.officer, told.role, told.expires_at, wrong))
    officers = [approval.officer for approval in counted]
    roles = {officer.role for officer in officers}
    return CheckedApprovals(tuple(rows), len(set(officers)), len(roles), desk.governance.policy.met_by(officers))


def _approval(desk: Desk, checked: CheckedCase, told: pb.CaseApproval) -> Approval:
    if checked.reviewed is None:
        raise SealError("the case does not hold")
    return verify_approval(told.note, checked.reviewed.statement, desk.governance, int(time.time()))


def leaves_of(desk: Desk, case: pb.Case) -> list[LeafOfCase]:
    """The leaves that name this case or its intent, in the order of the log."""
    names = []
    if len(case.case_salt) == 32:
        names.append(case_reference(case.case_salt, case.case_id).hex().encode())
    if case.intent.commitment:
        names.append(case.intent.commitment.hex().encode())
    return [
        LeafOfCase(index, leaf_in_words(data).sentence)
        for index, data in enumerate(desk.log.leaves)
        if any(name in data for name in names)
    ]

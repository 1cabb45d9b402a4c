"""The rules of a case: who may ask, who may approve, what it takes, and no way back."""

from dataclasses import replace

import pytest

from services.disclosure.domain import case, case_decider
from services.disclosure.domain.case import CaseApproved, CaseDeclined, CaseExecuted, CaseOpened, OpeningIntended
from services.disclosure.domain.case_decider import Approve, Execute, Finish
from services.disclosure.domain.errors import Reason
from tests.support.decider import specification

NOW, END = 1_000, 2_000
OPENED = CaseOpened(
    case_id="c",
    requester="REQUESTER_CLASS_COURT",
    instrument="docket 7",
    ground="court order",
    document_hash=bytes(32),
    post_id="p",
    recipient_key=b"r" * 32,
    alias_key=b"a" * 32,
    bundle_hash=b"b" * 32,
    policy_hash=b"h" * 32,
    opened_at=NOW,
    expires_at=END,
    thread_id="t",
    title="",
    body="text",
    thread_key=b"k" * 32,
    thread_certificate=b"c" * 64,
    post_signature=b"s" * 64,
)
DECLINED = CaseDeclined("c", "REQUESTER_CLASS_COMPANY", "letter", "curiosity", bytes(32), "p", NOW)
ANN = CaseApproved("c", "ann", "legal", "note of ann", END)
BOB = CaseApproved("c", "bob", "legal", "note of bob", END)
CYD = CaseApproved("c", "cyd", "privacy", "note of cyd", END)
EXECUTE = Execute(NOW, approvals=3, distinct_roles=2, salt=b"s" * 32)
INTENDED = OpeningIntended("c", b"s" * 32, ("note of ann", "note of bob", "note of cyd"))
EXECUTED = CaseExecuted("c", 4, 5, b"sealed")
READY = (OPENED, ANN, BOB, CYD)
given = specification(case_decider)


def test_a_court_opens_a_case() -> None:
    given().when(OPENED).then(OPENED)


def test_a_company_is_declined_and_that_is_recorded() -> None:
    given().when(DECLINED).then(DECLINED)
    assert not case_decider.may_ask("REQUESTER_CLASS_COMPANY")
    given().when(replace(OPENED, requester="REQUESTER_CLASS_COMPANY")).refused(Reason.REQUESTER_DECLINED)


def test_nobody_who_may_ask_is_declined_by_mistake() -> None:
    given().when(replace(DECLINED, requester="REQUESTER_CLASS_COURT")).refused(Reason.REQUESTER_DECLINED)


def test_a_case_is_opened_once() -> None:
    given(OPENED).when(OPENED).refused(Reason.CASE_NOT_PENDING)


def test_an_officer_approves_once() -> None:
    given(OPENED).when(Approve(ANN, NOW)).then(ANN)
    given(OPENED, ANN).when(Approve(ANN, NOW)).then()
    given(OPENED, ANN).when(Approve(replace(ANN, approval="another note"), NOW)).refused(Reason.ALREADY_APPROVED)


def test_an_officer_whose_approval_expired_may_approve_again() -> None:
    short = replace(ANN, expires_at=NOW + 10)
    again = replace(ANN, approval="later note")
    given(OPENED, short).when(Approve(again, NOW + 10)).then(again)


@pytest.mark.parametrize("before", [(), (DECLINED,)], ids=["unasked", "declined"])
@pytest.mark.parametrize("command", [Approve(ANN, NOW), EXECUTE], ids=["approve", "execute"])
def test_what_was_not_opened_is_unknown(command: case_decider.Command, before: tuple[case.Event, ...]) -> None:
    given(*before).when(command).refused(Reason.CASE_UNKNOWN)


@pytest.mark.parametrize("command", [Approve(ANN, END), replace(EXECUTE, now=END)], ids=["approve", "execute"])
def test_an_expired_case_is_over(command: case_decider.Command) -> None:
    given(OPENED).when(command).refused(Reason.CASE_EXPIRED)
    given(*READY, INTENDED).when(command).refused(Reason.CASE_EXPIRED)


@pytest.mark.parametrize(
    "approvals",
    [(), (ANN,), (ANN, CYD), (ANN, BOB, replace(ANN, officer="dan"))],
    ids=["none", "one", "two", "three of one role"],
)
def test_too_few_approvals_or_roles_are_no_quorum(approvals: tuple[CaseApproved, ...]) -> None:
    given(OPENED, *approvals).when(EXECUTE).refused(Reason.QUORUM_MISSING)


def test_expired_approvals_do_not_count() -> None:
    given(OPENED, ANN, BOB, replace(CYD, expires_at=NOW)).when(EXECUTE).refused(Reason.QUORUM_MISSING)


def test_a_quorum_commits_to_the_intent_and_keeps_the_salt() -> None:
    given(*READY).when(EXECUTE).then(INTENDED)


def test_an_intended_case_is_carried_on_under_the_first_salt() -> None:
    given(*READY, INTENDED).when(replace(EXECUTE, salt=b"t" * 32)).then()


def test_an_intended_case_still_needs_a_live_quorum() -> None:
    short = (OPENED, ANN, BOB, replace(CYD, expires_at=NOW + 10), INTENDED)
    given(*short).when(replace(EXECUTE, now=NOW + 10)).refused(Reason.QUORUM_MISSING)
    again = replace(CYD, approval="later note")
    given(*short).when(Approve(again, NOW + 10)).then(again)
    given(*short, again).when(replace(EXECUTE, now=NOW + 10)).then()


def test_only_an_intended_case_is_finished_and_once() -> None:
    finish = Finish(4, 5, b"sealed")
    given(*READY).when(finish).refused(Reason.CASE_NOT_PENDING)
    given(*READY, INTENDED).when(finish).then(EXECUTED)
    given(*READY, INTENDED, EXECUTED).when(finish).then()


def test_an_opened_case_takes_no_more_approvals_and_is_not_opened_again() -> None:
    opened = (*READY, INTENDED, EXECUTED)
    given(*opened).when(Approve(ANN, NOW)).refused(Reason.CASE_NOT_PENDING)
    given(*opened).when(EXECUTE).then()

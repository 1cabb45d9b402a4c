"""The rules of a case: who may ask, who may approve, what it takes, and no way back."""

from dataclasses import replace

import pytest

from services.disclosure.domain import case, case_decider
from services.disclosure.domain.case import CaseApproved, CaseDeclined, CaseExecuted, CaseOpened, OpeningIntended
from services.disclosure.domain.case_decider import Approve, Execute, Finish
from services.disclosure.domain.errors import DomainError, Reason

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


def when(command: case_decider.Command, *given: case.Event) -> tuple[case.Event, ...]:
    state = case.initial
    for event in given:
        state = case.evolve(state, event)
    return case_decider.decide(command, state)


def refused(command: case_decider.Command, *given: case.Event) -> Reason:
    with pytest.raises(DomainError) as caught:
        when(command, *given)
    return caught.value.reason


def test_a_court_opens_a_case():
    assert when(OPENED) == (OPENED,)


def test_a_company_is_declined_and_that_is_recorded():
    assert when(DECLINED) == (DECLINED,)
    assert not case_decider.may_ask("REQUESTER_CLASS_COMPANY")
    assert refused(replace(OPENED, requester="REQUESTER_CLASS_COMPANY")) is Reason.REQUESTER_DECLINED


def test_nobody_who_may_ask_is_declined_by_mistake():
    assert refused(replace(DECLINED, requester="REQUESTER_CLASS_COURT")) is Reason.REQUESTER_DECLINED


def test_a_case_is_opened_once():
    assert refused(OPENED, OPENED) is Reason.CASE_NOT_PENDING


def test_an_officer_approves_once():
    assert when(Approve(ANN, NOW), OPENED) == (ANN,)
    assert when(Approve(ANN, NOW), OPENED, ANN) == ()
    assert refused(Approve(replace(ANN, approval="another note"), NOW), OPENED, ANN) is Reason.ALREADY_APPROVED


def test_an_officer_whose_approval_expired_may_approve_again():
    short = replace(ANN, expires_at=NOW + 10)
    again = replace(ANN, approval="later note")
    assert when(Approve(again, NOW + 10), OPENED, short) == (again,)


@pytest.mark.parametrize("given", [(), (DECLINED,)], ids=["unasked", "declined"])
@pytest.mark.parametrize("command", [Approve(ANN, NOW), EXECUTE], ids=["approve", "execute"])
def test_what_was_not_opened_is_unknown(command: case_decider.Command, given: tuple[case.Event, ...]):
    assert refused(command, *given) is Reason.CASE_UNKNOWN


@pytest.mark.parametrize("command", [Approve(ANN, END), replace(EXECUTE, now=END)], ids=["approve", "execute"])
def test_an_expired_case_is_over(command: case_decider.Command):
    assert refused(command, OPENED) is Reason.CASE_EXPIRED
    assert refused(command, *READY, INTENDED) is Reason.CASE_EXPIRED


@pytest.mark.parametrize(
    "approvals",
    [(), (ANN,), (ANN, CYD), (ANN, BOB, replace(ANN, officer="dan"))],
    ids=["none", "one", "two", "three of one role"],
)
def test_too_few_approvals_or_roles_are_no_quorum(approvals: tuple[CaseApproved, ...]):
    assert refused(EXECUTE, OPENED, *approvals) is Reason.QUORUM_MISSING


def test_expired_approvals_do_not_count():
    assert refused(EXECUTE, OPENED, ANN, BOB, replace(CYD, expires_at=NOW)) is Reason.QUORUM_MISSING


def test_a_quorum_commits_to_the_intent_and_keeps_the_salt():
    assert when(EXECUTE, *READY) == (INTENDED,)


def test_an_intended_case_is_carried_on_under_the_first_salt():
    assert when(replace(EXECUTE, salt=b"t" * 32), *READY, INTENDED) == ()


def test_an_intended_case_still_needs_a_live_quorum():
    short = (OPENED, ANN, BOB, replace(CYD, expires_at=NOW + 10), INTENDED)
    assert refused(replace(EXECUTE, now=NOW + 10), *short) is Reason.QUORUM_MISSING
    again = replace(CYD, approval="later note")
    assert when(Approve(again, NOW + 10), *short) == (again,)
    assert when(replace(EXECUTE, now=NOW + 10), *short, again) == ()


def test_only_an_intended_case_is_finished_and_once():
    finish = Finish(4, 5, b"sealed")
    assert refused(finish, *READY) is Reason.CASE_NOT_PENDING
    assert when(finish, *READY, INTENDED) == (EXECUTED,)
    assert when(finish, *READY, INTENDED, EXECUTED) == ()


def test_an_opened_case_takes_no_more_approvals_and_is_not_opened_again():
    opened = (*READY, INTENDED, EXECUTED)
    assert refused(Approve(ANN, NOW), *opened) is Reason.CASE_NOT_PENDING
    assert when(EXECUTE, *opened) == ()

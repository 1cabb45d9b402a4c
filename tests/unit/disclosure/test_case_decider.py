"""The rules of a case: who may approve, what it takes, who can stop it, and no way back."""

from dataclasses import replace

import pytest

from services.disclosure.domain import case, case_decider
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Approve, Command, ExtendHold, PlaceHold, ReleaseHold
from services.disclosure.domain.errors import Reason
from tests.support.decider import specification
from tests.unit.disclosure.case_story import (
    AIMED,
    ALIAS_OPENED,
    ANN,
    BOB,
    COLLECTED,
    CYD,
    DAY,
    DECLINED,
    DONE,
    END,
    EXECUTE,
    EXECUTED,
    GAG,
    HELD,
    HELD_LONGER,
    INTENDED,
    INTENDED_AT,
    LAPSED,
    NOTIFIED,
    NOW,
    OPENED,
    OPENS_AT,
    PENDING,
    READY,
    REFUSED,
    RELEASED,
    RUNNING,
    STATES,
    UNSEALED,
    UNSEALED_ONE,
    VETOED,
    WITHDRAWN,
    WITHDRAWN_APPROVAL,
    WITNESSED,
    approval,
)

given = specification(case_decider)
EXTENDED = events.GagExtended("c", GAG + DAY, b"x" * 32, NOW + DAY)


def test_a_request_is_opened_or_declined_once() -> None:
    given().when(OPENED).then(OPENED)
    given().when(DECLINED).then(DECLINED)
    given(OPENED).when(OPENED).refused(Reason.CASE_NOT_INTENDED)
    given(DECLINED).when(DECLINED).refused(Reason.CASE_UNKNOWN)


def test_officers_approve() -> None:
    given(OPENED).when(Approve(ANN, True, NOW)).then(ANN)
    given(OPENED, ANN).when(Approve(BOB, True, NOW)).then(BOB)
    given(OPENED, ANN).when(Approve(ANN, True, NOW)).then()
    given(OPENED, ANN).when(Approve(replace(ANN, approval="another"), True, NOW)).refused(Reason.ALREADY_APPROVED)


def test_an_officer_whose_approval_ran_out_approves_anew() -> None:
    anew = replace(ANN, approval="another", expires_at=END)
    given(OPENED, ANN).when(Approve(anew, True, ANN.expires_at)).then(anew)


def test_nobody_approves_what_his_own_organisation_asks_for() -> None:
    given(OPENED).when(Approve(CYD, False, NOW)).refused(Reason.CONFLICT_OF_INTEREST)


def test_an_approval_is_withdrawn_for_good() -> None:
    given(*READY).when(WITHDRAWN_APPROVAL).then(WITHDRAWN_APPROVAL)
    given(*READY, WITHDRAWN_APPROVAL).when(EXECUTE).refused(Reason.QUORUM_MISSING)
    given(*READY, WITHDRAWN_APPROVAL).when(WITHDRAWN_APPROVAL).then()
    later = replace(ANN, approval="another note of ann", expires_at=ANN.expires_at + 1)
    for again in (ANN, later):
        given(*READY, WITHDRAWN_APPROVAL).when(Approve(again, True, NOW)).refused(Reason.APPROVAL_WITHDRAWN)
    given(*READY, WITHDRAWN_APPROVAL).when(Approve(BOB, True, NOW)).then()


def test_what_an_officer_was_told_had_not_arrived_is_withdrawn_too() -> None:
    given(OPENED).when(WITHDRAWN_APPROVAL).then(WITHDRAWN_APPROVAL)
    given(OPENED, WITHDRAWN_APPROVAL).when(Approve(ANN, True, NOW)).refused(Reason.APPROVAL_WITHDRAWN)


def test_enough_live_approvals_in_enough_roles_make_an_intent() -> None:
    given(*READY).when(EXECUTE).then(INTENDED)
    given(OPENED, ANN, CYD).when(EXECUTE).refused(Reason.QUORUM_MISSING)
    given(OPENED, ANN, BOB, approval("eve", "legal")).when(EXECUTE).refused(Reason.QUORUM_MISSING)
    given(*READY).when(replace(EXECUTE, now=ANN.expires_at)).refused(Reason.QUORUM_MISSING)


def test_one_officer_twice_is_one() -> None:
    again = replace(ANN, approval="another", role="privacy")
    given(OPENED, ANN, again, BOB).when(EXECUTE).refused(Reason.QUORUM_MISSING)


@pytest.mark.parametrize("state", ["pending", "intended", "witnessed", "unsealed"])
def test_a_lock_down_stops_every_execution(state: str) -> None:
    given(*STATES[state]).when(replace(EXECUTE, locked=True)).refused(Reason.LOCKED_DOWN)


@pytest.mark.parametrize("state", ["pending", "intended", "witnessed", "unsealed"])
def test_a_case_ends_with_the_governance_it_was_opened_under(state: str) -> None:
    given(*STATES[state]).when(replace(EXECUTE, policy_hash=b"o" * 32)).refused(Reason.GOVERNANCE_CHANGED)


@pytest.mark.parametrize("state", ["pending", "intended", "witnessed", "unsealed"])
def test_nothing_is_executed_after_its_time(state: str) -> None:
    given(*STATES[state]).when(replace(EXECUTE, now=END)).refused(Reason.CASE_EXPIRED)


def test_a_repeated_execution_changes_nothing() -> None:
    for state in (AIMED, RUNNING, UNSEALED_ONE, DONE, (*DONE, COLLECTED)):
        given(*state).when(EXECUTE).then()


def test_the_first_proof_is_kept_and_the_subject_told() -> None:
    given(*AIMED).when(WITNESSED).then(WITNESSED, NOTIFIED)
    given(*RUNNING).when(replace(WITNESSED, intent_proof="another")).then()


def test_under_a_gag_the_subject_is_not_told() -> None:
    gagged = (replace(OPENED, gag_until=GAG), *AIMED[1:])
    given(*gagged).when(WITNESSED).then(WITNESSED)
    given(*gagged, WITNESSED, UNSEALED).when(EXECUTED).then(EXECUTED)


def test_a_veto_ends_an_intended_opening() -> None:
    for state in (AIMED, RUNNING):
        given(*state).when(VETOED).then(VETOED)
    vetoed = given(*RUNNING, VETOED)
    for command in (EXECUTE, UNSEALED, EXECUTED, REFUSED, VETOED, WITNESSED, COLLECTED):
        vetoed.when(command).refused(Reason.OPENING_VETOED)


def test_an_envelope_is_opened_in_time_and_told_of_once() -> None:
    given(*AIMED).when(UNSEALED).refused(Reason.CASE_INTENDED)
    given(*RUNNING).when(UNSEALED).then(UNSEALED)
    given(*RUNNING).when(replace(UNSEALED, opened_at=END)).refused(Reason.CASE_EXPIRED)
    given(*UNSEALED_ONE).when(replace(UNSEALED, opened_at=END)).then()
    given(*DONE).when(UNSEALED).refused(Reason.CASE_NOT_PENDING)


def test_a_veto_after_the_envelope_was_opened_is_too_late_and_told_so() -> None:
    given(*UNSEALED_ONE).when(VETOED).refused(Reason.ENVELOPE_OPENED)


def test_an_answer_comes_only_after_the_envelope_was_opened_and_is_the_one_end() -> None:
    given(*READY).when(EXECUTED).refused(Reason.CASE_NOT_INTENDED)
    given(*AIMED).when(EXECUTED).refused(Reason.CASE_INTENDED)
    for end in (EXECUTED, REFUSED):
        given(*RUNNING).when(end).refused(Reason.CASE_INTENDED)
    given(*UNSEALED_ONE).when(EXECUTED).then(EXECUTED, ALIAS_OPENED)
    given(*UNSEALED_ONE).when(REFUSED).then(REFUSED)
    given(*DONE).when(EXECUTED).refused(Reason.CASE_NOT_PENDING)
    given(*UNSEALED_ONE, REFUSED).when(EXECUTED).refused(Reason.OPENING_REFUSED)
    given(*RUNNING, LAPSED).when(EXECUTED).refused(Reason.CASE_EXPIRED)


def test_an_answer_is_collected_once() -> None:
    given(*RUNNING).when(COLLECTED).refused(Reason.CASE_INTENDED)
    given(*DONE).when(COLLECTED).then(COLLECTED)
    given(*DONE, COLLECTED).when(COLLECTED).refused(Reason.ANSWER_COLLECTED)


def test_a_case_is_withdrawn_as_long_as_nothing_is_intended() -> None:
    given(*READY).when(WITHDRAWN).then(WITHDRAWN)
    given(*AIMED).when(WITHDRAWN).refused(Reason.CASE_INTENDED)
    given(OPENED, WITHDRAWN).when(Approve(ANN, True, NOW)).refused(Reason.CASE_WITHDRAWN)


def test_a_gag_is_put_off_while_it_lasts_and_never_for_too_long() -> None:
    gagged = given(replace(OPENED, gag_until=GAG), *AIMED[1:], WITNESSED)
    gagged.when(EXTENDED).then(EXTENDED)
    gagged.when(replace(EXTENDED, until=GAG)).refused(Reason.GAG_INVALID)
    longest = replace(EXTENDED, until=NOW + 180 * DAY)
    gagged.when(longest).then(longest)
    gagged.when(replace(longest, until=NOW + 180 * DAY + 1)).refused(Reason.GAG_INVALID)
    later = replace(EXTENDED, until=NOW + 180 * DAY + 1, extended_at=GAG)
    gagged.and_then(EXTENDED).when(later).refused(Reason.GAG_INVALID)
    gagged.when(replace(EXTENDED, extended_at=GAG, until=GAG + DAY)).refused(Reason.GAG_INVALID)
    gagged.and_then(NOTIFIED).when(EXTENDED).refused(Reason.GAG_INVALID)
    given(*RUNNING).when(EXTENDED).refused(Reason.GAG_INVALID)
    given(*READY).when(EXTENDED).refused(Reason.CASE_NOT_INTENDED)


def test_a_hold_is_placed_extended_once_and_released() -> None:
    given(*PENDING).when(PlaceHold(HELD.hold, NOW)).then(HELD)
    given(OPENED, HELD).when(PlaceHold(b"2" * 16, NOW)).refused(Reason.HOLD_SPENT)
    given(OPENED, HELD).when(ExtendHold()).then(HELD_LONGER)
    given(OPENED, HELD, HELD_LONGER).when(ExtendHold()).refused(Reason.HOLD_SPENT)
    given(OPENED, HELD, HELD_LONGER).when(ReleaseHold()).then(RELEASED)
    for command in (ExtendHold(), ReleaseHold()):
        given(OPENED).when(command).refused(Reason.HOLD_MISSING)
        given(OPENED, HELD, RELEASED).when(command).refused(Reason.HOLD_MISSING)
    given(OPENED, HELD, RELEASED).when(PlaceHold(b"2" * 16, NOW)).refused(Reason.HOLD_SPENT)


ALLOWED: dict[type, tuple[Command, str]] = {
    Approve: (Approve(approval("fay", "ombuds"), True, NOW), "pending"),
    events.ApprovalWithdrawn: (WITHDRAWN_APPROVAL, "pending"),
    events.CaseWithdrawn: (WITHDRAWN, "pending"),
    type(EXECUTE): (EXECUTE, "pending intended witnessed unsealed opened collected"),
    events.OpeningWitnessed: (WITNESSED, "intended witnessed"),
    events.EnvelopeOpened: (UNSEALED, "witnessed unsealed"),
    events.OpeningVetoed: (VETOED, "intended witnessed"),
    events.OpeningRefused: (REFUSED, "unsealed"),
    events.CaseExecuted: (EXECUTED, "unsealed"),
    events.GagExtended: (EXTENDED, "intended witnessed unsealed vetoed refused lapsed opened collected"),
    events.AnswerCollected: (COLLECTED, "opened"),
    PlaceHold: (PlaceHold(b"2" * 16, NOW), "pending intended witnessed"),
}
WHY_NOT = {
    "unasked": Reason.CASE_UNKNOWN,
    "declined": Reason.CASE_UNKNOWN,
    "pending": Reason.CASE_NOT_INTENDED,
    "withdrawn": Reason.CASE_WITHDRAWN,
    "expired": Reason.CASE_EXPIRED,
    "intended": Reason.CASE_INTENDED,
    "witnessed": Reason.CASE_INTENDED,
    "unsealed": Reason.ENVELOPE_OPENED,
    "vetoed": Reason.OPENING_VETOED,
    "refused": Reason.OPENING_REFUSED,
    "lapsed": Reason.CASE_EXPIRED,
    "opened": Reason.CASE_NOT_PENDING,
    "collected": Reason.ANSWER_COLLECTED,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ALLOWED, ids=lambda kind: kind.__name__)
def test_every_other_command_is_refused_in_every_other_state(kind: type, state: str) -> None:
    command, allowed = ALLOWED[kind]
    if state not in allowed.split():
        given(*STATES[state]).when(command).refused(WHY_NOT[state])


def test_the_story_reaches_every_state() -> None:
    reached = {name: type(given(*told).state).__name__.lower() for name, told in STATES.items()}
    assert reached == {name: name for name in STATES}
    assert {each.__name__.lower() for each in case.State.__args__} == set(STATES)


def test_the_delay_is_counted_from_the_witnesses_time() -> None:
    state = given(*RUNNING).state
    assert isinstance(state, case.Witnessed)
    assert (state.witnessed.intended_at, state.witnessed.opens_at) == (INTENDED_AT, OPENS_AT)

"""What the clock makes due for a case: each thing once, and nothing before its time."""

from dataclasses import replace

import pytest

from services.disclosure.domain import case_decider
from services.disclosure.domain import case_events as events
from services.disclosure.domain.case_decider import Tick
from tests.support.decider import specification
from tests.unit.disclosure.case_story import (
    AIMED,
    ALIAS_OPENED,
    COLLECTED,
    DAY,
    END,
    EXECUTED,
    EXPIRED,
    GAG,
    HALF_TIME,
    HELD,
    HELD_LONGER,
    INTENDED_AT,
    LAPSED,
    NOTIFIED,
    NOW,
    OPENED,
    READY,
    REFUSED,
    RELEASED,
    RUNNING,
    STATES,
    UNSEALED,
    VETOED,
    WITHDRAWN,
    WITNESSED,
)

given = specification(case_decider)
HALF = NOW + 5 * DAY
GAGGED = (replace(OPENED, gag_until=GAG, expires_at=GAG + 90 * DAY), *AIMED[1:])


@pytest.mark.parametrize("state", ["pending", "intended", "witnessed"])
def test_half_time_is_told_once(state: str) -> None:
    case = given(*STATES[state])
    case.when(Tick(HALF - 1)).then()
    case.when(Tick(HALF)).then(HALF_TIME)
    case.and_then(HALF_TIME).when(Tick(HALF + DAY)).then()


@pytest.mark.parametrize("state", sorted(STATES.keys() - {"pending", "intended", "witnessed"}))
def test_a_case_that_is_over_has_no_clock(state: str) -> None:
    given(*STATES[state]).when(Tick(END + DAY)).then()


def test_a_case_expires_unopened() -> None:
    given(*READY).when(Tick(END - 1)).then(half_time(END - 1))
    given(*READY, HALF_TIME).when(Tick(END - 1)).then()
    given(*READY, HALF_TIME).when(Tick(END)).then(EXPIRED)
    given(OPENED, WITHDRAWN).when(Tick(END)).then()


@pytest.mark.parametrize("state", [AIMED, RUNNING])
def test_an_intent_lapses_with_its_case(state: tuple[events.Event, ...]) -> None:
    given(*state, HALF_TIME).when(Tick(END)).then(LAPSED)


def test_a_notice_that_no_gag_keeps_back_waits_for_the_witnesses() -> None:
    given(*AIMED).when(Tick(NOW + 2)).then()
    given(*AIMED, HALF_TIME, LAPSED).when(Tick(END)).then(replace(NOTIFIED, opens_at=0))


def test_the_subject_is_told_when_the_gag_ends() -> None:
    running = given(*GAGGED, HALF_TIME, WITNESSED)
    running.when(Tick(GAG - 1)).then()
    running.when(Tick(GAG)).then(NOTIFIED)
    running.and_then(NOTIFIED).when(Tick(GAG + 1)).then()
    running.and_then(NOTIFIED, UNSEALED).when(EXECUTED).then(EXECUTED, ALIAS_OPENED)


@pytest.mark.parametrize("end", [(VETOED,), (UNSEALED,), (UNSEALED, REFUSED)])
def test_the_subject_is_told_of_an_opening_that_did_not_happen(end: tuple[events.Event, ...]) -> None:
    given(*GAGGED, WITNESSED, *end).when(Tick(GAG)).then(NOTIFIED)


@pytest.mark.parametrize("end", [(UNSEALED, EXECUTED), (UNSEALED, EXECUTED, COLLECTED)])
def test_the_subject_is_told_of_an_opening_that_happened_under_a_gag(end: tuple[events.Event, ...]) -> None:
    opened = given(*GAGGED, WITNESSED, *end)
    opened.when(Tick(GAG)).then(NOTIFIED, ALIAS_OPENED)
    opened.and_then(NOTIFIED, ALIAS_OPENED).when(Tick(GAG + 1)).then()


def test_a_gag_that_was_extended_ends_later() -> None:
    extended = events.GagExtended("c", GAG + DAY, b"x" * 32, INTENDED_AT)
    case = given(*GAGGED, HALF_TIME, WITNESSED, extended)
    case.when(Tick(GAG)).then()
    case.when(Tick(GAG + DAY)).then(NOTIFIED)


def test_a_hold_ends_by_itself_even_after_its_case() -> None:
    given(OPENED, HALF_TIME, HELD).when(Tick(HELD.until - 1)).then()
    given(OPENED, WITHDRAWN, HELD).when(Tick(HELD.until)).then(RELEASED)
    given(OPENED, WITHDRAWN, HELD, HELD_LONGER).when(Tick(HELD.until)).then()
    given(OPENED, WITHDRAWN, HELD, HELD_LONGER).when(Tick(HELD_LONGER.until)).then(RELEASED)
    given(OPENED, WITHDRAWN, HELD, RELEASED).when(Tick(HELD.until)).then()


def test_all_that_is_due_is_told_at_once() -> None:
    late = max(END, HELD.until)
    given(*READY, HELD).when(Tick(late)).then(events.CaseExpired("c", late), RELEASED)


def test_a_case_from_before_there_were_leaves_only_expires() -> None:
    old = replace(OPENED, case_salt=b"", due_at=0, delay_seconds=0)
    given(old).when(Tick(END - 1)).then()
    given(old).when(Tick(END)).then(EXPIRED)
    given(old, *AIMED[1:]).when(Tick(END)).then(LAPSED)
    given(old, *AIMED[1:], replace(EXECUTED, executed_at=0)).when(Tick(END)).then()


def half_time(now: int) -> events.HalfTimePassed:
    return replace(HALF_TIME, passed_at=now)

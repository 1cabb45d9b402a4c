"""Each check can fail: evidence that is right passes them all, and every way of breaking it is noticed by its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.disclosure.case_leaves import intent_leaf, leaves_of
from services.disclosure.domain import case
from services.disclosure.domain import case_events as events
from services.seal.leaves import (
    CaseAskedLeaf,
    Leaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
)
from tests.faults.openings import checks
from tests.faults.openings.checks import CaseEvidence, Evidence
from tests.faults.rig.checks import Kind
from tests.unit.disclosure.case_story import (
    COLLECTED,
    EXECUTED,
    INTENDED,
    OPENED,
    REFUSED,
    UNSEALED,
    VETOED,
    WITNESSED,
)

SEALED = EXECUTED.sealed_identity


def story(case_id: str, *happened: events.Event) -> tuple[case.Asked, list[Leaf]]:
    """A case of that name to which this happened, its intent being its own; and what it left in the log."""
    opened = replace(OPENED, case_id=case_id)
    commitment = intent_leaf(folded(opened, replace(INTENDED, case_id=case_id))).commitment
    state: case.State = case.initial
    left: list[Leaf] = []
    for event in (opened, *happened):
        own = replace(event, commitment=commitment) if isinstance(event, events.OpeningIntended) else event
        state = case.evolve(state, own)
        left += leaves_of(own, state)
    assert isinstance(state, case.Asked)
    return state, left


def folded(*happened: events.Event) -> case.Aimed:
    state: case.State = case.initial
    for event in happened:
        state = case.evolve(state, event)
    assert isinstance(state, case.Aimed)
    return state


def right() -> Evidence:
    """What is left when all went well: a case at each end, one that identity has just answered, one that waits."""
    collected, first = story("1", INTENDED, WITNESSED, UNSEALED, EXECUTED, COLLECTED)
    vetoed, second = story("2", INTENDED, WITNESSED, VETOED)
    unsealed, third = story("3", INTENDED, WITNESSED, UNSEALED)
    refused, fourth = story("4", INTENDED, WITNESSED, UNSEALED, REFUSED)
    running, fifth = story("5", INTENDED, WITNESSED)
    leaves = tuple(leaf.to_bytes() for leaf in (*first, *second, *third, *fourth, *fifth))
    cases = (
        CaseEvidence(collected, 1, (SEALED,), (SEALED,), 1, 1),
        CaseEvidence(vetoed, notified=1),
        CaseEvidence(unsealed, released=(SEALED,), notified=1),
        CaseEvidence(refused, notified=1),
        CaseEvidence(running, notified=1),
    )
    return Evidence(leaves, frozenset({len(leaves) - 2}), 0, cases)


def test_evidence_that_is_right_passes() -> None:
    assert checks.breaches(right()) == []


def without(kind: type[Leaf], which: int = 0) -> Callable[[Evidence], Evidence]:
    """The log lacks a leaf."""

    def damage(evidence: Evidence) -> Evidence:
        index = evidence.all_of(kind)[which][0]
        return replace(evidence, leaves=evidence.leaves[:index] + evidence.leaves[index + 1 :])

    return damage


def again(kind: type[Leaf]) -> Callable[[Evidence], Evidence]:
    """The log has a leaf once more at its end."""

    def damage(evidence: Evidence) -> Evidence:
        return replace(evidence, leaves=(*evidence.leaves, evidence.leaves[evidence.all_of(kind)[0][0]]))

    return damage


def first(kind: type[Leaf]) -> Callable[[Evidence], Evidence]:
    """A leaf stands at the beginning of the log."""

    def damage(evidence: Evidence) -> Evidence:
        moved = evidence.leaves[evidence.all_of(kind)[0][0]]
        return replace(evidence, leaves=(moved, *(leaf for leaf in evidence.leaves if leaf != moved)))

    return damage


def changed(number: int, **to: object) -> Callable[[Evidence], Evidence]:
    """What is known of one case is something else."""

    def damage(evidence: Evidence) -> Evidence:
        cases = list(evidence.cases)
        cases[number] = replace(cases[number], **to)  # type: ignore[arg-type]
        return replace(evidence, cases=tuple(cases))

    return damage


def another_result(evidence: Evidence) -> Evidence:
    (_, result) = evidence.all_of(OpenResultLeaf)[0]
    return replace(evidence, leaves=(*evidence.leaves, replace(result, at=result.at + 3600).to_bytes()))


def denied(evidence: Evidence) -> Evidence:
    (_, result) = evidence.all_of(OpenResultLeaf)[0]
    return replace(evidence, leaves=(*evidence.leaves, replace(result, outcome="refused").to_bytes()))


def reported(without_result: frozenset[int] = frozenset(), alarms: int = 0) -> Callable[[Evidence], Evidence]:
    """The report tells something else."""
    return lambda evidence: replace(evidence, without_result=without_result, alarms=alarms)


BREAKS: list[tuple[str, Callable[[Evidence], Evidence], checks.Check, Kind]] = [
    ("no intent", without(OpenIntentLeaf), checks.one_intent_for_each_case, Kind.LOST),
    ("two intents", again(OpenIntentLeaf), checks.one_intent_for_each_case, Kind.DOUBLED),
    ("no result", without(OpenResultLeaf), checks.the_log_tells_how_it_went, Kind.LOST),
    ("two results", another_result, checks.the_log_tells_how_it_went, Kind.DOUBLED),
    ("denied after it was opened", denied, checks.the_log_tells_how_it_went, Kind.OTHER),
    ("no veto", without(OpeningVetoedLeaf), checks.the_log_tells_how_it_went, Kind.LOST),
    ("a name without a log", without(OpenResultLeaf), checks.nobody_is_released_unless_the_log_tells, Kind.OTHER),
    ("a result before its intent", first(OpenResultLeaf), checks.no_result_without_an_intent, Kind.OTHER),
    ("a result of no intent", without(OpenIntentLeaf), checks.no_result_without_an_intent, Kind.OTHER),
    ("intended before asked", first(OpenIntentLeaf), checks.leaves_stand_in_order, Kind.OTHER),
    ("told before intended", first(SubjectNoticeLeaf), checks.leaves_stand_in_order, Kind.OTHER),
    ("never asked", without(CaseAskedLeaf), checks.leaves_stand_in_order, Kind.OTHER),
    ("not told", without(SubjectNoticeLeaf), checks.leaves_stand_in_order, Kind.LOST),
    ("no release", changed(0, released=()), checks.an_answer_is_released_once, Kind.LOST),
    ("two releases", changed(0, released=(SEALED, SEALED)), checks.an_answer_is_released_once, Kind.DOUBLED),
    ("other bytes", changed(0, released=(b"other",)), checks.an_answer_is_released_once, Kind.DOUBLED),
    ("two answers", changed(0, given=(SEALED, b"other")), checks.an_answer_is_released_once, Kind.DOUBLED),
    ("a release too early", changed(4, released=(SEALED,)), checks.an_answer_is_released_once, Kind.OTHER),
    (
        "released twice, not recorded",
        changed(2, released=(SEALED,) * 2),
        checks.an_answer_is_released_once,
        Kind.DOUBLED,
    ),
    (
        "an answer before its time",
        changed(2, given=(SEALED,)),
        checks.an_answer_is_released_once,
        Kind.OTHER,
    ),
    ("not collected", changed(0, collections=0), checks.an_answer_is_collected_once, Kind.LOST),
    ("collected twice", changed(0, collections=2), checks.an_answer_is_collected_once, Kind.DOUBLED),
    ("no notice", changed(2, notified=0), checks.the_subject_is_told_once, Kind.LOST),
    ("two notices", changed(2, notified=2), checks.the_subject_is_told_once, Kind.DOUBLED),
    ("opening not told", changed(0, told_opened=0), checks.the_subject_is_told_once, Kind.LOST),
    ("an intent not shown", reported(), checks.the_report_shows_what_has_no_result, Kind.OTHER),
    ("an alarm", reported(alarms=1), checks.the_report_raises_no_alarm, Kind.OTHER),
    ("a leaf twice", again(OpenResultLeaf), checks.nothing_is_in_the_log_twice, Kind.DOUBLED),
]


@pytest.mark.parametrize(("damage", "check", "kind"), [each[1:] for each in BREAKS], ids=[each[0] for each in BREAKS])
def test_each_check_notices_what_it_is_there_for(
    damage: Callable[[Evidence], Evidence], check: checks.Check, kind: Kind
) -> None:
    assert list(check(right())) == []
    assert kind in {breach.kind for breach in check(damage(right()))}


def test_no_check_is_without_a_way_to_break_it() -> None:
    assert {check for _, _, check, _ in BREAKS} == set(checks.CHECKS)

"""What each event of a case leaves in the log: enough to hold the platform to it, and not whose case it is."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from services.disclosure.case_leaves import leaves_of, results_of
from services.disclosure.domain import case, case_decider
from services.disclosure.domain import case_events as events
from services.disclosure.messages import statement_of
from services.seal import leaves
from services.seal.leaves import Leaf, OpenIntentLeaf, case_reference
from tests.unit.disclosure.case_story import (
    AIMED,
    ALIAS,
    ALIAS_OPENED,
    ANN,
    COLLECTED,
    COMMITMENT,
    DAY,
    DECLINED,
    DONE,
    EXECUTED,
    EXPIRED,
    GAG,
    HALF_TIME,
    HELD,
    HELD_LONGER,
    INTENDED,
    LAPSED,
    NOTIFIED,
    NOW,
    OPENED,
    OPENS_AT,
    READY,
    REFUSED,
    RELEASED,
    RUNNING,
    UNSEALED,
    UNSEALED_ONE,
    VETOED,
    WITHDRAWN,
    WITHDRAWN_APPROVAL,
    WITNESSED,
)

CASE = case_reference(OPENED.case_salt, "c")
EXTENDED = events.GagExtended("c", GAG + DAY, b"x" * 32, NOW)
INTENT = OpenIntentLeaf.of(statement_of(OPENED), salt=INTENDED.intent_salt, case=CASE, subject=INTENDED.subject)
NOTICE = leaves.SubjectNoticeLeaf(COMMITMENT, INTENDED.blind, INTENDED.mark)


def hour(at: int) -> int:
    """What the log tells of a moment."""
    return at // 3600 * 3600


LEFT: list[tuple[tuple[events.Event, ...], events.Event, tuple[Leaf, ...]]] = [
    ((), OPENED, (leaves.CaseAskedLeaf(CASE, "court", "court-order", hour(NOW), hour(OPENED.due_at)),)),
    ((), DECLINED, (leaves.CaseDeclinedLeaf(CASE, "company", "none", "name", hour(NOW)),)),
    ((OPENED,), ANN, ()),
    (
        (OPENED, ANN),
        WITHDRAWN_APPROVAL,
        (leaves.ApprovalWithdrawnLeaf(WITHDRAWN_APPROVAL.approval_hash, "ann", b"w" * 64),),
    ),
    ((OPENED, ANN), replace(WITHDRAWN_APPROVAL, approval_hash=b""), ()),
    ((OPENED,), HALF_TIME, ()),
    ((OPENED,), WITHDRAWN, (leaves.CaseEndedLeaf(CASE, "withdrawn", hour(NOW + 1)),)),
    ((OPENED,), EXPIRED, (leaves.CaseEndedLeaf(CASE, "expired", hour(EXPIRED.expired_at)),)),
    ((OPENED,), HELD, (leaves.HoldLeaf(CASE, hour(HELD.until)),)),
    ((OPENED, HELD), HELD_LONGER, (leaves.HoldLeaf(CASE, hour(HELD_LONGER.until)),)),
    ((OPENED, HELD), RELEASED, (leaves.HoldLeaf(CASE, 0),)),
    (READY, INTENDED, (INTENT, NOTICE)),
    (AIMED, WITNESSED, ()),
    ((*AIMED, WITNESSED), NOTIFIED, ()),
    (RUNNING, EXTENDED, (leaves.GagExtendedLeaf(COMMITMENT, GAG + DAY, b"x" * 32),)),
    (RUNNING, VETOED, (leaves.OpeningVetoedLeaf(COMMITMENT, "bob", b"v" * 64),)),
    (RUNNING, UNSEALED, (leaves.OpenResultLeaf(COMMITMENT, "opened", hour(OPENS_AT + 1)),)),
    (UNSEALED_ONE, REFUSED, ()),
    (RUNNING, LAPSED, (leaves.OpenResultLeaf(COMMITMENT, "expired", hour(LAPSED.lapsed_at)),)),
    (UNSEALED_ONE, EXECUTED, ()),
    ((*UNSEALED_ONE, EXECUTED), ALIAS_OPENED, ()),
    (DONE, COLLECTED, ()),
]


def after(*told: events.Event) -> case.State:
    """The state after these."""
    state = case.initial
    for event in told:
        state = case_decider.evolve(state, event)
    return state


@pytest.mark.parametrize(("before", "event", "left"), LEFT, ids=lambda part: type(part).__name__)
def test_what_an_event_leaves(before: tuple[events.Event, ...], event: events.Event, left: tuple[Leaf, ...]) -> None:
    assert leaves_of(event, after(*before, event)) == left


def test_every_event_is_looked_at() -> None:
    assert {type(event) for _, event, _ in LEFT} == set(get_args(events.Event))


def test_under_a_gag_the_notice_follows_later() -> None:
    gagged = replace(OPENED, gag_until=GAG)
    (intent,) = leaves_of(INTENDED, after(gagged, *AIMED[1:]))
    assert isinstance(intent, OpenIntentLeaf)
    assert intent.gag_until == GAG
    assert leaves_of(NOTIFIED, after(gagged, *AIMED[1:], WITNESSED, NOTIFIED)) == (NOTICE,)


def test_an_intent_of_when_no_notice_could_be_checked_leaves_none() -> None:
    old = replace(INTENDED, mark=b"")
    for facts in (OPENED, replace(OPENED, gag_until=GAG)):
        (intent,) = leaves_of(old, after(facts, *AIMED[1:-1], old))
        assert isinstance(intent, OpenIntentLeaf)
        assert leaves_of(NOTIFIED, after(facts, *AIMED[1:-1], old, WITNESSED, NOTIFIED)) == ()


def test_a_waived_notice_is_said_to_be() -> None:
    waived = replace(OPENED, waiver_hash=b"w" * 32)
    intent, notice = leaves_of(INTENDED, after(waived, *AIMED[1:]))
    assert isinstance(intent, OpenIntentLeaf)
    assert (intent.waived, notice) == (1, NOTICE)


def test_that_the_envelope_was_opened_is_the_last_word() -> None:
    opened = leaves.OpenResultLeaf(COMMITMENT, "opened", hour(OPENS_AT + 1))
    for told in (UNSEALED_ONE, DONE, (*DONE, COLLECTED), (*UNSEALED_ONE, REFUSED)):
        assert results(told) == (opened,)
    assert [results(told) for told in (AIMED, RUNNING)] == [(), ()]


def test_a_case_of_before_the_envelope_had_a_leaf_has_one_result() -> None:
    for end, outcome in ((EXECUTED, "opened"), (REFUSED, "refused")):
        assert leaves_of(end, after(*RUNNING, end)) == results((*RUNNING, end))
        assert [leaf.outcome for leaf in results((*RUNNING, end))] == [outcome]


def results(told: tuple[events.Event, ...]) -> tuple[Any, ...]:
    state = after(*told)
    assert isinstance(state, case.Aimed)
    return results_of(state)


def test_no_leaf_says_whose_case_it_is() -> None:
    private = (b"c", ALIAS.hex().encode(), b"docket 7", b"statute 12", b"District Court", b"letter", b"text")
    for before, event, _ in LEFT:
        for leaf in leaves_of(event, after(*before, event)):
            lines = leaf.to_bytes().splitlines()[1:]
            values = [line.partition(b" ")[2] for line in lines]
            assert not set(private) & set(values)


def test_a_case_without_a_salt_has_no_leaves() -> None:
    old = replace(OPENED, case_salt=b"")
    for told in ((old,), (old, EXPIRED), (old, *AIMED[1:]), (old, *AIMED[1:], LAPSED)):
        assert leaves_of(told[-1], after(*told)) == ()

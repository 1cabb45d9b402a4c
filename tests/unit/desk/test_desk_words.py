"""What leaves, times and cases are in words, and which case is the most pressing."""

import pytest

from services.seal import leaves
from services.seal.leaves import (
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    HoldLeaf,
    LabelDefinedLeaf,
    Leaf,
    LockDownLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    UnlockLeaf,
)
from vouchsafe.desk.case_words import by_urgency, clocks_of, notice_of, requester_of, state_of
from vouchsafe.desk.words import _SENTENCES, leaf_in_words, moment, printable, span, until
from vouchsafe.disclosure.v1 import case_service_pb2 as pb

NOW, HOUR, DAY = 1_900_000_000, 3600, 86_400
A, B = b"a" * 32, b"b" * 32


def test_every_kind_of_leaf_has_a_sentence():
    assert set(_SENTENCES) == {kind.KIND for kind in Leaf.__subclasses__()}


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        (CaseAskedLeaf(A, "court", "court-order", NOW, NOW + DAY), "a court asked on the basis of a court order"),
        (CaseDeclinedLeaf(A, "company", "none", "name", NOW), "a company asked for a name on no legal basis"),
        (CaseDeclinedLeaf(A, "employer", "none", "deletion", NOW), "asked for a deletion"),
        (CaseAskedLeaf(A, "police", "emergency", NOW, NOW + DAY), "police asked on the basis of an emergency"),
        (OpenIntentLeaf(A, B, A, DAY, 0, 0), "the subject is told at once"),
        (OpenIntentLeaf(A, B, A, DAY, NOW, 1), f"when the gag ends, {moment(NOW)}"),
        (OpenIntentLeaf(A, B, A, DAY, 0, 1), "does not wait for the subject"),
        (OpenResultLeaf(A, "opened", NOW), "envelope was opened"),
        (OpenResultLeaf(A, "refused", NOW), "named nobody"),
        (OpenResultLeaf(A, "exploded", NOW), "“exploded”"),
        (HoldLeaf(A, 0), "released"),
        (HoldLeaf(A, NOW), moment(NOW)),
        (LockDownLeaf(2, "ann", b"s" * 64), "ann locked everything down (number 2)"),
        (UnlockLeaf(2), "lock-down 2"),
        (LabelDefinedLeaf("acme", 1, "Employee of Acme", "none"), "means “Employee of Acme”"),
    ],
    ids=lambda value: getattr(value, "KIND", ""),
)
def test_a_leaf_says_what_it_says(leaf: Leaf, said: str):
    words = leaf_in_words(leaf.to_bytes())
    assert said in words.sentence
    assert words.kind == leaf.KIND
    assert len(words.fields) == leaf.to_bytes().count(b"\n") - 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not written"),
        (b"\xff\xfe", "not written"),
        (b"no leaf\n", "not written"),
        (b"vouchsafe/v1/leaf/open-intent\n", "malformed"),
        (b"vouchsafe/v1/leaf/case-asked\ncase x\n", "malformed"),
        (b"vouchsafe/v1/leaf/legal-hold\ncase a\nuntil soon\n", "malformed"),
        (b"vouchsafe/v1/leaf/legal-hold\ncase a\nuntil 99999999999999999999\n", "beyond any calendar"),
        (b"vouchsafe/v1/leaf/of-tomorrow\na b\n", "does not know"),
    ],
)
def test_what_is_no_leaf_of_ours_is_said_to_be_none(data: bytes, said: str):
    assert said in leaf_in_words(data).sentence


def test_nothing_steers_a_reader():
    assert printable("a\u202eb\x1b[31m\u2066") == "a�b�[31m�"
    assert "\u202e" not in str(leaf_in_words(leaves.HEADER.encode() + "of-tomorrow\nx \u202e\n".encode()))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (3661, "1 h 1 min"), (14 * DAY, "14 d"), (DAY + 1, "1 d 1 s")],
)
def test_a_span_has_two_units_at_most(seconds: int, said: str):
    assert span(seconds) == said


def test_a_moment_is_in_utc_and_so_far_off():
    assert moment(0) == "1970-01-01 00:00 UTC"
    assert until(NOW + HOUR, NOW) == "in 1 h"
    assert until(NOW, NOW + HOUR) == "1 h ago"


def summary(state: pb.CaseState, **fields: int) -> pb.CaseSummary:
    return pb.CaseSummary(state=state, requester=pb.REQUESTER_CLASS_COURT, **fields)


def test_the_nearest_clock_comes_first_and_what_is_over_last():
    vetoed = summary(pb.CASE_STATE_VETOED, opened_at=NOW, due_at=NOW - DAY)
    declined = summary(pb.CASE_STATE_DECLINED, opened_at=NOW + 1)
    waiting = summary(pb.CASE_STATE_PENDING, due_at=NOW + DAY, expires_at=NOW + 60 * DAY)
    overdue = summary(pb.CASE_STATE_PENDING, due_at=NOW - 1, expires_at=NOW + 60 * DAY)
    opening = summary(pb.CASE_STATE_WITNESSED, due_at=NOW + 9 * DAY, opens_at=NOW + HOUR)
    assert by_urgency([vetoed, declined, waiting, overdue, opening]) == [overdue, opening, waiting, declined, vetoed]


def test_a_delay_that_is_over_is_told_from_one_that_runs():
    case = summary(pb.CASE_STATE_WITNESSED, opens_at=NOW)
    assert state_of(case, NOW - 1).text == "delay is running"
    assert state_of(case, NOW).text == "may be opened now"


def test_an_envelope_that_is_open_waits_for_identity_and_does_not_run_out():
    case = summary(pb.CASE_STATE_UNSEALED, opens_at=NOW - DAY, due_at=NOW + DAY, expires_at=NOW + 9 * DAY)
    assert [clock.name for clock in clocks_of(case, NOW)] == ["Answer due"]
    assert state_of(case, NOW).tone == "stop"
    assert by_urgency([summary(pb.CASE_STATE_COLLECTED), case])[0] is case


def test_each_state_has_words_and_a_sign():
    for state in pb.CaseState.values():
        shown = state_of(summary(state), NOW)
        assert shown.sign
        assert ("does not know" in shown.text) == (state == pb.CASE_STATE_UNSPECIFIED)


@pytest.mark.parametrize(
    ("passed", "tone", "note"),
    [(4, "over", "half of the time in 1 d"), (5, "wait", "half of the time is over"), (10, "stop", "overdue")],
)
def test_the_clock_to_the_answer_presses_from_half_time_on(passed: int, tone: str, note: str):
    case = summary(pb.CASE_STATE_PENDING, opened_at=NOW, due_at=NOW + 10 * DAY)
    (due,) = clocks_of(case, NOW + passed * DAY)
    assert (due.name, due.tone, due.note) == ("Answer due", tone, note)


def test_gag_and_hold_outlast_a_case():
    case = pb.Case(state=pb.CASE_STATE_COLLECTED, gag_until=NOW + DAY, due_at=NOW + HOUR)
    case.hold.until = NOW + 2 * DAY
    case.intent.gagged_until = NOW + 3 * DAY
    assert [clock.name for clock in clocks_of(case, NOW)] == ["Hold ends", "Gag ends"]
    assert moment(NOW + 3 * DAY) in notice_of(case)
    case.intent.notified = True
    assert "has been told" in notice_of(case)


def test_a_class_of_requesters_that_is_unknown_is_shown_as_such():
    assert requester_of(pb.CaseSummary(requester=99)) == "unknown (99)"
    assert requester_of(pb.CaseSummary(requester=pb.REQUESTER_CLASS_PRIVATE_PERSON)) == "private person"

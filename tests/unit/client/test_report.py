"""The transparency report: what it counts is in the log, and what is in the log is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.leaves import OfficerAddedLeaf, OpenIntentLeaf, PolicySetLeaf, SubjectNoticeLeaf, UnlockLeaf
from tests.unit.client.log_stories import DAY, OFFICERS, POLICY, START, Story, blind, intent, named, trust
from vouchsafe.sdk.demands import Flaw, read_demands
from vouchsafe.sdk.report import Report, report_on
from vouchsafe.sdk.report_parts import AnswerTime, Count, Declined, GagState, IntentState, Month

TRUST = trust()
ROOT = bytes(32)


def story() -> Story:
    return Story(TRUST)


def report(told: Story, *, days: float = 30) -> Report:
    """The report on a story, so many days after its start."""
    return report_on(TRUST, told.leaves, root=ROOT, as_of=START + int(days * DAY))


def opened(told: Story, case: str) -> Story:
    return told.asked(case).intended(case).told(case).ended(case)


def test_nothing_has_happened() -> None:
    empty = report(story())
    assert (empty.size, empty.demands, empty.alarms) == (1, 0, 0)
    assert (empty.officers, empty.policy) == (TRUST.officers, POLICY)


def test_demands_are_counted_by_requester_basis_and_outcome() -> None:
    told = story().declined("a").declined("b").declined("c", "investor")
    opened(told, "d").asked("e").dropped("e").asked("f")
    assert report(told).counts == (
        Count("company", "none", "declined", 2),
        Count("court", "court-order", "opened", 1),
        Count("court", "court-order", "pending", 1),
        Count("court", "court-order", "withdrawn", 1),
        Count("investor", "none", "declined", 1),
    )


def test_the_pressure_ledger_tells_what_was_wanted() -> None:
    told = story().declined("a").declined("b", wants="deletion").declined("c", wants="deletion")
    assert report(told).declined == (Declined("company", "deletion", 2), Declined("company", "name", 1))


def test_months_are_of_when_it_was_asked() -> None:
    told = story().declined("a").asked("b").asked("c", at=START + 31 * DAY)
    assert report(told, days=40).months == (Month("2030-03", 1, 1), Month("2030-04", 0, 1))


def test_an_intent_without_a_result_is_listed_until_it_has_one() -> None:
    told = story().asked("a").intended("a", delay=3 * DAY, waived=True).told("a")
    (listed,) = report(told, days=1).open_intents
    assert (listed.intent.requester, listed.intent.index, listed.age) == ("court", 2, 1)
    assert (listed.state, listed.logged_from, listed.logged_to) == (IntentState.WAITING, START, 0)
    assert report(told.ended("a")).open_intents == ()


def test_an_intent_grows_due_and_overdue_by_what_is_certain() -> None:
    told = story().asked("a").intended("a", delay=3 * DAY, waived=True).told("a")
    # No later leaf tells when it was logged: it may have been a moment ago.
    assert report(told, days=59).open_intents[0].state is IntentState.WAITING
    told.declined("b", at=START + 2 * DAY)
    assert report(told, days=4).open_intents[0].state is IntentState.WAITING
    due = report(told, days=6)
    assert (due.open_intents[0].state, due.open_intents[0].logged_to) == (IntentState.DUE, START + 2 * DAY)
    assert due.alarms == 0
    overdue = report(told, days=61)
    assert (overdue.open_intents[0].state, overdue.alarms) == (IntentState.OVERDUE, 1)


def test_a_case_may_last_as_long_as_any_policy_let_it() -> None:
    told = story().asked("a").intended("a").told("a")
    told.carried(PolicySetLeaf(1, 2, 2, 3600, 3 * DAY, 14 * DAY, 20 * DAY), "officer-1", "officer-2")
    assert report(told, days=30).open_intents[0].state is IntentState.WAITING


def test_a_veto_ends_an_intent_and_a_false_one_does_not() -> None:
    told = story().asked("a").intended("a").told("a").vetoed("a")
    vetoed = report(told)
    assert (vetoed.open_intents, vetoed.counts) == ((), (Count("court", "court-order", "vetoed", 1),))
    assert [(each.officer, each.intent.index) for each in vetoed.vetoes] == [("officer-1", 2)]
    forged = story().asked("a").intended("a").told("a")
    forged.leaves += [told.leaves[-1].replace(b"officer-1", b"officer-2")]
    found = report(forged)
    assert [each.flaw for each in found.findings] == [Flaw.VOID]
    assert len(found.open_intents) == 1


def test_that_somebody_was_opened_is_told_whatever_was_told_before() -> None:
    told = story().asked("a").intended("a").told("a").vetoed("a").ended("a", "opened")
    found = report(told)
    assert found.counts == (Count("court", "court-order", "opened", 1),)
    assert [(each.index, each.flaw) for each in found.findings] == [(5, Flaw.AFTER_THE_END)]
    told = story().asked("a").dropped("a").intended("a").told("a").ended("a", "opened")
    found = report(told)
    assert found.counts == (Count("court", "court-order", "opened", 1),)
    assert [each.flaw for each in found.findings] == [Flaw.AFTER_THE_END, Flaw.VOID, Flaw.AFTER_THE_END]


@pytest.mark.parametrize("more", ["opened", "refused", "expired"])
def test_nothing_that_is_told_after_an_opening_makes_it_none(more: str) -> None:
    found = report(opened(story(), "a").ended("a", more))
    assert found.counts == (Count("court", "court-order", "opened", 1),)
    assert [(each.index, each.flaw) for each in found.findings] == [(5, Flaw.AFTER_THE_END)]
    assert found.alarms == 1


def test_what_identity_named_is_not_hidden_by_another_intent_that_it_refused() -> None:
    told = story().asked("a").intended("a").told("a")
    told.add(OpenIntentLeaf(intent("b"), named("a"), named("subject"), 14 * DAY, 0, 0))
    found = report(told.ended("a").ended("b", "refused"))
    assert found.counts == (Count("court", "court-order", "opened", 1),)
    broken = [each.flaw for each in found.findings if each.flaw is not Flaw.VOID]
    assert broken == [Flaw.REPEATED, Flaw.AFTER_THE_END]


def test_gags_are_in_force_then_ended_or_overdue() -> None:
    told = story().asked("a").intended("a", gag=START + 20 * DAY)
    assert [(gag.state, gag.until) for gag in report(told, days=19).gags] == [(GagState.IN_FORCE, START + 20 * DAY)]
    assert report(told, days=19).untold == ()
    overdue = report(told, days=21)
    assert ([gag.state for gag in overdue.gags], overdue.alarms) == ([GagState.OVERDUE], 1)
    told.gag_extended("a", START + 40 * DAY)
    (gag,) = report(told, days=21).gags
    assert (gag.state, gag.until, gag.extensions) == (GagState.IN_FORCE, START + 40 * DAY, 1)
    assert [gag.state for gag in report(told.told("a"), days=50).gags] == [GagState.ENDED]


def test_a_subject_who_is_not_told_without_a_gag_stands_out() -> None:
    told = story().asked("a").intended("a").declined("b")
    found = report(told)
    assert [(each.intent.index, each.age) for each in found.untold] == [(2, 1)]
    assert found.alarms == 1


def test_waived_openings_are_listed() -> None:
    told = story().asked("a").intended("a", waived=True).told("a").ended("a", "refused")
    told.asked("b").intended("b", gag=START + DAY).asked("c").intended("c").told("c")
    assert [(each.intent.index, each.outcome) for each in report(told).waived] == [(2, "refused"), (6, "")]


def test_time_to_answer_has_the_median_the_worst_and_who_was_late() -> None:
    told = story()
    for case, days in (("a", 2), ("b", 4), ("c", 12)):
        told.asked(case).dropped(case, at=START + days * DAY)
    told.asked("d").asked("e", due=40 * DAY).declined("f")
    assert report(told).answer_times == (AnswerTime("court", 3, 4 * DAY, 12 * DAY, 1, 2, 1),)


def test_a_veto_tells_no_time() -> None:
    told = story().asked("a").intended("a").told("a").vetoed("a")
    assert report(told).answer_times == (AnswerTime("court", 0, 0, 0, 0, 0, 0),)


def test_a_lock_down_lasts_until_a_quorum_ends_it() -> None:
    told = story().locked().declined("a")
    (lock,) = report(told).lock_downs
    assert (lock.number, lock.officer, lock.index, lock.ended) == (1, "officer-1", 1, None)
    told.carried(UnlockLeaf(1), "officer-2", "officer-3")
    assert [each.ended for each in report(told).lock_downs] == [5]


def test_amendments_are_told_when_they_take_effect() -> None:
    added = OfficerAddedLeaf(1, "officer-4", "judge", "court", OFFICERS["officer-1"].sign(b"")[:32])
    told = story().carried(added, "officer-1")
    assert report(told).amendments == ()
    told = story().carried(added, "officer-1", "officer-2")
    (amendment,) = report(told).amendments
    assert ([officer.name for officer in amendment.added], amendment.removed, amendment.policy) == (
        ["officer-4"],
        (),
        None,
    )
    assert len(report(told).officers) == 4
    told.carried(PolicySetLeaf(2, 3, 2, 3600, 3 * DAY, 14 * DAY, 60 * DAY), "officer-1", "officer-2")
    assert report(told).amendments[1].policy == report(told).policy
    assert report(told).policy.approvals == 3


def test_holds_are_extended_released_and_placed_again() -> None:
    told = story().asked("a").held("a", START + 60 * DAY).held("a", START + 90 * DAY).held("a", 0)
    told.held("a", START + 70 * DAY)
    assert [(hold.until - START, hold.extensions, hold.released) for hold in report(told).holds] == [
        (90 * DAY, 1, True),
        (70 * DAY, 0, False),
    ]


@pytest.mark.parametrize(
    ("leaf", "kind", "flaw"),
    [
        (b"rubbish", "", Flaw.MALFORMED),
        (b"\xff\n", "", Flaw.MALFORMED),
        (b"vouchsafe/v1/leaf/open-intent\nnothing of it\n", "open-intent", Flaw.MALFORMED),
        (b"vouchsafe/v1/leaf/new-thing\nvalue 1\n", "new-thing", Flaw.UNKNOWN_KIND),
    ],
)
def test_a_malformed_leaf_is_reported_and_nothing_else_is_lost(leaf: bytes, kind: str, flaw: Flaw) -> None:
    told = opened(story(), "a")
    told.leaves.append(leaf)
    opened(told, "b")
    found = report(told)
    assert [(each.index, each.kind, each.flaw) for each in found.findings] == [(5, kind, flaw)]
    assert found.counts == (Count("court", "court-order", "opened", 2),)
    assert found.alarms == 1


def flaws(told: Story) -> list[tuple[int, Flaw]]:
    return [(each.index, each.flaw) for each in report(told).findings]


def test_what_breaks_a_rule_is_found() -> None:
    assert flaws(story().asked("a").asked("a")) == [(2, Flaw.REPEATED)]
    assert flaws(story().declined("a").declined("a")) == [(2, Flaw.REPEATED)]
    assert flaws(story().dropped("a")) == [(1, Flaw.UNMATCHED)]
    assert flaws(story().ended("a")) == [(1, Flaw.UNMATCHED)]
    assert flaws(story().told("a")) == [(1, Flaw.UNMATCHED)]
    assert flaws(story().intended("a").told("a")) == [(1, Flaw.UNMATCHED), (2, Flaw.VOID)]
    assert flaws(story().asked("a").intended("a").told("a").told("a")) == [(4, Flaw.REPEATED)]
    assert flaws(opened(story(), "a").ended("a")) == [(5, Flaw.AFTER_THE_END)]
    assert flaws(story().asked("a").dropped("a", "evaporated")) == [(2, Flaw.UNKNOWN_WORD)]
    assert flaws(story().declined("a", "friend")) == [(1, Flaw.UNKNOWN_WORD)]
    assert flaws(story().held("a", 5)) == [(1, Flaw.UNMATCHED)]
    assert flaws(story().asked("a").held("a", 0)) == [(2, Flaw.UNMATCHED)]


def test_a_notice_of_another_subject_is_found_and_tells_nobody() -> None:
    told = story().asked("a").intended("a", gag=START + DAY)
    wrong = SubjectNoticeLeaf(intent("a"), blind("a"), named("somebody else"))
    found = report(told.add(wrong), days=2)
    assert [(each.index, each.flaw) for each in found.findings] == [(3, Flaw.WRONG_SUBJECT)]
    assert [gag.state for gag in found.gags] == [GagState.OVERDUE]
    assert [gag.state for gag in report(told.told("a"), days=2).gags] == [GagState.ENDED]


def test_a_second_intent_of_a_case_is_listed_and_found() -> None:
    told = story().asked("a").intended("a").told("a")
    told.add(OpenIntentLeaf(intent("b"), named("a"), named("subject"), 14 * DAY, 0, 0))
    assert flaws(told) == [(4, Flaw.REPEATED)]
    assert len(read_demands(told.leaves).intents) == 2


def test_a_demand_that_the_rule_declines_is_found_when_it_was_taken_up() -> None:
    told = story().asked("a")
    told.leaves[-1] = told.leaves[-1].replace(b"requester court", b"requester company")
    assert flaws(told) == [(1, Flaw.WITHOUT_GROUND)]


def test_an_intent_that_leaves_less_time_than_the_policy_of_its_day_is_found() -> None:
    assert flaws(story().asked("a").intended("a", delay=13 * DAY).told("a")) == [(2, Flaw.TOO_SOON)]
    assert flaws(story().asked("a").intended("a", delay=13 * DAY, waived=True).told("a")) == []
    assert flaws(story().asked("a").intended("a", delay=2 * DAY, waived=True).told("a")) == [(2, Flaw.TOO_SOON)]
    gagged = story().asked("a").intended("a", gag=START + DAY)
    assert flaws(gagged) == []
    gagged.leaves[-1] = gagged.leaves[-1].replace(b"waived 1", b"waived 0")
    assert flaws(gagged) == [(2, Flaw.TOO_SOON)]
    shorter = PolicySetLeaf(1, 2, 2, 3600, 3 * DAY, 10 * DAY, 60 * DAY)
    told = story().asked("a").intended("a", delay=10 * DAY).told("a").carried(shorter, "officer-1", "officer-2")
    assert flaws(told.asked("b").intended("b", delay=10 * DAY).told("b")) == [(2, Flaw.TOO_SOON)]


def test_a_time_that_witnesses_saw_pass_later_puts_nothing_off() -> None:
    far = START + 10_000 * DAY
    lied = story().asked("a", at=far).intended("a").told("a")
    found = report(lied, days=1)
    assert [each.state for each in found.open_intents] == [IntentState.OVERDUE]
    assert flaws(lied) == [(1, Flaw.FROM_THE_FUTURE)]
    late = story().asked("a").declined("b", at=far).intended("a").told("a").declined("c", at=START + DAY)
    found = report(late, days=20)
    assert [(each.state, each.logged_from, each.logged_to) for each in found.open_intents] == [
        (IntentState.DUE, START, START + DAY)
    ]
    assert flaws(story().asked("a", at=2**64 - 1, due=0)) == [(1, Flaw.FROM_THE_FUTURE)]


def test_what_was_no_gag_is_not_extended_to_excuse_a_missing_notice() -> None:
    told = story().asked("a").intended("a", waived=True).gag_extended("a", START + 1000 * DAY)
    assert flaws(told) == [(3, Flaw.UNMATCHED)]
    assert (len(report(told).untold), report(told).gags) == (1, ())


def test_an_intent_of_an_unknown_case_is_overdue_at_once() -> None:
    (listed,) = report(story().intended("a").told("a"), days=0).open_intents
    assert (listed.intent.requester, listed.state) == ("unknown", IntentState.OVERDUE)


def test_a_word_that_the_log_does_not_have_is_shown_to_nobody() -> None:
    found = report(story().declined("a", "<script>"))
    assert found.counts == (Count("unknown", "none", "declined", 1),)


STEPS = st.sampled_from(
    ["declined", "pending", "withdrawn", "expired", "opened", "refused", "vetoed", "intended", "gagged"]
)
CASES = st.lists(STEPS, max_size=6)


def lines_of(case: str, step: str) -> list[bytes]:
    """The leaves of one case that got so far."""
    told = story()
    match step:
        case "declined":
            told.declined(case)
        case "withdrawn" | "expired":
            told.asked(case).dropped(case, step)
        case "gagged":
            told.asked(case).intended(case, gag=START + 40 * DAY)
        case _:
            told.asked(case)
    if step in ("opened", "refused", "vetoed", "intended"):
        told.intended(case).told(case)
    if step in ("opened", "refused"):
        told.ended(case, step)
    if step == "vetoed":
        told.vetoed(case)
    return told.leaves[1:]


@given(CASES)
def test_counts_add_up(steps: list[str]) -> None:
    told = story()
    for number, step in enumerate(steps):
        told.leaves += lines_of(f"case {number}", step)
    found = report(told)
    assert found.demands == len(steps)
    assert sum(month.declined + month.taken_up for month in found.months) == len(steps)
    assert sum(each.count for each in found.declined) == steps.count("declined")
    assert len(found.open_intents) == steps.count("intended") + steps.count("gagged")
    assert len(found.gags) == steps.count("gagged")
    assert len(found.vetoes) == steps.count("vetoed")
    for outcome in ("declined", "withdrawn", "expired", "opened", "refused", "vetoed"):
        assert sum(c.count for c in found.counts if c.outcome == outcome) == steps.count(outcome)
    times = found.answer_times
    assert sum(t.answered for t in times) == sum(steps.count(s) for s in ("withdrawn", "expired", "opened", "refused"))
    assert sum(t.waiting for t in times) == sum(steps.count(s) for s in ("pending", "intended", "gagged"))
    assert found.alarms == 0


@given(CASES, st.data())
def test_the_order_of_unrelated_cases_does_not_matter(steps: list[str], data: st.DataObject) -> None:
    """Each case's leaves keep their order; how the cases are mixed changes indexes and ages, and no count."""
    pending = [lines_of(f"case {number}", step) for number, step in enumerate(steps)]
    together, mixed = story(), story()
    together.leaves += [leaf for lines in pending for leaf in lines]
    rest = [list(lines) for lines in pending if lines]
    while rest:
        chosen = data.draw(st.integers(0, len(rest) - 1))
        mixed.leaves.append(rest[chosen].pop(0))
        rest = [lines for lines in rest if lines]
    one, other = report(together), report(mixed)
    assert (one.counts, one.declined, one.months, one.answer_times) == (
        other.counts,
        other.declined,
        other.months,
        other.answer_times,
    )
    assert one.findings == other.findings == ()
    assert sorted(each.state for each in one.gags) == sorted(each.state for each in other.gags)
    assert len(one.open_intents) == len(other.open_intents)


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([named("x"), intent("a")])), max_size=5))
def test_no_leaf_whatever_it_holds_breaks_the_report(rubbish: list[bytes]) -> None:
    told = opened(story(), "a")
    told.leaves += rubbish
    found = report(told)
    assert len(found.findings) == len(rubbish)
    assert found.demands == 1

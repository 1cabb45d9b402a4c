"""A case in words: every clock, and what is unusual is written so that nobody reads past it."""

from services.seal.statements import NO_WAIVER
from tests.unit.client.officers import NOW, Shown, log_of, trust
from vouchsafe.cli.case_facts import evidence_of, facts_of, row_of
from vouchsafe.cli.governance_facts import governance_facts, policy_in_words
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import review


def facts(shown: Shown, **changes: object) -> dict[str, object]:
    for name, value in changes.items():
        setattr(shown.case, name, value)
    return dict(facts_of(shown.case, now=NOW))


def test_a_pending_case_tells_its_clocks_and_what_the_subject_learns() -> None:
    told = facts(Shown())
    assert str(told["answer due"]).endswith(", in 1d")
    assert str(told["ends unopened"]).endswith(", in 59d 23h")
    assert (told["requester"], told["basis"], told["asked for"]) == ("court", "court-order", "name")
    assert (told["subject"], told["approved by"]) == ("is told when the intent is logged", "nobody")


def test_half_time_and_an_overdue_answer_stand_out() -> None:
    assert "HALF-TIME PASSED" in str(facts(Shown(), half_time_passed=True)["answer due"])
    assert "OVERDUE since 1m" in str(facts(Shown(), due_at=NOW - 60)["answer due"])


def test_a_waiver_and_a_gag_are_told_with_the_document_that_they_stand_on() -> None:
    waived = str(facts(Shown(), waiver_hash=b"w" * 32)["subject"])
    assert waived.startswith("is not told before the opening")
    assert (b"w" * 32).hex() in waived
    assert "2030-01-01" in str(facts(Shown(), waiver_hash=b"w" * 32, gag_until=1_893_456_000)["subject"])


def test_an_intended_case_tells_when_it_opens() -> None:
    shown = Shown()
    shown.intend()
    assert str(facts(shown)["opens"]).endswith(", in 13d 23h")
    shown.case.intent.notified = True
    assert facts(shown)["subject"] == "has been told"


def test_a_case_that_is_over_has_no_clocks_and_a_declined_one_only_what_was_asked() -> None:
    over = facts(Shown(), state=pb.CASE_STATE_VETOED, ended_at=NOW, vetoed_by="ann")
    assert not {"answer due", "opens", "ends unopened"} & over.keys()
    assert over["vetoed by"] == "ann"
    declined = facts(Shown(), state=pb.CASE_STATE_DECLINED)
    assert not {"subject", "approved by", "answer due"} & declined.keys()


def test_what_an_officer_decides_on_says_that_a_policy_is_shortened() -> None:
    shown = Shown()
    shown.case.waiver_hash = NO_WAIVER
    reviewed = review(shown.case, case_id=shown.case.case_id, trust=trust(), log=shown.log())
    told = dict(evidence_of(reviewed))
    assert (told["text"], told["delay"]) == ("text", "14d from the co-signed intent to the opening")
    assert "SHORTENED" not in str(told["rule"])


def test_governance_in_words() -> None:
    told = governance_facts(log_of().governance)
    assert ("officer", "ann, legal, ann & Co") in told
    assert ("locked", "no") in told
    policy = log_of().governance.policy
    assert "3d" not in policy_in_words(policy)
    assert "1d for a veto, 14d notice" in policy_in_words(policy)


def test_a_line_of_the_list() -> None:
    summary = pb.CaseSummary(
        case_id="c",
        state=pb.CASE_STATE_WITNESSED,
        requester=pb.REQUESTER_CLASS_POLICE,
        basis=pb.LEGAL_BASIS_EMERGENCY,
        organisation="LKA",
        instrument="1",
        due_at=NOW + 3_600,
        half_time_passed=True,
        opens_at=NOW + 60,
    )
    assert row_of(summary, now=NOW) == [
        *("c", "witnessed", "police / emergency", "LKA", "1"),
        "in 1h, HALF-TIME PASSED",
        "in 1m",
    ]
    declined = pb.CaseSummary(
        state=pb.CASE_STATE_DECLINED, requester=pb.REQUESTER_CLASS_COMPANY, basis=pb.LEGAL_BASIS_NONE
    )
    assert row_of(declined, now=NOW)[-2:] == ["", ""]

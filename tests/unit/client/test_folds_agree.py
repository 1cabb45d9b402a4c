"""Whoever reads one log tells the same of each intent: trustees and identity, the report, the wallet, the auditor.

Over random logs of a few cases and commitments, with decoys, repetitions and leaves out of their order.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.seal.announced import OVER, check_notices
from services.seal.errors import SealError
from services.seal.governance import Governance, fold
from services.seal.leaves import (
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    Leaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
)
from services.seal.statements import Veto
from services.seal.subject import subject_mark, subject_tag
from tests.unit.client.log_stories import OFFICERS, START, trust
from vouchsafe.sdk.demands import parse_leaf, read_demands
from vouchsafe.sdk.governance_history import read_governance
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.openings import FoundOpening, search
from vouchsafe.sdk.report import Report, report_on

TRUST = trust()
CASES = (b"A" * 32, b"B" * 32)
COMMITMENTS = (b"i" * 32, b"j" * 32)
PEOPLE = ((b"1" * 32, b"e" * 64), (b"2" * 32, b"f" * 64))
"""Blind and envelope of each."""


def vetoed(intent: bytes) -> OpeningVetoedLeaf:
    return OpeningVetoedLeaf(
        intent, "officer-1", OFFICERS["officer-1"].sign(Veto(TRUST.hash(), intent, "officer-1").signed_bytes())
    )


def intended(commitment: bytes, case: bytes, person: int, gag: int = 0) -> OpenIntentLeaf:
    blind, envelope = PEOPLE[person]
    tag = subject_tag(blind, subject_mark(blind, envelope))
    return OpenIntentLeaf(commitment, case, tag, 5, gag, int(gag > 0))


def told(commitment: bytes, person: int) -> SubjectNoticeLeaf:
    blind, envelope = PEOPLE[person]
    return SubjectNoticeLeaf(commitment, blind, subject_mark(blind, envelope))


INTENT, OTHER, A, B = *COMMITMENTS, *CASES
ASKED = CaseAskedLeaf(A, "court", "court-order", START, START + 10)
EXPIRED = OpenResultLeaf(INTENT, "expired", START)
VETOES = {commitment: vetoed(commitment) for commitment in COMMITMENTS}
LEAVES: tuple[Leaf, ...] = (
    *(replace(ASKED, case=case) for case in CASES * 3),
    *(CaseDeclinedLeaf(case, "company", "none", "name", START) for case in CASES),
    *(CaseEndedLeaf(case, how, START) for case in CASES for how in ("expired", "withdrawn")),
    *(intended(i, case, who, gag) for i in COMMITMENTS for case in CASES for who in (0, 1) for gag in (0, START)),
    *(told(i, who) for i in COMMITMENTS for who in (0, 1)),
    *(OpenResultLeaf(i, how, START) for i in COMMITMENTS for how in ("opened", "refused", "expired")),
    *VETOES.values(),
)


def standing(now: Governance, intent: OpenIntentLeaf) -> str:
    """How it stands for those who may open: empty while it may still be opened."""
    result = now.announced.results.get(intent.commitment, "")
    if result == "opened":
        return result
    over = result or ("over" if now.announced.cases[intent.case] == OVER else "")
    return "vetoed" if intent.commitment in now.vetoed and not over else over


def found_of(leaves: list[bytes], person: int) -> list[FoundOpening]:
    alias = cast("Alias", SimpleNamespace(envelope=PEOPLE[person][1]))
    return list(search(leaves, [alias], TRUST).found)


def report_of(leaves: list[bytes]) -> Report:
    return report_on(TRUST, leaves, root=bytes(32), as_of=START)


def refused_by_the_auditor(leaves: list[bytes]) -> bool:
    try:
        check_notices(leaves)
    except SealError:
        return True
    return False


@settings(max_examples=400, deadline=None, report_multiple_bugs=False)
@given(st.lists(st.sampled_from(LEAVES), min_size=2, max_size=9))
@example([intended(INTENT, A, 0), EXPIRED, ASKED, intended(INTENT, A, 0), told(INTENT, 0)])
@example([intended(INTENT, B, 1), ASKED, intended(INTENT, A, 0), told(INTENT, 0)])
@example([intended(INTENT, A, 1), told(INTENT, 0), ASKED, intended(INTENT, A, 0), told(INTENT, 0)])
@example([VETOES[INTENT], ASKED, intended(INTENT, A, 0), told(INTENT, 0)])
@example([ASKED, intended(INTENT, A, 0), intended(OTHER, A, 1), OpenResultLeaf(OTHER, "expired", START)])
@example([ASKED, intended(INTENT, A, 0), CaseEndedLeaf(A, "expired", START)])
def test_everybody_tells_the_same_of_each_intent(logged: list[Leaf]) -> None:
    leaves = [TRUST.ceremony_leaf().to_bytes(), *(leaf.to_bytes() for leaf in logged)]
    history = read_governance(TRUST, leaves)
    now, read = history.now, read_demands(leaves, frozenset(veto.index for veto in history.vetoes))
    assert [intent.index for intent in read.intents] == sorted(intent.index for intent in read.intents)
    listed = {intent.commitment: intent for intent in read.intents}
    running = {each.intent.index for each in report_of(leaves).open_intents}
    for commitment, leaf in now.announced.intents.items():
        shown = listed[commitment]
        assert leaves[shown.index] == leaf.to_bytes()
        assert shown.index not in history.void
        assert shown.noticed == now.noticed.get(commitment)
        stands = standing(now, leaf)
        assert (shown.outcome == "") == (stands == "") == (shown.index in running)
        if stands in ("opened", "vetoed"):  # that somebody was opened is never left out, counted or not
            assert shown.outcome in (stands, "opened")
        for person, (blind, envelope) in enumerate(PEOPLE):
            found = [each.outcome for each in found_of(leaves, person) if each.index == shown.index]
            his = leaf.subject == subject_tag(blind, subject_mark(blind, envelope))
            assert found == ([shown.outcome] if his and commitment in now.noticed else [])
    assert refused_by_the_auditor(leaves) == any(_misleads(leaves, index) for index in range(len(leaves)))


def _misleads(leaves: list[bytes], index: int) -> bool:
    """Whether the leaf is a notice of another subject than that of the intent which counts where it stands."""
    notice = parse_leaf(leaves[index])
    intents = fold(TRUST, leaves[:index]).announced.intents
    return (
        isinstance(notice, SubjectNoticeLeaf) and notice.intent in intents and not notice.tells(intents[notice.intent])
    )


@pytest.mark.parametrize("person", [0, 1])
def test_a_decoy_hides_nobody_from_himself(person: int) -> None:
    """A void intent under the commitment of the real one: what the subject finds, and what is counted, is the real."""
    logged = [intended(INTENT, A, 1 - person), EXPIRED, ASKED, intended(INTENT, A, person), told(INTENT, person)]
    leaves = [TRUST.ceremony_leaf().to_bytes(), *(leaf.to_bytes() for leaf in logged)]
    assert [(each.index, each.outcome) for each in found_of(leaves, person)] == [(4, "")]
    assert found_of(leaves, 1 - person) == []
    assert [each.intent.index for each in report_of(leaves).open_intents] == [4]
    assert not refused_by_the_auditor(leaves)


def test_a_veto_that_comes_before_its_intent_counts_for_everybody() -> None:
    logged = [VETOES[INTENT], ASKED, intended(INTENT, A, 0), told(INTENT, 0)]
    leaves = [TRUST.ceremony_leaf().to_bytes(), *(leaf.to_bytes() for leaf in logged)]
    assert [each.outcome for each in found_of(leaves, 0)] == ["vetoed"]
    found = report_of(leaves)
    assert (found.open_intents, found.count_of("vetoed")) == ((), 1)
    assert [veto.intent.requester for veto in found.vetoes] == ["court"]

"""What must hold of every case after any fault, judged by the public log and by what the stores hold.

Pure: `evidence` gathers, and each check tells what is wrong. A case comes to rest a moment after a fault, so who judges
looks until nothing is missing any more; what is doubled stays doubled.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from services.disclosure.domain import case
from services.seal.leaves import (
    CaseAskedLeaf,
    Leaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    case_reference,
    kind_of,
)
from tests.faults.rig.checks import Breach, Kind

L = TypeVar("L", bound=Leaf)

RESULTS: dict[type, list[str]] = {
    case.Unsealed: ["opened"],
    case.Opened: ["opened"],
    case.Collected: ["opened"],
    case.Refused: ["opened"],
    case.Lapsed: ["expired"],
}
"""What the log says of a case that has come so far; of any other nothing."""


@dataclass(frozen=True)
class CaseEvidence:
    """One case: its state, how often its answer was collected by what is recorded, what identity has recorded as its
    answers, which answers callers were given, and how often its subject's forum was told, of it and of its end.
    """

    state: case.Asked
    collections: int = 0
    released: tuple[bytes, ...] = ()
    given: tuple[bytes, ...] = ()
    notified: int = 0
    told_opened: int = 0

    @property
    def reference(self) -> bytes:
        """What the log calls the case."""
        return case_reference(self.state.facts.case_salt, self.state.facts.case_id)


@dataclass(frozen=True)
class Evidence:
    """The leaves of the public log, which of its intents the transparency report shows without a result, its alarms."""

    leaves: tuple[bytes, ...]
    without_result: frozenset[int]
    alarms: int
    cases: tuple[CaseEvidence, ...]

    def all_of(self, kind: type[L]) -> list[tuple[int, L]]:
        """Index and content of each leaf of a kind."""
        return [(at, kind.parse(leaf)) for at, leaf in enumerate(self.leaves) if self._kinds[at] == kind.KIND]

    @cached_property
    def _kinds(self) -> list[str]:
        return [kind_of(leaf) for leaf in self.leaves]

    def intents(self, each: CaseEvidence) -> list[tuple[int, OpenIntentLeaf]]:
        """The case's intents."""
        return [(at, leaf) for at, leaf in self.all_of(OpenIntentLeaf) if leaf.case == each.reference]

    def results(self, each: CaseEvidence) -> list[tuple[int, OpenResultLeaf]]:
        """The case's results."""
        commitments = {leaf.commitment for _, leaf in self.intents(each)}
        return [(at, leaf) for at, leaf in self.all_of(OpenResultLeaf) if leaf.intent_commitment in commitments]


Check = Callable[[Evidence], Iterator[Breach]]


def one_intent_for_each_case(evidence: Evidence) -> Iterator[Breach]:
    """As many as the case has: one when it was intended, else none."""
    for each in evidence.cases:
        yield from _counted(len(evidence.intents(each)), int(isinstance(each.state, case.Aimed)), "intent in the log")


def the_log_tells_how_it_went(evidence: Evidence) -> Iterator[Breach]:
    """What has become of each case, once; a veto is a leaf of its own kind."""
    for each in evidence.cases:
        wanted = RESULTS.get(type(each.state), [])
        found = [leaf.outcome for _, leaf in evidence.results(each)]
        for outcome in {*found, *wanted}:
            yield from _counted(found.count(outcome), wanted.count(outcome), f"{outcome} in the log")
        commitments = {leaf.commitment for _, leaf in evidence.intents(each)}
        vetoes = [leaf for _, leaf in evidence.all_of(OpeningVetoedLeaf) if leaf.intent in commitments]
        yield from _counted(len(vetoes), int(isinstance(each.state, case.Vetoed)), "veto in the log")


def no_result_without_an_intent(evidence: Evidence) -> Iterator[Breach]:
    """In the whole log, and in this order."""
    intents = {leaf.commitment: at for at, leaf in evidence.all_of(OpenIntentLeaf)}
    for at, leaf in evidence.all_of(OpenResultLeaf):
        if intents.get(leaf.intent_commitment, at) >= at:
            yield Breach(Kind.OTHER, f"leaf {at} is the result of no intent before it")


def leaves_stand_in_order(evidence: Evidence) -> Iterator[Breach]:
    """Asked, intent, notice, result."""
    asked = {leaf.case: at for at, leaf in evidence.all_of(CaseAskedLeaf)}
    notices = evidence.all_of(SubjectNoticeLeaf)
    for each in evidence.cases:
        for at, intent in evidence.intents(each):
            told = [index for index, notice in notices if notice.intent == intent.commitment]
            order = [asked.get(each.reference, len(evidence.leaves)), at, *told]
            order += [index for index, _ in evidence.results(each)]
            if order != sorted(order):
                yield Breach(Kind.OTHER, f"asked, intended, told and ended at {order}")
            if not each.state.facts.gag_until:
                yield from _counted(len(told), 1, "notice in the log")


def nobody_is_released_unless_the_log_tells(evidence: Evidence) -> Iterator[Breach]:
    """No log, no name."""
    for each in evidence.cases:
        if each.released and "opened" not in [leaf.outcome for _, leaf in evidence.results(each)]:
            yield Breach(Kind.OTHER, "identity has released somebody of whose opening the log does not tell")


def an_answer_is_released_once(evidence: Evidence) -> Iterator[Breach]:
    """Identity has named somebody once for each opened case, and nobody was given anything else, or of another case."""
    for each in evidence.cases:
        if isinstance(each.state, case.Opened | case.Collected):
            yield from _counted(len(each.released), 1, "release by identity")
            if len({each.state.end.sealed_identity, *each.released, *each.given}) > 1:
                yield Breach(Kind.DOUBLED, "one case has several answers")
            continue
        # Identity may have answered what disclosure has not recorded yet: it repeats that when it is asked again.
        most = int(isinstance(each.state, case.Unsealed))
        if len(each.released) > most:
            yield from _counted(len(each.released), most, "release by identity for a case that is not open")
        if each.given:
            yield Breach(Kind.OTHER, "an answer was given to a case that is not open")


def an_answer_is_collected_once(evidence: Evidence) -> Iterator[Breach]:
    """By what is recorded; whoever asks again under the same request is given the same, which is no second time."""
    for each in evidence.cases:
        yield from _counted(each.collections, int(isinstance(each.state, case.Collected)), "collection")


def the_subject_is_told_once(evidence: Evidence) -> Iterator[Breach]:
    """The forum has heard of each co-signed intent without a gag, and of its opening."""
    for each in evidence.cases:
        witnessed = isinstance(each.state, case.Aimed) and each.state.witnessed != case.NOT_WITNESSED
        opened = isinstance(each.state, case.Opened | case.Collected)
        yield from _counted(each.notified, int(witnessed), "notice at the forum")
        yield from _counted(each.told_opened, int(opened), "opening told to the forum")


def the_report_shows_what_has_no_result(evidence: Evidence) -> Iterator[Breach]:
    """Every intent of a case that has not ended, and none else."""
    running = (case.Intended, case.Witnessed)
    wanted = {at for each in evidence.cases if isinstance(each.state, running) for at, _ in evidence.intents(each)}
    for at in wanted ^ evidence.without_result:
        yield Breach(Kind.OTHER, f"whether intent {at} has a result is told wrongly")


def nothing_is_in_the_log_twice(evidence: Evidence) -> Iterator[Breach]:
    """No two leaves are the same."""
    for leaf, count in Counter(evidence.leaves).items():
        if count > 1:
            yield Breach(Kind.DOUBLED, f"{count} leaves are the same {kind_of(leaf)}")


def the_report_raises_no_alarm(evidence: Evidence) -> Iterator[Breach]:
    """No intent overdue, no subject untold, no leaf that breaks a rule."""
    if evidence.alarms:
        yield Breach(Kind.OTHER, f"the transparency report raises {evidence.alarms} alarms")


CHECKS: tuple[Check, ...] = (
    one_intent_for_each_case,
    the_log_tells_how_it_went,
    no_result_without_an_intent,
    leaves_stand_in_order,
    nobody_is_released_unless_the_log_tells,
    an_answer_is_released_once,
    an_answer_is_collected_once,
    the_subject_is_told_once,
    the_report_shows_what_has_no_result,
    nothing_is_in_the_log_twice,
    the_report_raises_no_alarm,
)


def breaches(evidence: Evidence) -> list[Breach]:
    """All that is wrong."""
    return [breach for check in CHECKS for breach in check(evidence)]


def _counted(found: int, wanted: int, what: str) -> Iterator[Breach]:
    if found != wanted:
        kind = Kind.LOST if found < wanted else Kind.DOUBLED if found > 1 else Kind.OTHER
        yield Breach(kind, f"{found} times {what}, not {wanted}")

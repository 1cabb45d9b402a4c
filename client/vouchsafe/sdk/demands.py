"""What the public log tells of demands, openings, notices and gags: one fold over its leaves.

Everything that the log says is kept, also what does not fit: a leaf that breaks a rule becomes a `Finding`, and an
intent is listed whatever else is wrong with it, unless another one counts under its commitment. Which leaves count is
told by the fold that trustees and identity go by (`seal.announced`). Whether the leaves are those of the log is
`audit`'s and `mirror`'s work, who may veto, lock and amend is `governance_history`'s, and counting is `report`'s.

Times are Unix seconds as the log holds them, rounded down by the service that wrote them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from services.seal.announced import Announced
from services.seal.authorization import MAX_CLOCK_SKEW
from services.seal.canonical import MAX_INTEGER
from services.seal.errors import SealError
from services.seal.leaves import (
    OPENED,
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    Leaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    kind_of,
)
from services.seal.requests import Basis, Requester, Wants, may_ask
from services.seal.subject import subject_tag

PENDING: Final = "pending"
UNKNOWN: Final = "unknown"
"""Stands for a word that the log does not know, and for one that no leaf has told."""


class Flaw(StrEnum):
    """What may be wrong with a leaf. The value is what the report's document holds."""

    MALFORMED = "malformed"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_WORD = "unknown-word"
    REPEATED = "repeated"
    UNMATCHED = "unmatched"
    WITHOUT_GROUND = "without-ground"
    AFTER_THE_END = "after-the-end"
    TOO_SOON = "too-soon"
    FROM_THE_FUTURE = "from-the-future"
    WRONG_SUBJECT = "wrong-subject"
    VOID = "void"


@dataclass(frozen=True)
class Finding:
    """A leaf that breaks a rule of the log: its index, its kind (empty when it has none) and what is wrong with it."""

    index: int
    kind: str
    flaw: Flaw


@dataclass(frozen=True)
class Demand:
    """Somebody asked for somebody's name, or for something to be deleted.

    `case` is the salted reference; `due` is 0 for a demand that was declined at once. `outcome` is `pending`, or how it
    ended: `declined` `opened` `refused` `expired` `vetoed` `withdrawn`; `ended_at` is 0 where the log tells no time.
    """

    index: int
    case: bytes
    requester: str
    basis: str
    wants: str
    asked_at: int
    due: int = 0
    outcome: str = "pending"
    ended_at: int = 0


@dataclass(frozen=True)
class Intent:
    """The announcement that an alias will be opened. Times that no leaf tells are bounds from the leaves around it.

    `not_before`, `not_after`: between which times it was logged, 0 for unknown. `gag_until`: 0 for none; the latest
    extension counts. `noticed` and `ended`: indexes of the leaf that lets the subject know and of the one that ends it
    (result or veto); None before. `outcome`: empty until then.
    """

    index: int
    commitment: bytes
    case: bytes
    subject: bytes
    delay: int
    gag_until: int
    waived: bool
    not_before: int
    not_after: int = 0
    gag_extensions: int = 0
    noticed: int | None = None
    blind: bytes = b""
    mark: bytes = b""
    ended: int | None = None
    outcome: str = ""
    ended_at: int = 0


@dataclass(frozen=True)
class Hold:
    """What a case's subject wrote is kept from deletion until `until`; `released` before that."""

    index: int
    case: bytes
    until: int
    extensions: int = 0
    released: bool = False


@dataclass(frozen=True)
class Demands:
    """All that the leaves tell of demands, in the order of the log."""

    size: int = 0
    demands: tuple[Demand, ...] = ()
    intents: tuple[Intent, ...] = ()
    holds: tuple[Hold, ...] = ()
    findings: tuple[Finding, ...] = ()


_LEAVES: Final = {kind.KIND: kind for kind in Leaf.__subclasses__()}
_RESULTS: Final = (OPENED, "refused", "expired")
_ENDS: Final = ("expired", "withdrawn")


def read_demands(leaves: Sequence[bytes], vetoes: frozenset[int] = frozenset(), *, as_of: int = MAX_INTEGER) -> Demands:
    """The fold over the leaves of a log, from its first. `vetoes`: indexes of those that an officer has signed.

    `as_of`: when witnesses had co-signed all of them, so that no leaf can truly tell a later time.
    """
    reading = _Reading(vetoes, min(as_of, MAX_INTEGER - MAX_CLOCK_SKEW) + MAX_CLOCK_SKEW)
    for index, data in enumerate(leaves):
        reading.read(index, data)
    return Demands(
        size=len(leaves),
        demands=tuple(reading.demands.values()),
        intents=tuple(reading.intents.values()),
        holds=tuple(sorted((hold for each in reading.holds.values() for hold in each), key=lambda hold: hold.index)),
        findings=tuple(reading.findings),
    )


def parse_leaf(data: bytes) -> Leaf | Flaw:
    """The leaf, or what keeps it from being one."""
    try:
        kind = _LEAVES.get(kind_of(data))
        return Flaw.UNKNOWN_KIND if kind is None else kind.parse(data)
    except SealError:
        return Flaw.MALFORMED


def kind_or_nothing(data: bytes) -> str:
    """What a leaf says that it is; empty when it says nothing that can be read."""
    try:
        return kind_of(data)
    except SealError:
        return ""


@dataclass
class _Reading:
    """The fold while it runs. By reference, so that a leaf costs the same in a long log as in a short one."""

    vetoes: frozenset[int]
    end: int
    demands: dict[bytes, Demand] = field(default_factory=dict)
    intents: dict[bytes, Intent] = field(default_factory=dict)
    holds: dict[bytes, list[Hold]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    latest: int = 0
    undated: list[bytes] = field(default_factory=list)
    stopped: dict[bytes, int] = field(default_factory=dict)
    announced: Announced = field(default_factory=Announced)

    def read(self, index: int, data: bytes) -> None:
        """Take one leaf in."""
        leaf = parse_leaf(data)
        if isinstance(leaf, Flaw):
            self.findings.append(Finding(index, kind_or_nothing(data), leaf))
            return
        timely = self._date(leaf)
        counts = self._announce(index, leaf)
        flaw = self._take(index, leaf, counts=counts) or (None if timely else Flaw.FROM_THE_FUTURE)
        if flaw is not None:
            self.findings.append(Finding(index, leaf.KIND, flaw))

    def _announce(self, index: int, leaf: Leaf) -> bool:
        """Whether the leaf counts for those who may open. What a void one tells is taken in as well, if it can be."""
        try:
            self.announced = self.announced.after(leaf, index)
        except SealError:
            return False
        return True

    def _take(self, index: int, leaf: Leaf, *, counts: bool) -> Flaw | None:
        """Take in what the leaf tells, as far as it can be, and return what is wrong with it."""
        match leaf:
            case CaseAskedLeaf() | CaseDeclinedLeaf():
                return self._demand(index, leaf)
            case CaseEndedLeaf():
                return self._ended(index, leaf)
            case OpenIntentLeaf():
                return self._intent(index, leaf, counts=counts)
            case SubjectNoticeLeaf():
                return self._noticed(index, leaf)
            case GagExtendedLeaf():
                return self._gag_extended(leaf)
            case OpeningVetoedLeaf() if index in self.vetoes:
                self.stopped[leaf.intent] = index
                return self._intent_ended(index, leaf.intent, "vetoed", 0)
            case OpenResultLeaf():
                return self._result(index, leaf)
            case HoldLeaf():
                return self._held(index, leaf)
        return None

    def _demand(self, index: int, leaf: CaseAskedLeaf | CaseDeclinedLeaf) -> Flaw | None:
        if leaf.case in self.demands:
            return Flaw.REPEATED
        requester, basis = _word(leaf.requester, Requester), _word(leaf.basis, Basis)
        demand = Demand(index, leaf.case, requester, basis, Wants("name").value, leaf.at)
        if isinstance(leaf, CaseDeclinedLeaf):
            wants = _word(leaf.wants, Wants)
            self.demands[leaf.case] = replace(demand, wants=wants, outcome="declined", ended_at=leaf.at)
            return Flaw.UNKNOWN_WORD if UNKNOWN in (requester, basis, wants) else None
        self.demands[leaf.case] = replace(demand, due=leaf.due)
        if UNKNOWN in (requester, basis):
            return Flaw.UNKNOWN_WORD
        return None if may_ask(Requester(requester), Basis(basis)) else Flaw.WITHOUT_GROUND

    def _ended(self, index: int, leaf: CaseEndedLeaf) -> Flaw | None:
        if leaf.outcome not in _ENDS:
            return Flaw.UNKNOWN_WORD
        if leaf.case in self.announced.aimed:  # its intent is over with it, which a result should have told
            return self._intent_ended(index, self.announced.aimed[leaf.case], leaf.outcome, leaf.at) or Flaw.UNMATCHED
        return self._demand_ended(leaf.case, leaf.outcome, leaf.at)

    def _demand_ended(self, case: bytes, outcome: str, at: int) -> Flaw | None:
        demand = self.demands.get(case)
        if demand is None:
            return Flaw.UNMATCHED
        if demand.outcome == PENDING or outcome == OPENED:
            self.demands[case] = replace(demand, outcome=outcome, ended_at=at)
        return None if demand.outcome == PENDING else Flaw.AFTER_THE_END

    def _intent(self, index: int, leaf: OpenIntentLeaf, *, counts: bool) -> Flaw | None:
        if not counts and leaf.commitment in self.intents:
            return Flaw.REPEATED
        self.intents.pop(leaf.commitment, None)  # a void one, by which nobody goes
        self.intents[leaf.commitment] = Intent(
            index=index,
            commitment=leaf.commitment,
            case=leaf.case,
            subject=leaf.subject,
            delay=leaf.delay,
            gag_until=leaf.gag_until,
            waived=bool(leaf.waived),
            not_before=self.latest,
        )
        self.undated.append(leaf.commitment)
        flaw = None if counts else self._why_void(leaf.case)
        if leaf.commitment in self.stopped:
            self._intent_ended(self.stopped[leaf.commitment], leaf.commitment, "vetoed", 0)
        return flaw

    def _why_void(self, case: bytes) -> Flaw:
        demand = self.demands.get(case)
        if demand is None:
            return Flaw.UNMATCHED
        return Flaw.REPEATED if demand.outcome == PENDING else Flaw.AFTER_THE_END

    def _noticed(self, index: int, leaf: SubjectNoticeLeaf) -> Flaw | None:
        intent = self.intents.get(leaf.intent)
        if intent is None:
            return Flaw.UNMATCHED
        if intent.noticed is not None:
            return Flaw.REPEATED
        if subject_tag(leaf.blind, leaf.mark) != intent.subject:
            return Flaw.WRONG_SUBJECT  # so nobody has been told
        self.intents[leaf.intent] = replace(intent, noticed=index, blind=leaf.blind, mark=leaf.mark)
        return None

    def _gag_extended(self, leaf: GagExtendedLeaf) -> Flaw | None:
        intent = self.intents.get(leaf.intent)
        if intent is None or not intent.gag_until:  # what was no gag excuses nobody from telling the subject
            return Flaw.UNMATCHED
        until, extensions = max(intent.gag_until, leaf.until), intent.gag_extensions + 1
        self.intents[leaf.intent] = replace(intent, gag_until=until, gag_extensions=extensions)
        return None if intent.noticed is None else Flaw.AFTER_THE_END

    def _result(self, index: int, leaf: OpenResultLeaf) -> Flaw | None:
        if leaf.outcome not in _RESULTS:
            return Flaw.UNKNOWN_WORD
        return self._intent_ended(index, leaf.intent_commitment, leaf.outcome, leaf.at)

    def _intent_ended(self, index: int, commitment: bytes, outcome: str, at: int) -> Flaw | None:
        """An intent ends once. That somebody was opened is never left out, whatever is told before or after."""
        intent = self.intents.get(commitment)
        if intent is None:
            return Flaw.UNMATCHED
        first = intent.ended is None
        if first or outcome == OPENED:
            self.intents[commitment] = replace(intent, ended=index, outcome=outcome, ended_at=at)
        if outcome != OPENED and commitment not in self.announced.intents:
            return self._why_void(intent.case)  # no demand ends with what was void
        flaw = self._demand_ended(intent.case, outcome, at)
        return flaw if first else Flaw.AFTER_THE_END

    def _held(self, index: int, leaf: HoldLeaf) -> Flaw | None:
        holds = self.holds.setdefault(leaf.case, [])
        current = holds[-1] if holds and not holds[-1].released else None
        if current is None and leaf.until == 0:
            return Flaw.UNMATCHED
        if current is None:
            holds.append(Hold(index, leaf.case, leaf.until))
        elif leaf.until == 0:
            holds[-1] = replace(current, released=True)
        else:
            holds[-1] = replace(current, until=leaf.until, extensions=current.extensions + 1)
        return None if leaf.case in self.demands else Flaw.UNMATCHED

    def _date(self, leaf: Leaf) -> bool:
        """An intent has no time of its own: it was logged between those of the leaves before and after it.

        False for a leaf that tells a time at which it was in the log already: nothing is dated by it.
        """
        if not isinstance(leaf, CaseAskedLeaf | CaseDeclinedLeaf | CaseEndedLeaf | OpenResultLeaf):
            return True
        if leaf.at > self.end:
            return False
        self.latest = max(self.latest, leaf.at)
        for commitment in self.undated:
            self.intents[commitment] = replace(self.intents[commitment], not_after=self.latest)
        self.undated.clear()
        return True


def _word(told: str, words: type[Requester] | type[Basis] | type[Wants]) -> str:
    """The word, if it is one of those that the log knows: nothing else is counted, or shown to anybody."""
    return told if told in {word.value for word in words} else UNKNOWN

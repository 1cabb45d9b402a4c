"""What the log has announced of openings, as far as an opening stands on it: a part of the governance fold.

Whoever opens somebody checks that the public was told the truth of it, where everybody looks: the case was asked by
the one it is approved for, the one intent of the case is this one, the notice of its very subject comes after it, and
of neither case nor intent was it said that it is over. A leaf that says something else, or the same again, is void.

What leaves mean is told by `leaves`. Pure; all errors are `SealError`.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from services.seal.errors import SealError
from services.seal.layered import Layered
from services.seal.leaves import (
    OPENED,
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    Leaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    SubjectNoticeLeaf,
    kind_of,
)

ANNOUNCING: Final[Mapping[str, type[Leaf]]] = {
    kind.KIND: kind
    for kind in (CaseAskedLeaf, CaseDeclinedLeaf, CaseEndedLeaf, OpenIntentLeaf, SubjectNoticeLeaf, OpenResultLeaf)
}
"""The kinds of leaves that are folded here."""

OVER: Final = ("", "")
"""Stands for the demand of a case that was declined, or has ended without an intent."""


@dataclass(frozen=True)
class Announced:
    """Requester and basis by a case's reference, or `OVER`; `aimed`: its intent's commitment; all else by that.

    `notices`: at which index of the log a subject was told.
    """

    cases: Layered[bytes, tuple[str, str]] = field(default_factory=Layered)
    intents: Layered[bytes, OpenIntentLeaf] = field(default_factory=Layered)
    notices: Layered[bytes, int] = field(default_factory=Layered)
    results: Layered[bytes, str] = field(default_factory=Layered)
    aimed: Layered[bytes, bytes] = field(default_factory=Layered)

    def check(self, intent: OpenIntentLeaf, requester: str, basis: str) -> None:
        """Return when the log announces this very intent, for this demand, and does not say that either is over.

        That the envelope was opened is not the end: it is opened again after a crash between that and the answer.
        """
        if self.intents.get(intent.commitment) != intent:
            raise SealError("the log announces another intent under this commitment")
        if self.cases.get(intent.case) != (requester, basis):
            raise SealError("the log tells of another demand, or that it is over")
        if self.results.get(intent.commitment, OPENED) != OPENED:
            raise SealError("the log tells that the opening is over")

    def check_opened(self, intent: bytes) -> None:
        """Return when the log tells of the intent with this commitment that its envelope was opened, and no more."""
        if self.results.get(intent) != OPENED:
            raise SealError("the log does not tell that the envelope was opened")

    def after(self, leaf: Leaf, index: int) -> "Announced":
        """What is announced after the leaf at this index of the log; SealError when it is void.

        Everybody who tells which of two leaves counts, tells it by this.
        """
        match leaf:
            case CaseAskedLeaf():
                return self.asked(leaf)
            case CaseDeclinedLeaf():
                return self.declined(leaf)
            case CaseEndedLeaf():
                return self.case_ended(leaf)
            case OpenIntentLeaf():
                return self.intended(leaf)
            case SubjectNoticeLeaf():
                return self.noticed(leaf, index)
            case OpenResultLeaf():
                return self.ended(leaf)
        return self

    def asked(self, leaf: CaseAskedLeaf) -> "Announced":
        """A case is asked once."""
        return self._case(leaf.case, (leaf.requester, leaf.basis), new=True)

    def declined(self, leaf: CaseDeclinedLeaf) -> "Announced":
        """A case is declined in place of being asked."""
        return self._case(leaf.case, OVER, new=True)

    def case_ended(self, leaf: CaseEndedLeaf) -> "Announced":
        """A case that was asked ends once."""
        return self._case(leaf.case, OVER, new=False)

    def intended(self, leaf: OpenIntentLeaf) -> "Announced":
        """An intent is of a case that was asked, its only one, and the first of its commitment.

        A second one would stand when an officer has stopped the first.
        """
        if self.cases.get(leaf.case, OVER) == OVER or leaf.commitment in self.intents:
            raise SealError("an intent of no case, or one that was announced before")
        if leaf.case in self.aimed:
            raise SealError("the case has an intent")
        intents, aimed = self.intents.plus(leaf.commitment, leaf), self.aimed.plus(leaf.case, leaf.commitment)
        return replace(self, intents=intents, aimed=aimed)

    def noticed(self, leaf: SubjectNoticeLeaf, index: int) -> "Announced":
        """A subject is told once, after the intent, and it is the one that the intent fixed."""
        intent = self.intents.get(leaf.intent)
        if intent is None or leaf.intent in self.notices:
            raise SealError("a notice of no intent, or one that was given before")
        if not leaf.tells(intent):
            raise SealError("a notice of another subject than its intent's")
        return replace(self, notices=self.notices.plus(leaf.intent, index))

    def ended(self, leaf: OpenResultLeaf) -> "Announced":
        """An intent has one result: of what was opened nobody can say afterwards that nobody was named."""
        if leaf.intent_commitment not in self.intents or leaf.intent_commitment in self.results:
            raise SealError("a result of no intent, or of one that has one")
        return replace(self, results=self.results.plus(leaf.intent_commitment, leaf.outcome))

    def _case(self, case: bytes, told: tuple[str, str], *, new: bool) -> "Announced":
        if (case not in self.cases) is not new or self.cases.get(case) == OVER:
            raise SealError("a case is asked or declined once, and ends once")
        return replace(self, cases=self.cases.plus(case, told))


def check_notices(leaves: Iterable[bytes]) -> None:
    """Refuse a log with a notice that tells another subject than its intent fixed; malformed announcements too.

    Such a notice is void, and nobody was told; but only who runs the log can have given it.
    """
    announced = Announced()
    for index, data in enumerate(leaves):
        kind = ANNOUNCING.get(kind_of(data))
        if kind is None:
            continue
        leaf = kind.parse(data)
        if isinstance(leaf, SubjectNoticeLeaf):
            intent = announced.intents.get(leaf.intent)
            if intent is not None and not leaf.tells(intent):
                raise SealError("a notice tells another subject than the opening was announced about")
        with suppress(SealError):  # a void one announces nothing
            announced = announced.after(leaf, index)

"""Nobody is opened of whom the log told the public something else: whatever misleads makes trustees refuse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from services.seal.announced import Announced
from services.seal.errors import SealError
from services.seal.governance import begin, evolve, fold
from services.seal.leaves import (
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    Leaf,
    OpenIntentLeaf,
    OpenResultLeaf,
)
from tests.support.openings import Opening
from tests.unit.seal.test_authorization import LAWFUL, TRUST, verified

CASE, INTENT = LAWFUL.asked.case, LAWFUL.intent.commitment
NOTICE = LAWFUL.notice
DECOY = replace(LAWFUL.intent, subject=b"x" * 32)
"""An intent of the same commitment that is about nobody: the subject looks here, and does not find himself."""


@dataclass(frozen=True)
class Told(Opening):
    """An opening whose log was written with another hand."""

    rewrite: Callable[[list[Leaf]], list[Leaf]] = lambda leaves: leaves

    @property
    def logged(self) -> tuple[bytes, ...]:
        leaves: list[Leaf] = [TRUST.ceremony_leaf(), *self.rewrite([self.asked, self.intent, NOTICE])]
        return tuple(leaf.to_bytes() for leaf in leaves)


def told(rewrite: Callable[[list[Leaf]], list[Leaf]]) -> Told:
    fields = {name: getattr(LAWFUL, name) for name in LAWFUL.__dataclass_fields__}
    return Told(**fields, rewrite=rewrite)


def test_the_log_as_it_should_be_opens() -> None:
    verified(told(lambda leaves: leaves))


@pytest.mark.parametrize(
    ("rewrite", "why"),
    [
        (lambda leaves: [leaves[0], DECOY, *leaves[1:]], "another intent"),
        (lambda leaves: leaves[1:], "another intent"),
        (lambda leaves: [*leaves[1:], leaves[0]], "another intent"),
        (lambda leaves: [replace(LAWFUL.asked, requester="police"), *leaves[1:]], "another demand"),
        (lambda leaves: [replace(LAWFUL.asked, basis="emergency"), *leaves], "another demand"),
        (lambda leaves: [CaseDeclinedLeaf(CASE, "company", "none", "name", 1), *leaves], "another intent"),
        (lambda leaves: [leaves[0], CaseEndedLeaf(CASE, "withdrawn", 1), *leaves[1:]], "another intent"),
        (lambda leaves: [leaves[0], leaves[2], leaves[1]], "was not told"),
        (lambda leaves: [*leaves[:2], replace(NOTICE, intent=b"j" * 32)], "was not told"),
        (lambda leaves: [*leaves[:2], replace(NOTICE, blind=b"x" * 32)], "was not told"),
        (lambda leaves: [*leaves[:2], replace(NOTICE, mark=b"x" * 32)], "was not told"),
    ],
    ids=[
        "a decoy before the intent", "nobody asked", "asked afterwards", "asked by somebody else",
        "asked on another basis first", "declined before", "ended before", "notice before the intent",
        "notice of another intent", "notice with another blind", "notice with another mark",
    ],
)  # fmt: skip
def test_a_log_that_misleads_opens_nobody(rewrite: Callable[[list[Leaf]], list[Leaf]], why: str) -> None:
    with pytest.raises(SealError, match=why):
        verified(told(rewrite))


@pytest.mark.parametrize("outcome", ["refused", "expired", "vetoed", "x"])
def test_what_the_log_says_is_over_is_over(outcome: str) -> None:
    with pytest.raises(SealError, match="opening is over"):
        verified(LAWFUL, [OpenResultLeaf(INTENT, outcome, 1)])
    verified(LAWFUL, [OpenResultLeaf(b"j" * 32, outcome, 1)])


@pytest.mark.parametrize("later", ["opened", "refused", "expired"])
def test_that_an_envelope_was_opened_is_the_last_word(later: str) -> None:
    """Nobody is opened whose opening the log then denies; and whoever died on the way may go on."""
    opened, said = OpenResultLeaf(INTENT, "opened", 1), OpenResultLeaf(INTENT, later, 2)
    assert verified(LAWFUL, [opened, said]).intent == INTENT
    governance = fold(TRUST, [*LAWFUL.logged, opened.to_bytes(), said.to_bytes()])
    assert (governance.announced.results, governance.void) == ({INTENT: "opened"}, 1)


def test_nobody_is_named_before_the_log_tells_that_the_envelope_was_opened() -> None:
    opened, refused, expired = (OpenResultLeaf(INTENT, told, 1) for told in ("opened", "refused", "expired"))
    for said in ((opened,), (opened, opened, expired), (opened, refused)):
        announced(*said).check_opened(INTENT)
    for said in ((), (OpenResultLeaf(b"j" * 32, "opened", 1),), (refused,), (expired, opened), (refused, opened)):
        with pytest.raises(SealError, match="does not tell"):
            announced(*said).check_opened(INTENT)


def announced(*said: Leaf) -> Announced:
    return fold(TRUST, [*LAWFUL.logged, *(leaf.to_bytes() for leaf in said)]).announced


def test_a_case_that_ended_after_its_intent_is_over_too() -> None:
    with pytest.raises(SealError, match="over"):
        verified(LAWFUL, [CaseEndedLeaf(CASE, "expired", 1)])


def test_a_decoy_afterwards_changes_nothing() -> None:
    verified(LAWFUL, [DECOY, replace(NOTICE, blind=b"x" * 32), replace(LAWFUL.asked, requester="police")])


def void_ones() -> Iterator[Leaf]:
    yield replace(LAWFUL.asked, requester="police")
    yield CaseDeclinedLeaf(CASE, "court", "none", "name", 1)
    yield CaseEndedLeaf(b"j" * 32, "expired", 1)
    yield OpenIntentLeaf(b"j" * 32, b"k" * 32, bytes(32), 1, 0, 0)
    yield DECOY
    yield replace(LAWFUL.intent, commitment=b"j" * 32)
    yield replace(NOTICE, blind=b"x" * 32)
    yield replace(NOTICE, intent=b"j" * 32)
    yield OpenResultLeaf(b"j" * 32, "opened", 1)


@pytest.mark.parametrize("leaf", list(void_ones()), ids=lambda leaf: type(leaf).__name__)
def test_what_was_said_otherwise_before_is_void(leaf: Leaf) -> None:
    governance = fold(TRUST, LAWFUL.logged)
    assert governance.void == 0
    after = evolve(governance, leaf.to_bytes())
    assert after == replace(governance, void=1, size=governance.size + 1)


def test_a_case_and_an_intent_end_once() -> None:
    for end in (CaseEndedLeaf(CASE, "expired", 1), OpenResultLeaf(INTENT, "expired", 1)):
        twice = fold(TRUST, [*LAWFUL.logged, end.to_bytes(), end.to_bytes()])
        assert twice.void == 1
    asked = CaseAskedLeaf(b"j" * 32, "court", "court-order", 1, 2)
    assert evolve(begin(TRUST), asked.to_bytes()).void == 0

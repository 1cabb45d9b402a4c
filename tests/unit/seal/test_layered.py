"""A mapping that grows without being copied is a mapping, and folding a log with it costs each leaf about the same."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.governance import begin, evolve, fold
from services.seal.layered import Layered
from services.seal.leaves import CaseAskedLeaf, Leaf, OfficerAddedLeaf, OpeningVetoedLeaf
from services.seal.statements import Veto
from tests.unit.seal.test_authorization import OFFICERS, TRUST

CEREMONY = TRUST.hash()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers())))
def test_it_is_the_mapping_of_its_entries_and_each_earlier_one_stays(entries: list[tuple[int, int]]) -> None:
    grown: Layered[int, int] = Layered()
    model: dict[int, int] = {}
    earlier: list[tuple[Layered[int, int], dict[int, int]]] = []
    for key, value in entries:
        earlier.append((grown, dict(model)))
        grown, model[key] = grown.plus(key, value), value
    assert all(then == as_it_was and len(then) == len(as_it_was) for then, as_it_was in earlier)
    assert grown == model
    assert all((key in grown) is (key in model) for key in range(21))


def veto(i: int) -> Leaf:
    intent = i.to_bytes(32, "big")
    return OpeningVetoedLeaf(intent, "ann", OFFICERS["ann"].sign(Veto(CEREMONY, intent, "ann").signed_bytes()))


def asked(i: int) -> Leaf:
    return CaseAskedLeaf(i.to_bytes(32, "big"), "court", "court-order", 1, 2)


def proposed(i: int) -> Leaf:
    return OfficerAddedLeaf(
        1, f"officer-{i}", "legal", "platform", OFFICERS["ann"].public_key[:28] + i.to_bytes(4, "big")
    )


@pytest.mark.parametrize("made", [veto, asked, proposed], ids=["vetoes", "cases", "proposals"])
def test_one_leaf_more_does_not_copy_what_was_before(made: Callable[[int], Leaf]) -> None:
    """Measured in memory, which no other process disturbs: the median of what single leaves take, early and late."""
    governance, taken = begin(TRUST), []
    leaves = [made(i).to_bytes() for i in range(1200)]
    tracemalloc.start()
    try:
        for leaf in leaves:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            governance = evolve(governance, leaf)
            taken.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert governance.void == 0
    early, late = sorted(taken[50:150])[50], sorted(taken[-100:])[50]
    assert late < 2 * early


def test_a_long_history_folds_to_the_same() -> None:
    leaves = [made(i).to_bytes() for i in range(40) for made in (veto, asked, proposed)]
    governance = fold(TRUST, leaves)
    assert (len(governance.vetoed), len(governance.pending), governance.void) == (40, 40, 0)

"""A mapping that grows without being copied, against a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from services.forum.domain.layered import Layered

ENTRIES = st.lists(st.tuples(st.integers(0, 40), st.integers()), max_size=200)


@given(ENTRIES)
def test_it_is_the_dictionary_of_its_entries_at_each_step(entries: list[tuple[int, int]]) -> None:
    layered: Layered[int, int] = Layered()
    steps = [(layered, dict[int, int]())]
    for key, value in entries:
        layered = layered.plus(key, value)
        steps.append((layered, {**steps[-1][1], key: value}))
    for grown, expected in steps:  # at the end: nothing that came later shows in what was there before
        assert dict(grown) == expected
        assert len(grown) == len(expected)


def test_it_branches() -> None:
    stem = Layered[str, int]().plus("a", 1).plus("b", 2)
    left, right = stem.plus("a", 3), stem.plus("c", 4)
    assert (dict(stem), dict(left), dict(right)) == ({"a": 1, "b": 2}, {"a": 3, "b": 2}, {"a": 1, "b": 2, "c": 4})


def test_many_entries_make_few_layers() -> None:
    layered: Layered[int, None] = Layered()
    for key in range(4096):
        layered = layered.plus(key, None)
    assert len(layered._layers) <= 13

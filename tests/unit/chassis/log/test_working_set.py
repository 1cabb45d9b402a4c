"""What a projector holds in memory is bounded, and never forgotten before it is written; pages adapt."""

from typing import Any

from services.chassis.views.page_size import PageSize
from services.chassis.views.viewstore import StoredView
from services.chassis.views.working_set import WorkingSet


def change(working: WorkingSet, key: str, document: dict[str, Any], position: int = 1, size: int = 10) -> None:
    held = working.take(key)
    held.fold(document, position)
    working.changed(key, held, size)


def test_only_what_is_not_held_must_be_loaded_once() -> None:
    working = WorkingSet(10_000)
    assert working.missing(["a", "b", "a"]) == ["a", "b"]
    working.add(["a", "b"], {"a": StoredView({"n": 1}, 7)})
    assert working.missing(["a", "b", "c"]) == ["c"]
    assert (working.take("a").document, working.take("a").floor, working.take("a").stored) == ({"n": 1}, 7, True)
    assert (working.take("b").document, working.take("b").floor, working.take("b").stored) == (None, 0, False)


def test_where_everything_is_held_nothing_is_missing_until_something_is_forgotten() -> None:
    working = WorkingSet(500, whole=True)
    assert working.missing(["a"]) == []
    change(working, "a", {"text": "x" * 1000})
    assert working.written(working.to_write(9, 10**6))
    assert not working.whole
    assert working.missing(["a"]) == ["a"]


def test_changed_documents_stay_whatever_they_take() -> None:
    working = WorkingSet(1, whole=True)
    for key in "abc":
        change(working, key, {"text": "x" * 100}, size=100)
    assert working.unwritten > 300
    first = working.to_write(2, 10**6)
    assert set(first) == {"a", "b"}
    assert not working.written(first)
    assert working.is_changed
    rest = working.to_write(2, 10**6)
    assert rest == {"c": StoredView({"text": "x" * 100}, 1)}
    assert working.new(rest) == rest
    assert working.written(rest)
    assert (working.unwritten, working.is_changed) == (0, False)


def test_a_bulk_is_bounded_by_bytes_and_never_empty() -> None:
    working = WorkingSet(10**6, whole=True)
    for key in "abcd":
        change(working, key, {}, size=1000)
    assert set(working.to_write(9, 1)) == {"a"}
    assert set(working.to_write(9, 2500)) == {"a", "b", "c"}


def test_the_documents_used_longest_ago_are_forgotten_first() -> None:
    working = WorkingSet(1500, whole=True)
    for key in ("a", "b", "a", "c"):
        change(working, key, {"text": "x" * 400})
        working.written(working.to_write(9, 10**6))
    assert working.missing(["a", "b", "c"]) == ["b"]


def test_pages_grow_while_full_and_quick_and_shrink_while_slow() -> None:
    page = PageSize(most=500)
    assert page.commits == 250
    page.took(0.01, full=False)
    assert page.commits == 250
    for _ in range(5):
        page.took(0.01, full=True)
    assert page.commits == 500
    page.took(0.9, full=True)
    assert page.commits == 500
    for _ in range(9):
        page.took(9.0, full=True)
    assert page.commits == 20
    assert PageSize(most=7).commits == 7

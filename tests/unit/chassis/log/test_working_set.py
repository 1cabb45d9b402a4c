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
    working.written(working.to_write(9, 10**6))
    assert working.missing(["a"]) == []
    working.forget()
    assert not working.whole
    assert working.missing(["a"]) == ["a"]


def test_changed_documents_stay_whatever_they_take() -> None:
    working = WorkingSet(1, whole=True)
    for key in "abc":
        change(working, key, {"text": "x" * 100}, size=100)
    assert working.unwritten > 300
    first = working.to_write(2, 10**6)
    assert set(first) == {"a", "b"}
    working.written(first)
    assert working.is_changed
    rest = working.to_write(2, 10**6)
    assert rest == {"c": StoredView({"text": "x" * 100}, 1)}
    assert working.new(rest) == rest
    working.written(rest)
    assert not working.is_changed
    assert working.unwritten > 300
    working.forget()
    assert working.unwritten == 0


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
        working.forget()
    assert working.missing(["a", "b", "c"]) == ["b"]


def test_new_documents_are_cold_in_whole_bulks_and_when_no_event_has_changed_them_for_a_while() -> None:
    working = WorkingSet(10**6)
    working.add(["old"], {"old": StoredView({}, 1)})
    for position, key in enumerate(("old", "a", "b", "c", "a", "d"), start=1):
        working.missing([key])
        change(working, key, {"n": position}, position)
    assert working.write_cold(3, 2, 10**6) == {}
    assert working.write_cold(4, 3, 10**6) == {}
    assert working.write_cold(4, 2, 10**6) == {"b": StoredView({"n": 3}, 3), "c": StoredView({"n": 4}, 4)}
    change(working, "e", {"n": 7}, 7)
    assert set(working.write_cold(6, 9, 1)) == {"a"}  # Bytes fill a bulk, too.
    assert working.write_cold(9, 2, 10**6) == {}  # There is no more, so that it need not be a whole bulk.
    assert working.to_write(9, 10**6).keys() == {"old", "d", "e"}


def test_documents_are_no_longer_taken_for_cold_when_too_many_of_them_are_changed_again() -> None:
    working = WorkingSet(10**6, whole=True)
    for number in range(20):
        change(working, f"c{number}", {}, 1)
    assert working.write_cold(1, 8, 10**6).keys() == {f"c{number}" for number in range(8)}
    for position in (2, 3):
        change(working, "c0", {}, position)
        change(working, "c1", {}, position)
    assert working.write_cold(1, 4, 10**6)
    for number in range(2, 4):
        change(working, f"c{number}", {}, 4)
    assert working.write_cold(1, 4, 10**6) == {}
    working.written(working.to_write(99, 10**6))
    working.forget()
    for number in range(20):
        change(working, f"c{number}", {}, 5)  # What was forgotten and comes again was no wrong guess.
        change(working, f"d{number}", {}, 5)
    assert working.write_cold(5, 4, 10**6) == {}


def test_new_documents_are_written_before_those_that_are_in_the_store() -> None:
    working = WorkingSet(10**6)
    working.add(["old"], {"old": StoredView({}, 1)})
    for key in ("old", "a"):
        change(working, key, {}, 2)
    assert list(working.to_write(9, 10**6)) == ["a", "old"]


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

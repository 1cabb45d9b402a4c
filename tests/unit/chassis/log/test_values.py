"""Small values of the event log."""

from dataclasses import replace

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from services.chassis.integration.bus import foreign_commit_id
from services.chassis.log.eventstore import Commit, LogGap, Mark, Write, new_commit
from services.chassis.log.pages import dense_positions, dense_versions
from services.chassis.tracelink import current_traceparent, links_to
from services.chassis.views.viewstore import collection_name
from tests.support.commits import EVENT, META


def commit(version: int, count: int = 1, position: int | None = None) -> Commit:
    made = new_commit("thread-1", version - 1, [Write(f"id-{version}", [EVENT] * count, META)])
    return replace(made, position=position)


@pytest.mark.parametrize("mark", [Mark(0, 0), Mark(12, 3)])
def test_a_mark_is_read_as_it_is_written(mark: Mark) -> None:
    assert Mark.parse(str(mark)) == mark


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.2.3", "-1.0", "a.b", "１.0", "1. 2"])
def test_nothing_else_is_a_mark(text: str) -> None:
    with pytest.raises(ValueError):
        Mark.parse(text)


def test_marks_follow_each_other_by_position_then_offset() -> None:
    assert Mark(2, 9) < Mark(10, 0) < Mark(10, 1)


def test_a_stream_is_read_up_to_a_hole() -> None:
    first, second, third = commit(1, 2), commit(3), commit(4)
    assert dense_versions([third, first, second], 0) == [first, second, third]
    assert dense_versions([third, first], 0) == [first]
    assert dense_versions([third], 3) == [third]
    assert dense_versions([first], 1) == [first]
    assert dense_versions([third], 1) == []


def test_a_log_is_read_up_to_a_hole_but_not_past_one() -> None:
    first, second, fourth = commit(1, position=1), commit(2, position=2), commit(4, position=4)
    assert dense_positions([fourth, second, first], 0) == [first, second]
    assert dense_positions([], 9) == []
    with pytest.raises(LogGap):
        dense_positions([fourth, second], 0)


def test_a_foreign_events_commit_id_depends_on_producer_and_mark_alone() -> None:
    assert foreign_commit_id("identity", Mark(1, 0)) == foreign_commit_id("identity", Mark(1, 0))
    ids = {foreign_commit_id(producer, Mark(p, o)) for producer in ("a", "b") for p in (1, 11) for o in (0, 1)}
    assert len(ids) == 8


@pytest.mark.parametrize(("name", "version"), [("", 1), ("a b", 1), ("a.b", 1), ("threads", 0), ("$x", 1)])
def test_a_collection_has_a_plain_name(name: str, version: int) -> None:
    with pytest.raises(ValueError):
        collection_name(name, version)


def test_traces_are_linked_by_their_contexts() -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("one") as one:
        traceparent = current_traceparent()
    assert current_traceparent() is None
    links = links_to([traceparent, traceparent, None, "nonsense"])
    assert [link.context.span_id for link in links] == [one.get_span_context().span_id]
    assert trace.get_current_span() is trace.INVALID_SPAN

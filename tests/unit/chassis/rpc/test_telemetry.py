"""What leaves a process in logs and traces: the allow-listed, and nothing else."""

import json
import logging
import threading

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from services.chassis import telemetry, telemetry_trace, tracelink
from services.chassis.deployment import Telemetry
from services.chassis.telemetry_log import configure_logging, log
from services.chassis.telemetry_trace import AllowListExporter, JsonLinesExporter

SECRET = "alice@example.com"


@pytest.fixture
def lines(tmp_path):
    """Logs of this test as parsed lines; the process's own set-up is restored afterwards."""
    root = logging.getLogger()
    before = root.handlers, root.level
    path = tmp_path / "log.jsonl"
    configure_logging("forum", log_file=path, extra_fields=frozenset({"section"}))
    yield lambda: [json.loads(line) for line in path.read_text().splitlines()]
    root.handlers, level = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_holds_what_is_listed_and_counts_the_rest(lines):
    log("a.b").info("thing_done", count=3, section="x", email=SECRET, name="Alice")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info", "service": "forum", "event": "thing_done", "source": "a.b", "count": 3, "section": "x",
        "dropped": 2,
    }  # fmt: skip


@pytest.mark.parametrize("value", [b"bytes", ["a"], {"a": 1}, ValueError(SECRET), "x" * 201, None])
def test_a_listed_field_holds_plain_short_values_only(lines, value):
    log("a").info("thing_done", reason=value)
    (line,) = lines()
    assert "reason" not in line
    assert line["dropped"] == 1


@pytest.mark.parametrize("event", [f"mail to {SECRET}", "Done", "", "x" * 65])
def test_an_event_is_a_constant_name(lines, event):
    log("a").info(event)
    assert lines()[0]["event"] == "event_name_refused"


def test_a_logged_exception_leaves_neither_text_nor_trace(lines):
    try:
        int(SECRET)
    except ValueError as e:
        log("a").exception("thing_failed", error_type=type(e).__name__)
    assert SECRET not in json.dumps(lines())
    assert lines()[0]["error_type"] == "ValueError"


def test_third_parties_say_who_and_how_bad_and_no_more(lines):
    try:
        {}[SECRET]
    except KeyError:
        logging.getLogger("some.library").exception("failed for %s", SECRET, extra={"user": SECRET})
    (line,) = lines()
    line.pop("timestamp")
    assert line == {
        "level": "error", "service": "forum", "event": "third_party_log", "source": "some.library",
        "error_type": "KeyError",
    }  # fmt: skip


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20)))
def test_no_unlisted_field_ever_passes(fields):
    kept, dropped = telemetry.allowed(fields)
    assert kept.keys() <= telemetry.ALLOWED_FIELDS
    assert dropped == len(fields) - len(kept)


@pytest.fixture
def spans(tmp_path, monkeypatch):
    """Spans of this test as parsed lines of the JSON file."""
    path = tmp_path / "traces.jsonl"
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListExporter(JsonLinesExporter(path))))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield lambda: [json.loads(line) for line in path.read_text().splitlines()]
    provider.shutdown()


def test_a_span_leaves_with_listed_attributes_only(spans):
    with telemetry_trace.span("work", attributes={"count": 1, "email": SECRET}):
        pass
    (span,) = spans()
    assert (span["name"], span["attributes"]) == ("work", {"count": 1, "dropped": 1})


def fail_in_a_span():
    with telemetry_trace.span("work") as span:
        span.add_event("note", {"email": SECRET})
        int(SECRET)


def test_a_failed_span_keeps_the_type_of_the_error_alone(spans):
    with pytest.raises(ValueError, match="alice"):
        fail_in_a_span()
    (line,) = spans()
    assert (line["status"], line["attributes"]) == ("ERROR", {"error_type": "ValueError"})
    assert SECRET not in json.dumps(line)


def test_a_trace_goes_on_from_a_header_or_starts_anew(spans):
    given_trace = "0af7651916cd43dd8448eb211c80319c"
    with telemetry_trace.span("outer"):
        with telemetry_trace.span("child"):
            header = tracelink.current_traceparent()
        with telemetry_trace.span("continued", traceparent=f"00-{given_trace}-b7ad6b7169203331-01"):
            pass
        with telemetry_trace.span("fresh", traceparent=""):
            pass
        with telemetry_trace.span("nonsense", traceparent="nonsense"):
            pass
    found = {line["name"]: line for line in spans()}
    outer = found["outer"]["trace_id"]
    assert found["child"]["trace_id"] == outer == header.split("-")[1]
    assert found["child"]["parent_id"] == found["outer"]["span_id"]
    assert found["continued"]["trace_id"] == given_trace
    assert len({outer, given_trace, found["fresh"]["trace_id"], found["nonsense"]["trace_id"]}) == 4


@pytest.fixture
def sampling(monkeypatch):
    """`tracelink.sample` for this test alone."""
    monkeypatch.setattr(tracelink, "_sampling", tracelink._Sampling())
    return tracelink.sample


def test_a_share_of_the_traces_is_recorded_and_each_of_them_whole(tmp_path, monkeypatch, sampling):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListExporter(JsonLinesExporter(tmp_path / "spans.jsonl"))))
    monkeypatch.setattr(tracelink, "_tracer", lambda _make: provider.get_tracer("x"))
    sampling(0.25)
    seen: list[str] = []
    for _ in range(2000):
        with telemetry_trace.span("root", traceparent=""), tracelink.span("child"):
            seen.append(tracelink.current_traceparent() or "")
    spans = [json.loads(line) for line in (tmp_path / "spans.jsonl").read_text().splitlines()]
    recorded = {each["trace_id"] for each in spans}
    assert 0.15 < len(recorded) / len(seen) < 0.35
    assert sorted(each["name"] for each in spans) == ["child"] * len(recorded) + ["root"] * len(recorded)
    assert {each.split("-")[1] for each in seen if int(each[-2:], 16) & 1} == recorded
    assert len({each.split("-")[1] for each in seen}) == len(seen)


@pytest.mark.parametrize(("flags", "names"), [("00", []), ("01", ["call"])])
def test_a_trace_that_goes_on_goes_by_what_was_decided_where_it_began(flags, names, tmp_path, monkeypatch, sampling):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListExporter(JsonLinesExporter(tmp_path / "spans.jsonl"))))
    monkeypatch.setattr(tracelink, "_tracer", lambda _make: provider.get_tracer("x"))
    sampling(0.0)
    with telemetry_trace.span("call", traceparent=f"00-{'1' * 32}-{'2' * 16}-{flags}"):
        assert (tracelink.current_traceparent() or "").startswith(f"00-{'1' * 32}-")
    spans = [json.loads(line) for line in (tmp_path / "spans.jsonl").read_text().splitlines()]
    assert [each["name"] for each in spans] == names


def test_what_is_not_sampled_is_decided_once_and_stays_one_trace(tmp_path, monkeypatch):
    provider = TracerProvider(ALWAYS_OFF)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    with telemetry_trace.span("call", traceparent="") as outer:
        header = tracelink.current_traceparent()
        with tracelink.span("append", stream_kind="thread") as inner:
            assert inner is outer
            assert telemetry_trace.current_trace_id() == header.split("-")[1]
    assert not int(header[-2:], 16) & 1
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_how_many_traces_are_recorded_is_configured():
    with pytest.raises(ValueError, match="traced"):
        Telemetry(traced=1.5)
    assert Telemetry().traced == 1.0


def test_links_of_the_log_are_kept(spans):
    provider = TracerProvider()
    with provider.get_tracer("x").start_as_current_span("commit"):
        header = tracelink.current_traceparent()
    with trace.get_tracer("x").start_as_current_span("relay", links=tracelink.links_to([header])):
        pass
    (line,) = spans()
    _, trace_id, span_id, _ = header.split("-")
    assert line["links"] == [f"{trace_id}:{span_id}"]


def test_an_incident_outside_of_any_trace_still_gets_a_name():
    first, second = telemetry_trace.current_trace_id(), telemetry_trace.current_trace_id()
    assert first != second
    assert len(first) == 32


def test_without_a_destination_nothing_is_installed():
    telemetry_trace.configure_tracing("forum").close()


def test_an_exporter_that_hangs_does_not_keep_the_process_from_ending():
    class Hanging:
        shut = threading.Event()

        def shutdown(self) -> None:
            self.shut.wait(30)

    hanging, ended = Hanging(), threading.Event()

    def close() -> None:
        telemetry_trace.Tracing(hanging).close(0.05)
        ended.set()

    threading.Thread(target=close, daemon=True).start()
    assert ended.wait(10)
    hanging.shut.set()

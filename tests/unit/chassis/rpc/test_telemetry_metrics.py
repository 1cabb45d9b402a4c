"""What leaves a process in measurements, at a real OTLP/gRPC collector: the allow-listed, in sensible buckets."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field

import grpc
import pytest
from opentelemetry import metrics, trace
from opentelemetry.metrics import Histogram
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as pb
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from services.chassis import telemetry_metrics, telemetry_metrics_export
from services.chassis.telemetry import METRIC_ATTRIBUTES
from services.chassis.telemetry_metrics_export import Metrics, configure_metrics
from services.chassis.telemetry_tally import Tally, Times

SECRET = "alias-7f3b8a6e4c19"


@dataclass
class Collector(MetricsServiceServicer):
    """Keeps what was exported to it."""

    address: str = ""
    requests: list[pb.ExportMetricsServiceRequest] = field(default_factory=list)

    def Export(self, request, context):  # noqa: N802
        self.requests.append(request)
        return pb.ExportMetricsServiceResponse()

    def metrics(self) -> dict[str, Metric]:
        """Each metric of the last export, by name."""
        (resource,) = self.requests[-1].resource_metrics
        return {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}

    def histograms(self, name: str) -> list[pb.ExportMetricsServiceRequest]:
        """That metric as it was told each time."""
        scopes = [
            scope for each in self.requests for resource in each.resource_metrics for scope in resource.scope_metrics
        ]
        return [metric.histogram for scope in scopes for metric in scope.metrics if metric.name == name]

    def wait_for_another(self) -> None:
        """Return when something has been exported since."""
        seen, ends = len(self.requests), time.monotonic() + 60
        while len(self.requests) == seen and time.monotonic() < ends:
            time.sleep(0.01)
        assert len(self.requests) > seen

    def resource(self) -> dict[str, str]:
        (resource,) = self.requests[-1].resource_metrics
        return attributes_of(resource.resource)


def attributes_of(described) -> dict[str, object]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in described.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    add_MetricsServiceServicer_to_server(found, server)
    found.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield found
    server.stop(None)


@pytest.fixture
def provider(monkeypatch) -> list[MeterProvider]:
    """What `configure_metrics` installs, kept from the process, which can take but one for good."""
    installed: list[MeterProvider] = []
    monkeypatch.setattr(metrics, "set_meter_provider", installed.append)
    return installed


def histogram(provider: list[MeterProvider], name: str = "vouchsafe.append.duration") -> Histogram:
    bounds = telemetry_metrics.SECONDS
    return provider[0].get_meter("vouchsafe").create_histogram(name, "s", explicit_bucket_boundaries_advisory=bounds)


def test_a_collector_gets_names_units_buckets_and_listed_attributes(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address)
    meter = provider[0].get_meter("vouchsafe")
    histogram(provider).record(0.003, {"category": "thread"})
    meter.create_counter("vouchsafe.append.conflicts", "{conflict}").add(2, {"category": "alias"})
    meter.create_gauge("vouchsafe.projection.lag", "{position}").set(7, {"projection": "posts"})
    exporting.close()

    assert collector.resource()["service.name"] == "forum"
    found = collector.metrics()
    duration = found["vouchsafe.append.duration"]
    (point,) = duration.histogram.data_points
    assert duration.unit == "s"
    assert attributes_of(point) == {"category": "thread"}
    assert tuple(point.explicit_bounds) == telemetry_metrics.SECONDS
    assert (point.count, point.sum, point.bucket_counts[3]) == (1, 0.003, 1)
    (conflicts,) = found["vouchsafe.append.conflicts"].sum.data_points
    assert (conflicts.as_int, attributes_of(conflicts)) == (2, {"category": "alias"})
    (lag,) = found["vouchsafe.projection.lag"].gauge.data_points
    assert (lag.as_int, attributes_of(lag)) == (7, {"projection": "posts"})


def test_a_tally_is_told_when_it_is_collected_and_goes_on_from_there(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address, every=0.05)
    create = provider[0].get_meter("vouchsafe").create_observable_counter
    lookups = Tally(create, "vouchsafe.states.lookups", "category", "hit", unit="{lookup}", description="Lookups")
    lookups.add(2, "thread", True)
    collector.wait_for_another()
    lookups.add(3, "thread", True)
    lookups.add(1, "alias", False)
    exporting.close()

    found = collector.metrics()["vouchsafe.states.lookups"]
    assert (found.unit, found.description, found.sum.is_monotonic) == ("{lookup}", "Lookups", True)
    told = {(each["category"], each["hit"]): value for each, value in map(_sum_point, found.sum.data_points)}
    assert told == {("thread", True): 5, ("alias", False): 1}


def test_times_leave_like_a_histogram_of_the_library(collector, provider, monkeypatch):
    exporting = configure_metrics("forum", otlp=collector.address)
    names = {"unit": "s", "description": "Calls"}
    times = Times("vouchsafe.rpc.duration", "method", "code", bounds=(0.001, 0.002), **names)
    monkeypatch.setattr(telemetry_metrics_export, "TIMES", (times,))
    theirs = (
        provider[0]
        .get_meter("vouchsafe")
        .create_histogram("theirs", explicit_bucket_boundaries_advisory=(0.001, 0.002), **names)
    )
    tracer, unsampled = TracerProvider().get_tracer("x"), TracerProvider(sampler=ALWAYS_OFF).get_tracer("x")
    for seconds in (0.0005, 0.001, 0.0011, 0.002, 0.5, 0.25):
        recording = tracer if seconds in (0.001, 0.5) else unsampled
        with recording.start_as_current_span("call"):
            times.record(seconds, "/a/B", "OK")
            theirs.record(seconds, {"method": "/a/B", "code": "OK"})
    exporting.close()

    found = collector.metrics()
    ours, expected = found["vouchsafe.rpc.duration"], found["theirs"]
    assert (ours.unit, ours.description) == (expected.unit, expected.description)
    assert ours.histogram.aggregation_temporality == expected.histogram.aggregation_temporality
    (point,), (like) = ours.histogram.data_points, expected.histogram.data_points[0]
    assert list(point.bucket_counts) == list(like.bucket_counts) == [2, 2, 2]
    for each in ("count", "sum", "min", "max", "explicit_bounds"):
        assert getattr(point, each) == getattr(like, each)
    assert attributes_of(point) == attributes_of(like)
    assert [_exemplar(each) for each in point.exemplars] == [_exemplar(each) for each in like.exemplars]
    assert 0 < point.start_time_unix_nano <= point.time_unix_nano


def _exemplar(exemplar) -> tuple[float, bytes, bytes]:
    return exemplar.as_double, exemplar.trace_id, exemplar.span_id


def test_a_sampled_trace_is_named_once(collector, provider, monkeypatch):
    exporting = configure_metrics("forum", otlp=collector.address, every=0.05)
    times = Times("vouchsafe.rpc.duration", "method", unit="s", description="Calls", bounds=(0.001,))
    monkeypatch.setattr(telemetry_metrics_export, "TIMES", (times,))
    provider[0].get_meter("vouchsafe").create_gauge("vouchsafe.relay.lag", "{position}").set(4)
    with TracerProvider().get_tracer("x").start_as_current_span("call"):
        times.record(0.5, "/a/B")
    for _ in range(3):
        collector.wait_for_another()
    exporting.close()
    told = [point for each in collector.histograms("vouchsafe.rpc.duration") for point in each.data_points]
    assert sum(len(point.exemplars) for point in told) == 1
    assert {point.count for point in told} == {1}


def test_times_and_tallies_take_attributes_of_the_list_only():
    with pytest.raises(ValueError, match="allow-list"):
        Times("x", "alias", unit="s", description="x", bounds=(1,))
    with pytest.raises(ValueError, match="allow-list"):
        Tally(lambda *_, **__: None, "x", "alias", unit="1", description="x")


def _sum_point(point) -> tuple[dict[str, object], int]:
    return attributes_of(point), point.as_int


def test_an_attribute_outside_the_list_leaves_in_no_way(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address)
    foreign = provider[0].get_meter("some.library").create_counter("requests")
    with TracerProvider().get_tracer("x").start_as_current_span("call"):
        for number in range(3):
            histogram(provider).record(0.003, {"category": "alias", "alias": f"{SECRET}{number}"})
            foreign.add(1, {"user": f"{SECRET}{number}"})
    exporting.close()

    found = collector.metrics()
    (point,) = found["vouchsafe.append.duration"].histogram.data_points
    assert (point.count, attributes_of(point)) == (3, {"category": "alias"})
    assert point.exemplars  # which would carry what the view left out
    assert found["requests"].sum.data_points[0].exemplars
    assert SECRET not in str(collector.requests)


def test_a_point_names_a_trace_that_was_sampled_and_no_other(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address)
    with TracerProvider(sampler=ALWAYS_OFF).get_tracer("x").start_as_current_span("unsampled"):
        histogram(provider, "unsampled").record(0.003)
    with TracerProvider().get_tracer("x").start_as_current_span("sampled") as span:
        histogram(provider, "sampled").record(0.003)
    exporting.close()

    found = collector.metrics()
    assert not found["unsampled"].histogram.data_points[0].exemplars
    (exemplar,) = found["sampled"].histogram.data_points[0].exemplars
    context = span.get_span_context()
    assert exemplar.trace_id.hex() == trace.format_trace_id(context.trace_id)
    assert exemplar.span_id.hex() == trace.format_span_id(context.span_id)
    assert exemplar.as_double == 0.003


def test_combinations_of_attributes_are_bounded(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address)
    for number in range(2000):
        histogram(provider).record(0.003, {"category": f"wrong-{number}"})
    exporting.close()
    assert len(collector.metrics()["vouchsafe.append.duration"].histogram.data_points) <= 501


def test_it_is_exported_again_and_again(collector, provider):
    exporting = configure_metrics("forum", otlp=collector.address, every=0.05)
    histogram(provider).record(0.003)
    ends = time.monotonic() + 60
    while len(collector.requests) < 3 and time.monotonic() < ends:
        time.sleep(0.01)
    exporting.close()
    assert len(collector.requests) >= 3


def test_a_file_gets_one_line_a_value(tmp_path, provider):
    path = tmp_path / "state" / "metrics.jsonl"
    exporting = configure_metrics("forum", metrics_file=path)
    with TracerProvider().get_tracer("x").start_as_current_span("call") as span:
        histogram(provider).record(0.003, {"category": "thread", "alias": SECRET})
    provider[0].get_meter("vouchsafe").create_gauge("vouchsafe.relay.lag", "{position}").set(4)
    exporting.close()
    lines = {line["name"]: line for line in map(json.loads, path.read_text().splitlines())}
    duration, lag = lines["vouchsafe.append.duration"], lines["vouchsafe.relay.lag"]
    assert (duration["service"], duration["unit"], duration["attributes"]) == ("forum", "s", {"category": "thread"})
    assert (duration["count"], duration["sum"], sum(duration["buckets"])) == (1, 0.003, 1)
    assert duration["traces"] == [trace.format_trace_id(span.get_span_context().trace_id)]
    assert (lag["name"], lag["value"]) == ("vouchsafe.relay.lag", 4)


def test_without_a_destination_nothing_is_installed(provider):
    configure_metrics("forum").close()
    assert not provider


@pytest.mark.parametrize("listening", [False, True], ids=["nobody listens", "it never answers"])
def test_a_collector_that_is_away_keeps_neither_the_end_nor_the_file(listening, tmp_path, provider):
    silent = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{silent.getsockname()[1]}"
    if not listening:
        silent.close()
    path = tmp_path / "metrics.jsonl"
    exporting = configure_metrics("forum", otlp=address, metrics_file=path, every=60)
    histogram(provider).record(0.003)
    ended = threading.Event()
    threading.Thread(target=lambda: (exporting.close(0.2), ended.set()), daemon=True).start()
    assert ended.wait(5)
    assert path.read_text()
    silent.close()


def test_an_exporter_that_hangs_does_not_keep_the_process_from_ending():
    hanging = threading.Event()

    class Hanging:
        def shutdown(self, _milliseconds: float) -> None:
            hanging.wait(30)

    ended = threading.Event()
    threading.Thread(target=lambda: (Metrics(Hanging()).close(0.05), ended.set()), daemon=True).start()
    assert ended.wait(10)
    hanging.set()


def test_every_instrument_of_ours_is_named_alike_and_described():
    instruments = [each for name, each in vars(telemetry_metrics).items() if name.isupper() and hasattr(each, "_name")]
    told = [(each._name, each._unit, each._description) for each in instruments]
    told += [(each.name, each.unit, each.description) for each in telemetry_metrics.TIMES]
    assert len(told) >= 12
    for name, unit, description in told:
        assert name.startswith("vouchsafe.")
        assert unit
        assert description
    assert "trace_id" not in METRIC_ATTRIBUTES

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

from services.chassis import telemetry_metrics
from services.chassis.telemetry import METRIC_ATTRIBUTES
from services.chassis.telemetry_metrics import Tally
from services.chassis.telemetry_metrics_export import Metrics, configure_metrics

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

    def wait_for_another(self) -> None:
        """Return when something has been exported since."""
        seen, ends = len(self.requests), time.monotonic() + 10
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
    ends = time.monotonic() + 10
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
    duration, lag = (json.loads(line) for line in path.read_text().splitlines())
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
    assert len(instruments) >= 12
    for each in instruments:
        assert each._name.startswith("vouchsafe.")
        assert each._unit
        assert each._description
    assert "trace_id" not in METRIC_ATTRIBUTES

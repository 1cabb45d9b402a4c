"""OpenTelemetry metrics: where the measurements of `telemetry_metrics` go, and what they may carry on the way.

One view holds for every instrument, of whatever library: of a measurement's attributes only those on the allow-list are
kept, not even as the leftovers that an exemplar would carry, and their combinations are bounded. An exemplar names the
trace of one measurement in each bucket, where that trace is sampled. The histograms that are counted by ourselves
(`telemetry_tally`) leave among the others.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import (
    AlignedHistogramBucketExemplarReservoir,
    Exemplar,
    ExemplarReservoir,
    MeterProvider,
    SimpleFixedSizeExemplarReservoir,
)
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
    ScopeMetrics,
)
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import format_trace_id

from services.chassis.telemetry import METRIC_ATTRIBUTES
from services.chassis.telemetry_metrics import METER, TIMES
from services.chassis.telemetry_tally import Distribution, Times

EXPORT_SECONDS = 15.0
_TRY_SECONDS = 5
_MAX_COMBINATIONS = 500


def configure_metrics(
    service: str, *, otlp: str = "", metrics_file: Path | None = None, every: float = EXPORT_SECONDS
) -> "Metrics":
    """Make this process export its measurements: to the OTLP/gRPC collector at `otlp` and to a file of JSON lines.

    Call once, early; each destination gets all of them `every` so many seconds and at the end. With neither nothing is
    installed and recording is a no-op.
    """
    exporters: list[MetricExporter] = []
    if metrics_file is not None:
        exporters.append(JsonLinesMetricExporter(metrics_file))
    if otlp:  # After the file, since they are closed in this order and a collector may take all the time there is.
        # Imported on demand: it is heavy, and most processes on a laptop have no collector.
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        exporters.append(OTLPMetricExporter(endpoint=otlp, timeout=_TRY_SECONDS))
    if not exporters:
        return Metrics(None)
    provider = MeterProvider(
        metric_readers=[_Reader(each, export_interval_millis=every * 1000) for each in exporters],
        # The instance, since replicas of one name would overwrite each other's gauges at the collector.
        resource=Resource.create({"service.name": service, "service.instance.id": str(uuid.uuid4())}),
        views=[allow_list_view()],
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(provider)
    return Metrics(provider)


class Metrics:
    """What was configured, to be closed at the end."""

    def __init__(self, provider: MeterProvider | None) -> None:
        self._provider = provider

    def close(self, seconds: float = 5.0) -> None:
        """Send what was measured since the last time and stop. Blocks at most `seconds`."""
        if self._provider is not None:
            # A daemon: a collector that is away must not keep the process from ending.
            closing = threading.Thread(target=self._provider.shutdown, args=(seconds * 1000,), daemon=True)
            closing.start()
            closing.join(seconds)


def allow_list_view() -> View:
    """The view over every instrument; buckets are said where a histogram is defined (`telemetry_metrics`)."""
    return View(
        instrument_name="*",
        attribute_keys=set(METRIC_ATTRIBUTES),
        aggregation_cardinality_limit=_MAX_COMBINATIONS,
        # The annotation says a dict, but it is called with keywords.
        exemplar_reservoir_factory=lambda _aggregation: _reservoir,  # type: ignore[arg-type, return-value]
    )


class _Reader(PeriodicExportingMetricReader):
    """Adds what is counted in `Times` to what it reads of the library's instruments."""

    def __init__(self, exporter: MetricExporter, export_interval_millis: float) -> None:
        self._told_ns = 0
        super().__init__(exporter, export_interval_millis)

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> None:
        now_ns, since_ns = time.time_ns(), self._told_ns
        self._told_ns = now_ns
        ours = [_histogram(each, now_ns, since_ns) for each in TIMES if each.distributions()]
        (found,) = metrics_data.resource_metrics
        # Among those of its own scope: an exporter takes the second of a name in place of the first.
        others = [each for each in found.scope_metrics if each.scope.name != METER]
        theirs = [metric for each in found.scope_metrics if each.scope.name == METER for metric in each.metrics]
        scope = ScopeMetrics(InstrumentationScope(METER), [*theirs, *ours], "")
        joined = replace(found, scope_metrics=[*others, scope])
        super()._receive_metrics(MetricsData([joined]), timeout_millis, **kwargs)


def _histogram(times: Times, now_ns: int, since_ns: int) -> Metric:
    points = [_point(times, attributes, found, now_ns, since_ns) for attributes, found in times.distributions()]
    data = Histogram(points, AggregationTemporality.CUMULATIVE)
    return Metric(times.name, times.description, times.unit, data)


def _point(
    times: Times, attributes: Mapping[str, str], found: Distribution, now_ns: int, since_ns: int
) -> HistogramDataPoint:
    buckets, samples = found.buckets.copy(), found.samples.copy().values()
    return HistogramDataPoint(
        attributes,
        found.begun_ns,
        now_ns,
        count=sum(buckets),
        sum=found.total,
        bucket_counts=buckets,
        explicit_bounds=times.bounds,
        min=found.lowest,
        max=found.highest,
        exemplars=[
            Exemplar({}, each.value, each.at_ns, each.span_id, each.trace_id)
            for each in samples
            if since_ns < each.at_ns <= now_ns
        ],
    )


class _NoLeftovers:
    """Makes a reservoir forget the attributes that the view dropped: an exemplar would carry them out."""

    def collect(self, point_attributes: Any) -> list[Exemplar]:
        kept: list[Exemplar] = super().collect(point_attributes)  # type: ignore[misc]
        return [Exemplar({}, each.value, each.time_unix_nano, each.span_id, each.trace_id) for each in kept]


class _PerBucket(_NoLeftovers, AlignedHistogramBucketExemplarReservoir):
    pass


class _AtRandom(_NoLeftovers, SimpleFixedSizeExemplarReservoir):
    pass


def _reservoir(**aggregation: Any) -> ExemplarReservoir:
    return _PerBucket(**aggregation) if "boundaries" in aggregation else _AtRandom(**aggregation)


class JsonLinesMetricExporter(MetricExporter):
    """Appends one JSON object a measured value to a file: what a laptop has instead of a collector."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def export(self, metrics_data: MetricsData, timeout_millis: float = 0, **_: Any) -> MetricExportResult:  # noqa: ARG002
        """Append and flush."""
        self._file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in _lines(metrics_data))
        self._file.flush()
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True

    def shutdown(self, timeout_millis: float = 0, **_: Any) -> None:  # noqa: ARG002
        """Close the file."""
        self._file.close()


def _lines(data: MetricsData) -> Iterator[dict[str, object]]:
    for resource in data.resource_metrics:
        service = resource.resource.attributes.get("service.name")
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in _points(metric):
                    yield {"service": service, "name": metric.name, "unit": metric.unit, **point}


def _points(metric: Metric) -> Iterator[dict[str, object]]:
    for point in metric.data.data_points:
        line: dict[str, object] = {"at_ns": point.time_unix_nano, "attributes": dict(point.attributes or {})}
        if isinstance(point, HistogramDataPoint):
            line |= {"count": point.count, "sum": point.sum}
            line |= {"bounds": list(point.explicit_bounds), "buckets": list(point.bucket_counts)}
        else:
            line["value"] = getattr(point, "value", None)
        yield line | {"traces": [format_trace_id(each.trace_id) for each in point.exemplars if each.trace_id]}

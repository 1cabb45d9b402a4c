"""OpenTelemetry traces: set-up, spans, and the spans of calls (`tracelink` has those of the log and the bus).

Everything exported passes one gate that keeps allow-listed attributes only (`telemetry.ALLOWED_FIELDS`) and drops
events, so that no exception text leaves. Without an exporter configured, spans cost next to nothing.
"""

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import Span, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.chassis.telemetry import Plain, allowed
from services.chassis.tracelink import opened, sample

_PROPAGATOR = TraceContextTextMapPropagator()


def configure_tracing(
    service: str, *, otlp: str = "", traces_file: Path | None = None, traced: float = 1.0
) -> "Tracing":
    """Make this process export its spans: to the OTLP/gRPC collector at `otlp` and to a file of JSON lines.

    `traced` is the share of traces begun here that are recorded. Call once, early. With neither destination nothing is
    installed and spans are no-ops.
    """
    exporters: list[SpanExporter] = []
    if otlp:
        # Imported on demand: it is heavy, and most processes on a laptop have no collector.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        exporters.append(OTLPSpanExporter(endpoint=otlp))
    if traces_file is not None:
        exporters.append(JsonLinesExporter(traces_file))
    if not exporters:
        return Tracing(None)
    resource = Resource.create({"service.name": service})
    sample(traced)
    provider = TracerProvider(ParentBased(ALWAYS_ON), resource, shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(AllowListExporter(exporter)))
    trace.set_tracer_provider(provider)
    return Tracing(provider)


class Tracing:
    """What was configured, to be closed at the end."""

    def __init__(self, provider: TracerProvider | None) -> None:
        self._provider = provider

    def close(self, seconds: float = 10.0) -> None:
        """Send what is still queued and stop. Blocks for as long as the exporters take, at most `seconds`."""
        if self._provider is not None:
            # A daemon: a collector that is away must not keep the process from ending.
            closing = threading.Thread(target=self._provider.shutdown, daemon=True)
            closing.start()
            closing.join(seconds)


def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    traceparent: str | None = None,
    attributes: Mapping[str, Plain] | None = None,
) -> AbstractContextManager[Span]:
    """A span around the block. An exception marks it as failed, by type only, and goes on.

    `traceparent`: None continues the surrounding span; a header value continues that trace; "" or a malformed value
    starts a new trace, whatever surrounds it.
    """
    parent = None if traceparent is None else _context(traceparent)
    return opened(name, parent=parent, kind=kind, attributes=attributes)


def current_trace_id() -> str:
    """The surrounding trace, 32 hex digits; outside of any, a random one that at least names the incident."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else secrets.token_hex(16)


def _context(traceparent: str) -> Context:
    return _PROPAGATOR.extract({"traceparent": traceparent}, context=Context()) if traceparent else Context()


class AllowListExporter(SpanExporter):
    """Passes spans on without anything that is not on the allow-list."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the cleaned copies."""
        return self._exporter.export([_cleaned(each) for each in spans])

    def shutdown(self) -> None:
        """Close the exporter behind."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter behind, within `timeout_millis`."""
        return self._exporter.force_flush(timeout_millis)


def _cleaned(original: ReadableSpan) -> ReadableSpan:
    kept, dropped = allowed(original.attributes or {})
    return ReadableSpan(
        name=original.name,
        context=original.get_span_context(),
        parent=original.parent,
        resource=original.resource,
        links=[trace.Link(link.context) for link in original.links],
        attributes={**kept, "dropped": dropped} if dropped else kept,
        kind=original.kind,
        status=Status(original.status.status_code),
        start_time=original.start_time,
        end_time=original.end_time,
        instrumentation_scope=original.instrumentation_scope,
    )


class JsonLinesExporter(SpanExporter):
    """Appends one JSON object a span to a file: what a laptop has instead of a collector."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append and flush."""
        self._file.writelines(json.dumps(_line(each), separators=(",", ":")) + "\n" for each in spans)
        self._file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        self._file.close()


def _line(each: ReadableSpan) -> dict[str, object]:
    context = each.get_span_context()
    return {
        "service": each.resource.attributes.get("service.name"),
        "name": each.name,
        "kind": each.kind.name.lower(),
        "trace_id": trace.format_trace_id(context.trace_id) if context else "",
        "span_id": trace.format_span_id(context.span_id) if context else "",
        "parent_id": trace.format_span_id(each.parent.span_id) if each.parent else "",
        "links": [f"{trace.format_trace_id(to.trace_id)}:{trace.format_span_id(to.span_id)}" for to in _linked(each)],
        "start_ns": each.start_time,
        "end_ns": each.end_time,
        "status": each.status.status_code.name,
        "attributes": dict(each.attributes or {}),
    }


def _linked(each: ReadableSpan) -> list[trace.SpanContext]:
    return [link.context for link in each.links]

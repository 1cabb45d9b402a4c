"""The spans of a test, as they would leave the process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.chassis import tracelink
from services.chassis.telemetry_trace import AllowListExporter


@contextmanager
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[ReadableSpan]]]:
    """Export to memory, behind the gate that every exporter has; what was exported so far."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(AllowListExporter(exporter)))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    tracelink._tracer.cache_clear()
    try:
        yield lambda: list(exporter.get_finished_spans())
    finally:
        provider.shutdown()
        tracelink._tracer.cache_clear()


def shown(spans: list[ReadableSpan]) -> list[tuple[str, str, dict[str, object]]]:
    """Name, kind and attributes of each."""
    return [(each.name, each.kind.name, dict(each.attributes or {})) for each in spans]

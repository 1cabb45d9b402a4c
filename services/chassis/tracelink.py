"""Carries trace context where no call does: with a commit into the log, and with a message over the bus.

Work that follows a commit later is not its child but *linked* to it, since one batch answers to many commits.
Attributes given to spans here must never hold ids of people, stream ids or contents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACEPARENT = "traceparent"
_MAX_LINKS = 32
_propagator = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, traceparents: Iterable[str | None] = (), **attributes: str | int) -> Iterator[None]:
    """A span around the block, linked to the spans named by `traceparents`; a failure keeps its type only."""
    with opened(name, links=links_to(traceparents), attributes=attributes):
        yield


@contextmanager
def opened(
    name: str,
    *,
    kind: trace.SpanKind = trace.SpanKind.INTERNAL,
    parent: Context | None = None,
    links: Sequence[trace.Link] = (),
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> Iterator[trace.Span]:
    """A span around the block, of which an exception keeps nothing but its type; `parent`: None for the surrounding."""
    with trace.get_tracer("vouchsafe").start_as_current_span(
        name,
        context=parent,
        kind=kind,
        links=links,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except BaseException as error:
            failed(current, error)
            raise


def failed(current: trace.Span, error: BaseException) -> None:
    """Mark `current` as failed by `error`, of which only the type is kept."""
    current.set_attribute("error_type", type(error).__name__)
    current.set_status(trace.Status(trace.StatusCode.ERROR))


def current_traceparent() -> str | None:
    """The W3C trace context of the span in progress, None when there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(_TRACEPARENT)


def links_to(traceparents: Iterable[str | None]) -> list[trace.Link]:
    """Links to the spans named, repeats and nonsense left out; at most 32, for a batch may answer to thousands."""
    links: list[trace.Link] = []
    for traceparent in dict.fromkeys(traceparents):
        if traceparent is None or len(links) == _MAX_LINKS:
            continue
        context = trace.get_current_span(_propagator.extract({_TRACEPARENT: traceparent})).get_span_context()
        if context.is_valid:
            links.append(trace.Link(context))
    return links

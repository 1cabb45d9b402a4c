"""Carries trace context where no call does: with a commit into the log, and with a message over the bus.

Work that follows a commit later is not its child but *linked* to it, since one batch answers to many commits.
Attributes given to spans here must never hold ids of people, stream ids or contents.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_tracer = trace.get_tracer("vouchsafe.chassis")
_TRACEPARENT = "traceparent"
_MAX_LINKS = 32
_propagator = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, traceparents: Iterable[str | None] = (), **attributes: str | int) -> Iterator[None]:
    """A span around the block, linked to the spans named by `traceparents`; a failure keeps its type only."""
    with _tracer.start_as_current_span(
        name, links=links_to(traceparents), attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error_type", type(error).__name__)
            current.set_status(trace.StatusCode.ERROR)
            raise


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

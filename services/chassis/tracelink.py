"""Carries trace context where no call does: with a commit into the log, and with a message over the bus.

Work that follows a commit later is not its child but *linked* to it, since one batch answers to many commits.
Attributes given to spans here must never hold ids of people, stream ids or contents.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from types import TracebackType
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACEPARENT = "traceparent"
_MAX_LINKS = 32
_propagator = TraceContextTextMapPropagator()


def span(
    name: str, traceparents: Iterable[str | None] = (), **attributes: str | int
) -> AbstractContextManager[trace.Span]:
    """A span around the block, linked to the spans named by `traceparents`; a failure keeps its type only."""
    return _unsampled() or opened(name, links=links_to(traceparents), attributes=attributes)


def opened(
    name: str,
    *,
    kind: trace.SpanKind = trace.SpanKind.INTERNAL,
    parent: Context | None = None,
    links: Sequence[trace.Link] = (),
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> AbstractContextManager[trace.Span]:
    """A span around the block, of which an exception keeps nothing but its type; `parent`: None for the surrounding.

    Inside a trace that was not sampled it is the surrounding span itself: the decision stands and costs nothing more.
    """
    if parent is None and (same := _unsampled()):
        return same
    begins = not trace.get_current_span(parent).get_span_context().is_valid
    if begins and random.random() >= _sampling.share:  # noqa: S311 -- not a secret
        return _Opened(_left_out())
    started = _tracer(trace.get_tracer).start_span(
        name,
        context=parent,
        kind=kind,
        links=links,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    )
    if parent is None and not started.get_span_context().is_valid:
        return _Same(started)  # nobody traces here
    return _Opened(started)


def sample(share: float) -> None:
    """Record this share of the traces that this process begins from now on, 0 to 1.

    Decided here and not by the library, where a trace that is left out costs as much as one that is recorded. Whoever
    continues a trace goes by what was decided for it.
    """
    _sampling.share = share


class _Sampling:
    share = 1.0


_sampling = _Sampling()


def _left_out() -> trace.Span:
    """What stands for the first span of a trace that nobody records: it has a name, for logs and for the commits."""
    trace_id, span_id = random.getrandbits(128) or 1, random.getrandbits(64) or 1
    return trace.NonRecordingSpan(trace.SpanContext(trace_id, span_id, is_remote=False))


def _unsampled() -> "_Same | None":
    """The surrounding span, if it belongs to a trace that was not sampled."""
    surrounding = trace.get_current_span()
    found = surrounding.get_span_context()
    return _Same(surrounding) if found.is_valid and not found.trace_flags.sampled else None


@lru_cache(maxsize=1)
def _tracer(make: Any) -> trace.Tracer:
    tracer: trace.Tracer = make("vouchsafe")
    return tracer


class _Same:
    """Nothing around the block but what is there already."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def __enter__(self) -> trace.Span:
        return self._span

    def __exit__(self, *exception: object) -> None:
        return None


class _Opened:
    """The span, current for the block and ended with it. A class, since generators cost as much as what they wrap."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def __enter__(self) -> trace.Span:
        self._token = contexts.attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        contexts.detach(self._token)
        if error is not None:
            failed(self._span, error)
        self._span.end()


def failed(current: trace.Span, error: BaseException) -> None:
    """Mark `current` as failed by `error`, of which only the type is kept."""
    current.set_attribute("error_type", type(error).__name__)
    current.set_status(trace.Status(trace.StatusCode.ERROR))


def current_traceparent() -> str | None:
    """The W3C trace context of the span in progress, None when there is none."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return None
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


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

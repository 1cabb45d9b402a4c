"""The allow-lists of telemetry: what a log line, a span or a measurement may carry, and nothing else.

A field that is not named here never leaves the process, whoever wrote it; values are plain and short. The lists hold
no name of anything that could identify a person or an alias: add to them only with that in mind.
"""

import re
from collections.abc import Mapping
from typing import Final

ALLOWED_FIELDS: Final = frozenset(
    {
        # one remote call
        "method", "caller", "code", "reason", "duration_ms", "trace_id", "span_id", "attempt", "peer",
        # where something failed, never what it said
        "error_type", "at", "signal", "stage",
        # the event log and its workers
        "worker", "lease", "epoch", "generation", "position", "first", "last", "count", "lag", "commits", "events",
        "event_type", "consumer", "projection", "subject", "stream_kind", "sequence", "attempts", "backoff_ms", "batch",
        # process
        "version", "port", "grace_s", "secret_name", "dropped", "source",
    }
)  # fmt: skip
"""Names of log fields and span attributes."""

METRIC_ATTRIBUTES: Final = frozenset({"category", "hit", "projection", "consumer", "method", "code"})
"""Names of a measurement's attributes: kinds and names out of this code, of which there are few."""

MAX_VALUE_LENGTH: Final = 200
_EVENT_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")

Plain = str | int | float | bool


def allowed(fields: Mapping[str, object], extra: frozenset[str] = frozenset()) -> tuple[dict[str, Plain], int]:
    """The fields that may leave, and how many were dropped. A value must be plain, and text short, to be kept."""
    kept: dict[str, Plain] = {}
    for name, value in fields.items():
        listed = name in ALLOWED_FIELDS or name in extra
        if listed and isinstance(value, Plain) and not (isinstance(value, str) and len(value) > MAX_VALUE_LENGTH):
            kept[name] = value
    return kept, len(fields) - len(kept)


def is_event_name(name: object) -> bool:
    """Whether `name` is a constant such as `rpc_failed`, as opposed to a sentence with data in it."""
    return isinstance(name, str) and _EVENT_NAME.fullmatch(name) is not None


def where(error: BaseException) -> str:
    """The innermost place of ours that `error` passed through, `services/forum/x.py:12`, or ""."""
    place = ""
    frame = error.__traceback__
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename
        for root in ("/services/", "/client/"):
            if root in path:
                place = f"{root[1:]}{path.rpartition(root)[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place

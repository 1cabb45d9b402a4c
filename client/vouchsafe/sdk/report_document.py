"""A transparency report as JSON: one document, whose keys docs/report.md explains.

Times are Unix seconds, bytes lower-case hex. Within one `SCHEMA` keys may be added, and none changes its meaning.
"""

import json
from dataclasses import fields, is_dataclass
from typing import Any, Final

from vouchsafe.sdk.report import Report

SCHEMA: Final = "vouchsafe/transparency-report/1"


def to_document(report: Report) -> dict[str, Any]:
    """The report as what JSON can hold."""
    return {"schema": SCHEMA, "alarms": report.alarms, "demands": report.demands, **_plain(report)}


def to_json(report: Report) -> str:
    """The document as text; the same report is always the same text."""
    return json.dumps(to_document(report), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value

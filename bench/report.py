"""Writes comparisons down: a table in Markdown, and JSON with the figure of every round."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Comparison, Side

_HEAD = ("what", "raw limit", "ours", "ratio", "target", "met", "store's CPU, raw / ours")


def table(rows: Iterable[Comparison]) -> str:
    """The rows as a Markdown table, and below it what explains them."""
    found = list(rows)
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD)), *(_line(_cells(row)) for row in found)]
    notes = [f"- {row.what}: {_notes(row)}" for row in found]
    return "\n".join([*lines, "", *notes, ""])


def as_json(row: Comparison) -> dict[str, object]:
    """The row with every round's figures, and the conditions under which they came about."""
    return {
        "name": row.name,
        "what": row.what,
        "unit": row.unit,
        "raw": _side(row.raw),
        "ours": _side(row.ours),
        "ratio": row.ratio,
        "target": None if row.target is None else asdict(row.target),
        "met": row.met,
        "notes": dict(row.notes),
        "machine": {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write(rows: Sequence[Comparison], directory: Path) -> None:
    """Write `<name>.json` for each row and `table.md` for all."""
    directory.mkdir(parents=True, exist_ok=True)
    for row in rows:
        text = json.dumps(as_json(row), indent=2, ensure_ascii=False)
        (directory / f"{row.name}.json").write_text(text + "\n", encoding="utf-8")
    (directory / "table.md").write_text(table(rows), encoding="utf-8")


def _side(side: Side) -> dict[str, object]:
    return {
        "what": side.what,
        "median": side.median,
        "figures": list(side.figures),
        "store_cpu": list(side.store_cpu),
        "median_store_cpu": side.median_store_cpu,
    }


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Comparison) -> tuple[str, ...]:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    shares = [side.median_store_cpu for side in (row.raw, row.ours)]
    cpu = " / ".join("-" if share is None else f"{share:.0%}" for share in shares)
    values = [f"{number(side.median)} {row.unit}" for side in (row.raw, row.ours)]
    return (row.what, *values, f"{row.ratio:.2f}", str(row.target or ""), met, "" if cpu == "- / -" else cpu)


def _notes(row: Comparison) -> str:
    told = [f"{name} {number(value) if isinstance(value, float) else value}" for name, value in row.notes.items()]
    return "; ".join([f"raw is {row.raw.what}", f"ours is {row.ours.what}", *told])


def number(value: float) -> str:
    """`value` with three digits that count, and no more zeros than it has."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")

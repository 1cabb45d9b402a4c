"""How answers are shown: tables on a terminal, tab-separated lines elsewhere, JSON where it was asked for.

What does not print is replaced, so that nothing in a log can steer an operator's terminal. A confirmation is typed, or
given beforehand with `--yes`; without a terminal there is nobody to ask.
"""

import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.admin.errors import AdminError

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Row = Mapping[str, Any]


def rows(found: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Show rows by these columns; in JSON as one list."""
    if as_json:
        write(json.dumps(list(found), ensure_ascii=True))
        return
    if not console.is_terminal:
        for each in found:
            row(each, columns, as_json=False)
        return
    drawn = Table(header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")  # an identifier cut short is of no use
    for each in found:
        drawn.add_row(*(Text(_cell(each.get(column))) for column in columns))
    console.print(drawn)


def row(found: Row, columns: Sequence[str], *, as_json: bool) -> None:
    """Show one row of those that go on coming, as a line of its own."""
    write(
        json.dumps(found, ensure_ascii=True) if as_json else "\t".join(_cell(found.get(column)) for column in columns)
    )


def facts(pairs: Row, *, as_json: bool) -> None:
    """Show names and values."""
    if as_json:
        write(json.dumps(pairs, ensure_ascii=True))
        return
    for name, value in pairs.items():
        write(f"{name}: {_cell(value)}")


def note(sentence: str) -> None:
    """Tell something beside the answer, on stderr."""
    sys.stderr.write(f"{shown(sentence)}\n")
    sys.stderr.flush()


def write(line: str) -> None:
    """One line of the answer."""
    console.file.write(f"{line}\n")  # not console.print, which would turn tabs into spaces
    console.file.flush()


def moment(unix: float) -> str:
    """A time in UTC, to the second."""
    return dt.datetime.fromtimestamp(unix, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(text: str) -> str:
    """A text without anything that does not print."""
    return "".join(char if char.isprintable() else _REPLACEMENT for char in text)


def confirm(action: str, word: str, *, yes: bool) -> None:
    """Return when the operator means it: said beforehand, or by typing `word`. Raises AdminError."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise AdminError("NOT_CONFIRMED", f"to {action}, say --yes")
    sys.stderr.write(f"This will {shown(action)}. Type {shown(word)} to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != word:
        raise AdminError("NOT_CONFIRMED", "nothing was done")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping | list):
        return shown(json.dumps(value, ensure_ascii=False))
    return shown(str(value))

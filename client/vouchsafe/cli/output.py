"""How results are shown: tables and colour on a terminal, tab-separated lines elsewhere.

Texts of others pass `shown` first: what does not print (control characters, bidirectional overrides) is replaced, so a
post cannot steer a reader's terminal.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_REPLACEMENT = "�"

console = Console(highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Show rows. Without a terminal: one line a row, cells apart by tabs, no heading."""
    cells = [[shown(str(cell)) for cell in row] for row in rows]
    if not console.is_terminal:
        for row in cells:
            _line("\t".join(cell.replace("\n", " ").replace("\t", " ") for cell in row))
        return
    drawn = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")  # an identifier cut short is of no use
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(drawn)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Show names and values, one pair a line."""
    for name, value in pairs:
        text = shown(str(value)).replace("\n", " ")
        if console.is_terminal:
            console.print(Text.assemble((f"{name}: ", "bold"), text), soft_wrap=True)
        else:
            _line(f"{name}: {text}")


def done(sentence: str) -> None:
    """Say what has been achieved."""
    console.print(Text(shown(sentence), style="green" if console.is_terminal else ""), soft_wrap=True)


def moment(unix: int) -> str:
    """A time, for people, in UTC; whoever tells one that no calendar has keeps nobody from reading the rest."""
    try:
        return dt.datetime.fromtimestamp(unix, dt.UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "beyond any calendar"


def shown(text: str) -> str:
    """A text without anything that does not print, except line feeds."""
    return "".join(char if char.isprintable() or char in "\n\t" else _REPLACEMENT for char in text)


def _line(text: str) -> None:
    console.file.write(f"{text}\n")  # not console.print, which would turn tabs into spaces

"""Lengths of time, as people write and read them: `8h`, `10d`, `1d 4h`."""

import re
from typing import Any, Final

import typer

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART: Final = re.compile(r"([0-9]{1,9})([dhms])")


def duration(meaning: str, *names: str) -> Any:
    """An option of the command line that is a length of time, in seconds once it is read."""
    return typer.Option(*names, parser=seconds, metavar="DURATION", help=meaning)


def seconds(text: str) -> int:
    """The seconds of a length such as `90s`, `8h` or `1d12h`; what is not one is the command line's mistake."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise typer.BadParameter("a length of time is written like 90s, 30m, 8h or 10d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def span(length: int) -> str:
    """A length in its two largest units."""
    parts = []
    for unit, size in _UNITS.items():
        count, length = divmod(max(length, 0), size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def until(unix: int, now: int) -> str:
    """How far off a moment is: `in 2h 5m`, `3d ago`."""
    return f"in {span(unix - now)}" if unix > now else f"{span(now - unix)} ago"

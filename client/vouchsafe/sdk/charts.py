"""Charts as inline SVG: bars of counted things, told apart by pattern rather than by colour.

They need no script and no style of their own: everything is drawn in the text's colour, so they print, and show on a
dark page. Each carries a title and a description for who does not see it, and belongs beside a table of the same
numbers. What is counted is the caller's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from markupsafe import Markup

_WIDTH: Final = 640
_LABELS: Final = 150
_NUMBERS: Final = 120
_ROW: Final = 28
_BAR: Final = 18
_LEGEND: Final = 132
_LEGEND_ROW: Final = 24
_ACROSS: Final = _WIDTH // _LEGEND

_PATTERNS: Final = (
    Markup('<rect width="8" height="8" fill="currentColor"/>'),
    Markup(""),
    Markup('<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="currentColor" stroke-width="2"/>'),
    Markup('<circle cx="4" cy="4" r="1.6" fill="currentColor"/>'),
    Markup('<path d="M0 4h8" stroke="currentColor" stroke-width="2"/>'),
    Markup('<path d="M4 0v8" stroke="currentColor" stroke-width="2"/>'),
    Markup('<path d="M-2 6l4 4M0 0l8 8M6-2l4 4" stroke="currentColor" stroke-width="2"/>'),
    Markup('<path d="M0 4h8M4 0v8" stroke="currentColor" stroke-width="1.2"/>'),
)
"""Fills that differ without colour, the heaviest first; drawn in squares of 8 units."""


@dataclass(frozen=True)
class Bar:
    """A row of a chart: what it is, how much of each part it has, in the order of the chart's parts, and in words."""

    label: str
    amounts: tuple[float, ...]
    said: str


def bars(name: str, *, title: str, description: str, parts: Sequence[str], rows: Sequence[Bar]) -> Markup:
    """Bars of stacked parts, the longest as wide as the chart. `name` makes its ids unique on a page."""
    most = max((sum(row.amounts) for row in rows), default=0) or 1
    scale = (_WIDTH - _LABELS - _NUMBERS) / most
    shown = [at for at in range(len(parts)) if len(parts) > 1 and any(row.amounts[at] for row in rows)]
    top = _legend_height(len(shown))
    height = top + _ROW * len(rows)
    drawn = Markup("").join(_row(name, row, top + _ROW * at, scale) for at, row in enumerate(rows))
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{name}-title {name}-description">'
        '<title id="{name}-title">{title}</title><desc id="{name}-description">{description}</desc>'
        "<defs>{patterns}</defs>{legend}{rows}</svg>"
    ).format(
        width=_WIDTH,
        height=height,
        name=name,
        title=title,
        description=description,
        patterns=_patterns(name, len(parts)),
        legend=_legend(name, parts, shown),
        rows=drawn,
    )


def _patterns(name: str, parts: int) -> Markup:
    return Markup("").join(
        Markup('<pattern id="{}-{}" width="8" height="8" patternUnits="userSpaceOnUse">{}</pattern>').format(
            name, at, _PATTERNS[at % len(_PATTERNS)]
        )
        for at in range(parts)
    )


def _row(name: str, row: Bar, top: int, scale: float) -> Markup:
    middle = top + _ROW // 2
    starts = accumulate((amount * scale for amount in row.amounts), initial=float(_LABELS))
    boxes = Markup("").join(
        _box(name, part, start, top + (_ROW - _BAR) // 2, amount * scale, _BAR)
        for part, (start, amount) in enumerate(zip(starts, row.amounts, strict=False))
        if amount
    )
    end = _LABELS + sum(row.amounts) * scale
    return Markup(
        '<text x="{left}" y="{y}" text-anchor="end">{label}</text>{boxes}<text x="{end:.1f}" y="{y}">{said}</text>'
    ).format(left=_LABELS - 10, y=middle + 5, label=row.label, boxes=boxes, end=end + 8, said=row.said)


def _box(name: str, part: int, left: float, top: float, width: float, height: float) -> Markup:
    return Markup(
        '<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="url(#{}-{})" stroke="currentColor"/>'
    ).format(left, top, width, height, name, part)


def _legend(name: str, parts: Sequence[str], shown: Sequence[int]) -> Markup:
    """What the patterns of those parts stand for that some row has."""
    return Markup("").join(
        _box(name, part, (place % _ACROSS) * _LEGEND + 1, place // _ACROSS * _LEGEND_ROW + 2, 16, 16)
        + Markup('<text x="{}" y="{}">{}</text>').format(
            (place % _ACROSS) * _LEGEND + 24, place // _ACROSS * _LEGEND_ROW + 15, parts[part]
        )
        for place, part in enumerate(shown)
    )


def _legend_height(shown: int) -> int:
    return (shown + _ACROSS - 1) // _ACROSS * _LEGEND_ROW + 12 if shown else 0

"""A transparency report as one HTML page: no script, nothing loaded from anywhere, a table beside each chart.

The words of the page are in `report_page.html`; here are the charts' numbers and how times are said. The page's own
policy lets a browser use its one style sheet and nothing else.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vouchsafe.sdk.charts import Bar, bars
from vouchsafe.sdk.demands import Flaw
from vouchsafe.sdk.report import Report
from vouchsafe.sdk.report_parts import AnswerTime

OUTCOMES: Final = ("opened", "refused", "vetoed", "expired", "withdrawn", "pending", "declined")
"""In the order of a chart: the most serious first, drawn heaviest."""

WANTED: Final = ("name", "deletion", "unknown")

FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.MALFORMED: "it is not written as leaves are",
    Flaw.UNKNOWN_KIND: "nobody knows this kind of leaf",
    Flaw.UNKNOWN_WORD: "it uses a word that the log does not have",
    Flaw.REPEATED: "it says again what was said before",
    Flaw.UNMATCHED: "it speaks of a demand or an opening that the log was never told of",
    Flaw.WITHOUT_GROUND: "the demand was taken up although the rule declines it",
    Flaw.AFTER_THE_END: "it tells more of what had ended before",
    Flaw.FROM_THE_FUTURE: "it tells a time later than witnesses saw it in the log",
    Flaw.TOO_SOON: "it leaves less time than the policy does, and names no document that would allow that",
    Flaw.WRONG_SUBJECT: "it tells another subject than the opening was announced about, so nobody was told",
    Flaw.VOID: "it breaks a rule of the log, such as a signature or a second intent, so it counts for nothing",
}
"""What is wrong with a leaf, for people."""

_HERE: Final = Path(__file__).parent
_SPANS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def to_html(report: Report) -> str:
    """The whole page."""
    style = (_HERE / "report_page.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"moment": moment, "span": span}
    return environment.get_template("report_page.html").render(
        report=report,
        flaws=FLAWS,
        style=Markup(style),  # noqa: S704  # a file of ours
        style_hash=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        demands_chart=demands_chart(report),
        declined_chart=declined_chart(report),
        months_chart=months_chart(report),
        times_chart=times_chart(report.answer_times),
    )


def demands_chart(report: Report) -> Markup:
    """Demands by who asked, and how they ended."""
    rows = [
        (
            requester,
            tuple(
                sum(c.count for c in report.counts if (c.requester, c.outcome) == (requester, outcome))
                for outcome in OUTCOMES
            ),
        )
        for requester in _most_first((count.requester, count.count) for count in report.counts)
    ]
    return bars(
        "demands",
        title="Demands by who asked and how they ended",
        description=_described(rows),
        parts=OUTCOMES,
        rows=[Bar(requester, amounts, str(sum(amounts))) for requester, amounts in rows],
    )


def declined_chart(report: Report) -> Markup:
    """Declined demands by who asked, and for what."""
    rows = [
        (
            requester,
            tuple(
                sum(d.count for d in report.declined if (d.requester, d.wants) == (requester, wanted))
                for wanted in WANTED
            ),
        )
        for requester in _most_first((each.requester, each.count) for each in report.declined)
    ]
    return bars(
        "declined",
        title="Declined demands by who asked and for what",
        description=_described(rows),
        parts=WANTED,
        rows=[Bar(requester, amounts, str(sum(amounts))) for requester, amounts in rows],
    )


def months_chart(report: Report) -> Markup:
    """Demands by month."""
    rows = [(each.month, (each.taken_up, each.declined)) for each in report.months]
    return bars(
        "months",
        title="Demands by month",
        description=_described(rows),
        parts=("taken up", "declined"),
        rows=[Bar(month, amounts, str(sum(amounts))) for month, amounts in rows],
    )


def times_chart(times: Sequence[AnswerTime]) -> Markup:
    """How long answers took: the median, and on to the worst."""
    answered = [each for each in times if each.answered]
    return bars(
        "times",
        title="Time from asking to the answer",
        description="; ".join(f"{t.requester}: median {span(t.median)}, worst {span(t.worst)}" for t in answered),
        parts=("median", "up to the worst"),
        rows=[
            Bar(t.requester, (t.median, t.worst - t.median), f"{span(t.median)} / {span(t.worst)}") for t in answered
        ],
    )


def moment(unix: int) -> str:
    """A time for people, in UTC; what the log does not tell is said to be unknown."""
    if not unix:
        return "unknown"
    try:
        return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "beyond any calendar"


def span(seconds: int) -> str:
    """A length of time in at most two units."""
    said = []
    for size, unit in _SPANS:
        if seconds >= size:
            said.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(said[:2]) or "0 s"


def _most_first(counted: Iterable[tuple[str, int]]) -> list[str]:
    totals: dict[str, int] = {}
    for name, count in counted:
        totals[name] = totals.get(name, 0) + count
    return sorted(totals, key=lambda name: (-totals[name], name))


def _described(rows: Iterable[tuple[str, Sequence[int]]]) -> str:
    return "; ".join(f"{name}: {sum(amounts)}" for name, amounts in rows)

"""The table of a run: a row for each scenario, with what was broken, what was acknowledged and what went wrong."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.rig.checks import Kind
from tests.faults.rig.rig import Verdict

_HEAD = ("scenario", "faults", "sent", "acknowledged", "lost", "doubled", "other", "at rest after, s")


@dataclass(frozen=True)
class Row:
    """One scenario; `faults` by their kinds."""

    scenario: str
    faults: dict[str, int]
    sent: int
    acknowledged: int
    lost: int
    doubled: int
    other: int
    quiet_after: float

    def cells(self) -> tuple[str, ...]:
        """As in the table."""
        counts = (sum(self.faults.values()), self.sent, self.acknowledged, self.lost, self.doubled, self.other)
        return (self.scenario, *map(str, counts), f"{self.quiet_after:.1f}")


class Report:
    """The rows of this run, by scenario; a scenario that is judged again replaces its row."""

    def __init__(self, seed: int) -> None:
        self.rows: dict[str, Row] = {}
        self._seed = seed

    def add(self, scenario: str, verdict: Verdict) -> None:
        """Take a scenario's verdict down; the longest time that it took to come to rest stays."""
        earlier = self.rows.get(scenario)
        self.rows[scenario] = Row(
            scenario=scenario.removeprefix("test_").replace("_", " "),
            faults=dict(sorted(verdict.faults.items())),
            sent=verdict.sent,
            acknowledged=verdict.acknowledged,
            lost=verdict.count(Kind.LOST),
            doubled=verdict.count(Kind.DOUBLED),
            other=verdict.count(Kind.OTHER),
            quiet_after=round(max(verdict.quiet_after, earlier.quiet_after if earlier else 0.0), 1),
        )

    def table(self) -> str:
        """Markdown, with a last row of sums."""
        lines = [_HEAD, *(row.cells() for row in self.rows.values()), self._sums()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
        written = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        rule = " | ".join("-" * width for width in widths)
        return "\n".join(f"| {line} |" for line in (written[0], rule, *written[1:])) + f"\n\nseed {self._seed}"

    def _sums(self) -> tuple[str, ...]:
        rows = self.rows.values()
        faults = sum(sum(row.faults.values()) for row in rows)
        counts = [
            sum(getattr(row, name) for row in rows) for name in ("sent", "acknowledged", "lost", "doubled", "other")
        ]
        return ("all", str(faults), *map(str, counts), f"{max(row.quiet_after for row in rows):.1f}")

    def write(self, directory: Path) -> None:
        """Write `table.md` and `table.json`."""
        directory.mkdir(parents=True, exist_ok=True)
        kinds = "\n".join(f"- {row.scenario}: {_told(row.faults)}" for row in self.rows.values())
        (directory / "table.md").write_text(f"{self.table()}\n\n{kinds}\n")
        told = {"seed": self._seed, "scenarios": [asdict(row) for row in self.rows.values()]}
        (directory / "table.json").write_text(json.dumps(told, indent=2) + "\n")


def _told(faults: dict[str, int]) -> str:
    return ", ".join(f"{count} × {kind}" for kind, count in faults.items()) or "none"

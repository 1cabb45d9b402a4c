"""The linkage table: what each party could do on a sound platform, what gave each broken build away, what delays do.

Printed by `make boundary`, which also writes it between the markers of docs/boundary.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deploy.local.layout import REPOSITORY
from tests.boundary.delays_law import CROWD, Worth, expected
from tests.boundary.figures import interval
from tests.boundary.joins import Found
from tests.boundary.matching import Guess
from tests.boundary.parties import Row
from tests.boundary.verdicts import Finding, holds

PAGE = REPOSITORY / "docs" / "boundary.md"
BEGIN, END = "<!-- linkage table: made by `make boundary` -->", "<!-- end of the linkage table -->"
HELD, BROKEN, FOUND, MISSED = "holds", "BROKEN", "found", "MISSED"

_SOUND = ("party", "records", "equal", "part", "computed", "best by order", "best by time", "guessing", "verdict")
_BUILDS = ("broken build", "party", "from", "aliases joined", "verdict")
_WORTH = ("people come in over", "times guessing, by likelihood", "by rank", "by calculation")


def render(
    rows: Iterable[Row], readers: Found, findings: Iterable[Finding], delays: Iterable[Worth], people: int
) -> str:
    """All three as Markdown."""
    threads = ("readers, two threads of one author", "", *_counts(readers), "", "", "", _verdict(not readers.aliases))
    sound = [*(_row(row) for row in rows), threads]
    builds = [
        (each.build, each.party, each.way, f"{each.right:.0f} of {each.of}", FOUND if each.found else MISSED)
        for each in findings
    ]
    worths = [
        (
            f"{each.hours} hours",
            f"{each.times_chance:.2f} ± {each.error:.2f}",
            f"{each.by_rank:.2f}",
            f"{expected(each.hours, CROWD):.2f}",
        )
        for each in delays
    ]
    head = f"A sound platform with {people} people:"
    parts = (head, _markdown(_SOUND, sound), "Each broken build:", _markdown(_BUILDS, builds))
    return "\n\n".join((*parts, f"The SDK's delays alone, crowds of {CROWD}:", _markdown(_WORTH, worths)))


def write(text: str, page: Path = PAGE) -> None:
    """Put the table in its place on the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def standing(page: Path = PAGE) -> dict[str, str]:
    """What the page's table says: the verdict by the first column of each row that has one."""
    text = page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {row[0]: row[-1] for row in rows if row[-1] in {HELD, BROKEN, FOUND, MISSED}}


def _row(row: Row) -> tuple[str, ...]:
    guesses = (_guess(row.order), _guess(row.time))
    chance = f"{row.chance:.1%}" if row.order.of else ""
    return (row.party, f"{row.records:,}", *_counts(row.found), *guesses, chance, _verdict(holds(row)))


def _counts(found: Found) -> tuple[str, str, str]:
    return str(len(found.equal)), str(len(found.part)), str(len(found.computed))


def _guess(guess: Guess) -> str:
    if guess.of == 0:
        return "nothing to match"
    low, high = interval(guess.right, guess.of)
    return f"{guess.rate:.1%} ({low:.1%} to {high:.1%}), best of {guess.ways}"


def _verdict(good: bool) -> str:
    return HELD if good else BROKEN


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def lines() -> Iterator[str]:
        yield _line(head)
        yield _line(["---"] * len(head))
        yield from map(_line, rows)

    return "\n".join(lines())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""docs/review-in-a-day.md: the files it leads through with their lines, and the commands it asks a reader to run.

`python -m tests.boundary.review` (`make review-lines`) counts the lines again.
"""

import re
import sys
from collections.abc import Iterator

from deploy.local.layout import REPOSITORY

PAGE = REPOSITORY / "docs" / "review-in-a-day.md"
_ROW = re.compile(r"^\| `([\w./-]+)` \| (\d+) \|", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TOTAL = re.compile(r"(<!-- lines -->\n).*?(<!-- /lines -->)", re.DOTALL)


def rows(page: str) -> Iterator[tuple[str, int]]:
    """Each file that the page names in a table, and the lines that it says it has."""
    for name, lines in _ROW.findall(page):
        yield name, int(lines)


def commands(page: str) -> list[str]:
    """The commands of the page that take seconds; those in blocks marked `slow` are left out."""
    return [line.partition("  #")[0].strip() for block in _BLOCK.findall(page) for line in block.splitlines() if line]


def lines_of(name: str) -> int:
    """How many lines a file has."""
    return len((REPOSITORY / name).read_text(encoding="utf-8").splitlines())


def counted(page: str) -> str:
    """The page with all lines counted again."""
    page = _ROW.sub(lambda row: row[0].replace(f"| {row[2]} |", f"| {lines_of(row[1])} |"), page)
    code = [(name, lines) for name, lines in rows(page) if name.endswith(".py")]
    inside = sum(lines for name, lines in code if name.startswith("services/disclosure/"))
    total = sum(lines for _, lines in code)
    told = f"{len(code)} files of Python with {total} lines, {inside} of them in `services/disclosure`.\n"
    return _TOTAL.sub(lambda found: found[1] + told + found[2], page)


def main() -> int:
    """Count, and write the page."""
    PAGE.write_text(counted(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

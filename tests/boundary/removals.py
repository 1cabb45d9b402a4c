"""The countermeasures of THREATS.md as places in the code: what to take away, and which tests must then fail.

`removals.toml` is read and compared here, with the page's rows and with the tree; nothing is removed (`removing`).
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.layout import REPOSITORY

REMOVALS = Path(__file__).with_name("removals.toml")
THREATS = REPOSITORY / "services" / "disclosure" / "THREATS.md"
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/.]*::)?(test_\w+|Test\w+::test_\w+)`")


@dataclass(frozen=True)
class Row:
    """A row of THREATS.md: its id, and the names of the tests that it says show the countermeasure."""

    attack: str
    tests: frozenset[str]


@dataclass(frozen=True)
class Removal:
    """`text`, which stands once in `file`, becomes `replacement`; then `tests` (pytest node ids) must fail.

    An assertion must end them, or an exception named in `by`.
    """

    attack: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...]
    by: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file in this tree."""
        return REPOSITORY / self.file


def rows() -> tuple[Row, ...]:
    """The rows of the page, in its order."""
    page = THREATS.read_text(encoding="utf-8")
    return tuple(
        Row(attack, frozenset(test for _, test in _TEST.findall(shown_by)))
        for attack, _, _, shown_by in _ROW.findall(page)
    )


def read() -> tuple[Removal, ...]:
    """All removals, in the file's order."""
    found = tomllib.loads(REMOVALS.read_text(encoding="utf-8"))["removal"]
    return tuple(
        Removal(**{key: tuple(value) if isinstance(value, list) else value for key, value in each.items()})
        for each in found
    )


def faults() -> Iterator[str]:
    """Everything that keeps the removals from saying something about the page and the tree."""
    page, removals = {row.attack: row for row in rows()}, read()
    for missing in page.keys() - {removal.attack for removal in removals}:
        yield f"{missing}: no removal"
    for removal in removals:
        if removal.attack not in page:
            yield f"{removal.attack}: no row of {THREATS.name}"
        elif unsaid := {_name(test) for test in removal.tests} - page[removal.attack].tests:
            yield f"{removal.attack}: its row does not say that {', '.join(sorted(unsaid))} shows it"
        yield from _of_tree(removal)


def _of_tree(removal: Removal) -> Iterator[str]:
    if (count := removal.path.read_text(encoding="utf-8").count(removal.text) if removal.path.is_file() else 0) != 1:
        yield f"{removal.attack}: its text stands {count} times in {removal.file}"
    if removal.text == removal.replacement or not removal.tests:
        yield f"{removal.attack}: takes nothing away, or names no test"
    for test in removal.tests:
        file, _, name = test.partition("::")
        if name not in tests_of(REPOSITORY / file):
            yield f"{removal.attack}: there is no {test}"


def _name(test: str) -> str:
    return test.partition("::")[2]


@cache
def tests_of(file: Path) -> frozenset[str]:
    """The names of the tests in a file, those of a class as `TestClass::test_name`."""
    if not file.is_file():
        return frozenset()
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        owner = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{owner}{each.name}" for each in inside if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(found)

"""Every attack of THREATS.md has a countermeasure that can be taken away, and a test that would notice.

Whether the test does is `make removals`, and part of `make boundary`.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.boundary import removals
from tests.boundary.removals import Removal, Row
from tests.boundary.removing import Tree, judge

BROKEN = Removal(
    attack="made-up",
    file="services/example.py",
    text="return number > 0",
    replacement="return True",
    tests=("tests/test_example.py::test_zero_is_refused",),
)
TEST = "from services.example import allowed\n\n\ndef test_zero_is_refused():\n    assert not allowed(0)\n"


def test_every_row_has_a_removal_and_every_removal_a_place_and_a_test() -> None:
    assert sorted(removals.faults()) == []


def test_the_page_has_rows() -> None:
    found = removals.rows()
    assert len(found) == len({row.attack for row in found}) > 25
    assert all(row.tests for row in found)


def test_each_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known, *_ = removals.read()
    monkeypatch.setattr(removals, "rows", lambda: (Row(known.attack, frozenset()), Row("unheard-of", frozenset())))
    gone = replace(known, text="nowhere in it", tests=("tests/nowhere.py::test_x",))
    stranger = replace(known, attack="made-up", replacement=known.text)
    monkeypatch.setattr(removals, "read", lambda: (gone, stranger))
    told = "\n".join(removals.faults())
    for fault in (
        "unheard-of: no removal",
        "made-up: no row",
        "does not say",
        "0 times",
        "no tests/now",
        "nothing away",
    ):
        assert fault in told


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A tree of one module and one test."""
    for file, text in {
        BROKEN.file: "def allowed(number):\n    return number > 0\n",
        "tests/test_example.py": TEST,
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    for plugin in ("__init__.py", "boundary/__init__.py", "boundary/failing.py"):
        source = Path(__file__).parents[1] / plugin
        (tmp_path / "tests" / plugin).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / plugin).write_bytes(source.read_bytes() if source.exists() else b"")
    return Tree(tmp_path)


def test_a_countermeasure_that_is_gone_is_noticed(tree: Tree) -> None:
    assert tree.failures(BROKEN.tests) == []
    assert judge(BROKEN, tree).caught
    assert tree.failures(BROKEN.tests) == []


@pytest.mark.parametrize(
    ("replacement", "why"),
    [
        ("return number > 0  # as before", "passed, or never ran"),
        ("return numbre > 0", "NameError in call"),
        ("return (", "passed, or never ran"),
    ],
    ids=["nothing is gone", "it breaks otherwise", "it cannot be imported"],
)
def test_what_is_not_noticed_is_told(tree: Tree, replacement: str, why: str) -> None:
    verdict = judge(replace(BROKEN, replacement=replacement), tree)
    assert not verdict.caught
    assert why in verdict.survived[0]

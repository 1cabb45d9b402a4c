"""docs/review-in-a-day.md leads through all of disclosure, tells true sizes, and its commands work."""

import os
import shlex
import subprocess
import sys

import pytest

from deploy.local.layout import REPOSITORY
from tests.boundary import review

PAGE = review.PAGE.read_text(encoding="utf-8")
NO_CODE = {"__init__.py"}


def test_every_file_of_disclosure_is_on_the_way() -> None:
    named = {name for name, _ in review.rows(PAGE)}
    own = (REPOSITORY / "services" / "disclosure").rglob("*.py")
    assert {str(path.relative_to(REPOSITORY)) for path in own if path.name not in NO_CODE} - named == set()


@pytest.mark.parametrize(("name", "lines"), list(review.rows(PAGE)))
def test_a_file_is_about_as_long_as_the_page_says(name: str, lines: int) -> None:
    assert abs(review.lines_of(name) - lines) <= max(10, lines // 5), "`make review-lines` counts again"


@pytest.mark.parametrize("command", review.commands(PAGE))
def test_a_command_of_the_page_works(command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "python"
    # Not from within a run of several workers, and never this page's own test again.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

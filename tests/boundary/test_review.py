"""docs/review-in-a-day.md leads through all of disclosure, tells true sizes, and its commands work."""

import os
import shlex
import subprocess
import sys

import pytest

from deploy.local.layout import REPOSITORY
from tests.boundary import removals, review

PAGE = review.PAGE.read_text(encoding="utf-8")
NO_CODE = {"__init__.py"}
QUICKEST = "second-use"


def test_every_file_of_disclosure_is_on_the_way() -> None:
    named = {name for name, _ in review.rows(PAGE)}
    own = (REPOSITORY / "services" / "disclosure").rglob("*.py")
    assert {str(path.relative_to(REPOSITORY)) for path in own if path.name not in NO_CODE} - named == set()


@pytest.mark.parametrize(("name", "lines"), list(review.rows(PAGE)))
def test_a_file_is_about_as_long_as_the_page_says(name: str, lines: int) -> None:
    assert abs(review.lines_of(name) - lines) <= max(10, lines // 5), "`make review-lines` counts again"


@pytest.mark.parametrize("command", review.commands(PAGE))
def test_a_command_of_the_page_works(command: str) -> None:
    program, module, *arguments = shlex.split(command.replace("python -m", "python"))
    assert program == "python"
    if module == "tests.boundary.removing":
        # `make removals` takes all of them away; here it is enough that there are such, and to try the quickest.
        assert set(arguments) <= {removal.attack for removal in removals.read()}
        if arguments != [QUICKEST]:
            return
    if module == "pytest":
        # The tests themselves run beside this one: the page must only name some.
        arguments.append("--collect-only")
    # Not from within a run of several workers, and never this page's own test again.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_quickest_removal_is_on_the_page() -> None:
    assert f"python -m tests.boundary.removing {QUICKEST}" in review.commands(PAGE)

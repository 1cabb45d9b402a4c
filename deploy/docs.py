"""Write the generated parts of the documentation: `python -m deploy.docs`, or `--check` to fail when they are stale.

The only part so far is the command line's help in README.md, between `<!-- cli-help -->` and `<!-- /cli-help -->`.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from vouchsafe.cli.main import app

README = Path(__file__).resolve().parents[1] / "README.md"
OPENING, CLOSING = "<!-- cli-help -->", "<!-- /cli-help -->"
_WIDTH = 100


def cli_help() -> str:
    """The help of the command and of every command below it, as Markdown."""
    blocks = "\n\n".join(_help(path) for path in _commands(typer.main.get_command(app)))
    return f"```text\n{blocks}\n```"


def with_help(text: str) -> str:
    """A README with its help section written anew; ValueError when it has no such section."""
    section = re.compile(f"{re.escape(OPENING)}.*?{re.escape(CLOSING)}", re.DOTALL)
    if not section.search(text):
        raise ValueError(f"{README.name} has no section from {OPENING} to {CLOSING}")
    replacement = f"{OPENING}\n{cli_help()}\n{CLOSING}"
    return section.sub(lambda _: replacement, text, count=1)


def main(arguments: list[str] | None = None) -> int:
    """Write README.md, or check it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when something is stale")
    check = parser.parse_args(arguments).check
    current = README.read_text(encoding="utf-8")
    try:
        wanted = with_help(current)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if check and wanted != current:
        sys.stderr.write(f"{README.name}: the command line's help is stale; run `make docs`\n")
        return 1
    if wanted != current:
        README.write_text(wanted, encoding="utf-8")
    return 0


def _commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to a command and to all below it. Typer's own types for these are private."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, *path, name)


def _help(path: tuple[str, ...]) -> str:
    # Not this shell's environment: the text must be the same everywhere.
    runner = CliRunner(env={"VOUCHSAFE_PROFILE": None, "VOUCHSAFE_WALLET": None})
    return runner.invoke(app, [*path, "--help"], prog_name="vouchsafe", terminal_width=_WIDTH).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

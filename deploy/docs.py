"""Write the generated parts of the documentation: `python -m deploy.docs`, or `--check` to fail when they are stale.

A generated part of README.md stands between `<!-- name -->` and `<!-- /name -->`: `quickstart` is the file
`examples/quickstart.py`, which a test runs, and `cli-help` the help of the `vouchsafe` command.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from vouchsafe.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
_WIDTH = 100


def cli_help() -> str:
    """The help of the command and of every command below it, as Markdown."""
    blocks = "\n\n".join(_help(path) for path in _commands(typer.main.get_command(app)))
    return f"```text\n{blocks}\n```"


def quickstart() -> str:
    """The example as Markdown."""
    code = (REPOSITORY / "examples" / "quickstart.py").read_text(encoding="utf-8").strip()
    return f"```python\n{code}\n```"


def generated(text: str) -> str:
    """A README with its generated parts written anew; ValueError when a part has no place in it."""
    for name, content in (("quickstart", quickstart()), ("cli-help", cli_help())):
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, found, rest = text.partition(opening)
        _, closed, tail = rest.partition(closing)
        if not found or not closed:
            raise ValueError(f"{README.name} has no part from {opening} to {closing}")
        text = f"{head}{opening}\n{content}\n{closing}{tail}"
    return text


def main(arguments: list[str] | None = None) -> int:
    """Write README.md, or check it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when something is stale")
    check = parser.parse_args(arguments).check
    current = README.read_text(encoding="utf-8")
    try:
        wanted = generated(current)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if check and wanted != current:
        sys.stderr.write(f"{README.name}: its generated parts are stale; run `make docs`\n")
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

"""Write the generated parts of the documentation: `python -m deploy.docs`, or `--check` to fail when they are stale.

A generated part of a page stands between `<!-- name -->` and `<!-- /name -->`: `quickstart` is the file
`examples/quickstart.py`, which a test runs, `cli-help` the help of the `vouchsafe` command, `cli-reference` that of all
its commands, and `admin-reference` that of the commands of `vouchsafe-admin`.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from services.admin.main import app as admin_app
from vouchsafe.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[1]
_WIDTH = 100


def cli_help() -> str:
    """The help of the `vouchsafe` command itself, as Markdown."""
    return f"```text\n{_help('vouchsafe', app, ())}\n```"


def cli_reference() -> str:
    """The help of every command below it, as Markdown."""
    return _reference("vouchsafe", app)


def admin_reference() -> str:
    """The help of every command of `vouchsafe-admin`, as Markdown."""
    return _reference("vouchsafe-admin", admin_app)


def _reference(name: str, of: typer.Typer) -> str:
    below = [path for path in _commands(typer.main.get_command(of)) if path]
    return "\n\n".join(f"## {name} {' '.join(path)}\n\n```text\n{_help(name, of, path)}\n```" for path in below)


def quickstart() -> str:
    """The example as Markdown."""
    code = (REPOSITORY / "examples" / "quickstart.py").read_text(encoding="utf-8").strip()
    return f"```python\n{code}\n```"


PARTS = {
    "quickstart": quickstart,
    "cli-help": cli_help,
    "cli-reference": cli_reference,
    "admin-reference": admin_reference,
}
PAGES = {
    REPOSITORY / "README.md": ("quickstart", "cli-help"),
    REPOSITORY / "docs" / "cli.md": ("cli-reference",),
    REPOSITORY / "docs" / "admin.md": ("admin-reference",),
}


def generated(text: str, parts: Iterable[str]) -> str:
    """A page with these parts written anew; ValueError when one has no place in it."""
    for name in parts:
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, found, rest = text.partition(opening)
        _, closed, tail = rest.partition(closing)
        if not found or not closed:
            raise ValueError(f"there is no part from {opening} to {closing}")
        text = f"{head}{opening}\n{PARTS[name]()}\n{closing}{tail}"
    return text


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or check them; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when something is stale")
    check = parser.parse_args(arguments).check
    stale = [page for page, parts in PAGES.items() if not _is_current(page, parts, write=not check)]
    for page in stale if check else ():
        sys.stderr.write(f"{page.name}: its generated parts are stale; run `make docs`\n")
    return 1 if check and stale else 0


def _is_current(page: Path, parts: Iterable[str], *, write: bool) -> bool:
    current = page.read_text(encoding="utf-8")
    wanted = generated(current, parts)
    if write and wanted != current:
        page.write_text(wanted, encoding="utf-8")
    return wanted == current


def _commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to a command and to all below it. Typer's own types for these are private."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, *path, name)


def _help(name: str, of: typer.Typer, path: tuple[str, ...]) -> str:
    # Not this shell's environment: the text must be the same everywhere.
    runner = CliRunner(env={"VOUCHSAFE_PROFILE": None, "VOUCHSAFE_WALLET": None})
    return runner.invoke(of, [*path, "--help"], prog_name=name, terminal_width=_WIDTH).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

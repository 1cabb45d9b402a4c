"""Every command of docs/opening.md is one that the command line takes, word for word; and it leaves none out."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from vouchsafe.cli import case, officer
from vouchsafe.cli.main import app

PAGE = Path(__file__).parents[3] / "docs" / "opening.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
LINES = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]


def parsed(line: str) -> tuple[str, ...]:
    """The names of the commands of a line, once click has taken all of its options and arguments; nothing is run."""
    program, *words = shlex.split(line)
    assert program == "vouchsafe"
    context, names = typer.main.get_command(app).make_context(program, words), []
    while isinstance(context.command, TyperGroup):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        assert command is not None
        names.append(name)
        context = command.make_context(name, rest, parent=context)
    return tuple(names)


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_page_is_one(line: str) -> None:
    assert parsed(line)[0] in ("case", "officer")


def test_a_command_that_is_none_would_be_found() -> None:
    for line in (
        "vouchsafe case approve x",
        "vouchsafe officer veto",
        "vouchsafe case list --all",
        "vouchsafe case open p",
    ):
        with pytest.raises(Exception, match=r"(?i)no such|missing"):
            parsed(line)


@pytest.mark.parametrize(("group", "commands"), [("case", case.app), ("officer", officer.app)])
def test_the_page_leaves_no_command_out(group: str, commands: typer.Typer) -> None:
    told = {names[1] for names in map(parsed, LINES) if names[0] == group}
    made = typer.main.get_command(commands)
    assert isinstance(made, TyperGroup)
    assert told == set(made.commands)

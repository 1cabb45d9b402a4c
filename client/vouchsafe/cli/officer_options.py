"""What the commands of an officer have in common: who he is, where his key is, and his yes."""

from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli.setup import ask

OfficerName = Annotated[str, typer.Option(help="Name of the officer, as the public log has it.")]
KeyFile = Annotated[Path, typer.Option(help="File with the officer's private key.")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking. What is signed is checked all the same.")]


def confirmed(yes: bool, question: str) -> None:
    """Go on after a yes, which may have been given on the command line; end the command otherwise."""
    if not yes and ask(question) != "yes":
        raise typer.Abort

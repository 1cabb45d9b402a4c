"""The `vouchsafe` command: its options, its commands, and the one line in which it fails.

What the commands do is in the modules beside this one; what they do it with is `vouchsafe.sdk`.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli import alias, case, log, officer, person, wallet
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import VouchsafeError

# Plain help (no markup mode): the README holds it, and pipes and screen readers get what people see.
app = typer.Typer(
    name="vouchsafe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Speak about work under an alias that is vouched for and kept safe.",
)
app.command()(person.register)
app.command()(person.verify)
app.command()(person.issue)
app.command()(alias.alias)
app.command()(alias.post)
app.command()(alias.comment)
app.command()(alias.feed)
app.command()(alias.thread)
app.add_typer(wallet.app, name="wallet")
app.add_typer(officer.app, name="officer")
app.add_typer(case.app, name="case")
app.add_typer(log.app, name="log")


@app.callback()
def options(
    context: typer.Context,
    profile: Annotated[
        Path | None,
        typer.Option(help="Connection profile: profile.toml, or its directory.", envvar="VOUCHSAFE_PROFILE"),
    ] = None,
    wallet_directory: Annotated[
        Path, typer.Option("--wallet", help="Directory of the wallet.", envvar="VOUCHSAFE_WALLET")
    ] = Path("~/.vouchsafe"),
) -> None:
    """Take the options that stand before a command."""
    context.obj = Setup(profile, wallet_directory.expanduser())


def main() -> None:
    """Run the command line. A refusal is one line on stderr and exit code 1."""
    try:
        app()
    except VouchsafeError as error:
        sentence = " ".join(error.message.split())
        sys.stderr.write(f"error: {error.reason}: {sentence}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The `vouchsafe` command: its options, its commands, and the one line in which it fails.

What the commands do is in the modules beside this one; what they do it with is `vouchsafe.sdk`.
"""

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli import alias, case, log, officer, operator, person, provenance, quote, subject, wallet
from vouchsafe.cli.setup import DEBUG, Setup, debugging, refuse
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.side import PATIENCE

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
app.command()(person.labels)
app.command()(person.issue)
app.command()(person.rotate)
app.command()(alias.alias)
app.command()(subject.alias_notices)
app.command()(alias.post)
app.command()(alias.comment)
app.command()(alias.feed)
app.command()(alias.thread)
wallet.app.command()(subject.openings)
app.add_typer(wallet.app, name="wallet")
app.add_typer(officer.app, name="officer")
app.add_typer(case.app, name="case")
app.add_typer(operator.app, name="operator")
app.add_typer(log.app, name="log")
app.add_typer(provenance.app, name="provenance")
app.add_typer(quote.app, name="quote")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vouchsafe {metadata.version('vouchsafe')}")
        raise typer.Exit


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
    patience: Annotated[float, typer.Option(help="Seconds to wait for a service that is away.", min=1)] = PATIENCE,
    _show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    context.obj = Setup(profile, wallet_directory.expanduser(), patience)


def main() -> None:
    """Run the command line. A refusal is one line on stderr and exit code 1."""
    try:
        app()
    except Exception as error:  # the last resort: one line for people, and the exit code
        if debugging():
            raise
        refuse(_refusal(error))
        sys.exit(1)


def _refusal(error: Exception) -> VouchsafeError:
    """What a person is told: never an unforeseen error's own text, which may hold what was typed."""
    if isinstance(error, VouchsafeError):
        return error
    if isinstance(error, UnicodeEncodeError) and error.encoding == "utf-8":
        return VouchsafeError(Reason.TEXT_INVALID, "something that was given holds bytes that are not UTF-8")
    return VouchsafeError("INTERNAL", f"{type(error).__name__} ({DEBUG}=1 shows where)")


if __name__ == "__main__":
    main()

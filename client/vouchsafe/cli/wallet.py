"""The command that looks into the wallet: wallet show. It shows no key, no token and no escrow reference."""

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Alias

app = typer.Typer(no_args_is_help=True, help="The keys on this device.")


@app.callback()
def _group() -> None:
    """Make `wallet` a group although it has one command."""


@app.command()
def show(context: typer.Context) -> None:
    """Show what the wallet holds, without its secrets."""
    wallet = Setup.of(context).open_wallet()
    person = wallet.person
    output.facts(
        [
            ("login", person.login if person else "none"),
            ("registered", "yes" if person and person.registered else "no"),
            ("aliases", len(wallet.aliases)),
        ]
    )
    columns = ("label", "epoch", "slot", "state", "handle", "threads")
    output.table(
        columns, ((a.label, a.epoch, a.slot, _state(a), a.handle, " ".join(a.threads)) for a in wallet.aliases)
    )


def _state(alias: Alias) -> str:
    if alias.handle:
        return "ready"
    return "deposited" if alias.receipt else "issued"

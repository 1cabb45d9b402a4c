"""The command that looks into the wallet: wallet show. It shows no key, no token and no escrow reference."""

import time
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Alias

app = typer.Typer(no_args_is_help=True, help="The keys on this device.")


@app.callback()
def _group() -> None:
    """Make `wallet` a group although it has one command."""


@app.command()
def show(
    context: typer.Context,
    aliases_only: Annotated[bool, typer.Option("--aliases", help="Leave the person's compartment closed.")] = False,
) -> None:
    """Show what the wallet holds, without its secrets."""
    setup = Setup.of(context)
    if aliases_only or not setup.has_wallet:
        aliases = setup.open_aliases().aliases
    else:
        wallet = setup.open_wallet()
        aliases, person = wallet.aliases, wallet.person
        login = person.login if person else "none"
        output.facts([("login", login), ("registered", "yes" if person and person.registered else "no")])
    output.facts([("aliases", len(aliases))])
    columns = ("label", "epoch", "slot", "state", "handle", "threads")
    output.table(columns, ((a.label, a.epoch, a.slot, _state(a), a.handle, " ".join(a.threads)) for a in aliases))


def _state(alias: Alias) -> str:
    if alias.retired:
        return "retired"
    if alias.handle:
        return "ready"
    due = alias.create_due if alias.receipt else alias.deposit_due
    state = "deposited" if alias.receipt else "issued"
    return f"{state}, goes on from {output.moment(due)}" if due > time.time() else state

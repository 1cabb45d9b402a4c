"""Commands for the wallet itself: show, code, backup, restore, new.

What is shown is no key, no token and no escrow reference; only `code` shows a secret, which is its purpose.
"""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.sdk import Alias, AliasCompartment, Cost, PersonCompartment, backup


class Compartment(StrEnum):
    """Which half of a wallet."""

    PERSON = PersonCompartment.PURPOSE
    ALIASES = AliasCompartment.PURPOSE


Which = Annotated[Compartment, typer.Argument(help="Which compartment.")]

app = typer.Typer(no_args_is_help=True, help="The keys on this device.")


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


@app.command("code")
def show_code(context: typer.Context, compartment: Which) -> None:
    """Show a compartment's recovery code.

    It is to be written down: whoever has it and a backup has all of the compartment.
    """
    output.facts([("recovery code", backup.recovery_code(_open(Setup.of(context), compartment)))])


@app.command("backup")
def write_backup(
    context: typer.Context,
    compartment: Which,
    file: Annotated[Path, typer.Argument(help="Where the backup is to be.")],
) -> None:
    """Write a backup of one compartment, which only its recovery code opens."""
    backup.write_backup(_open(Setup.of(context), compartment), file)
    output.done(f"written; `vouchsafe wallet code {compartment}` shows the code that opens it")


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Backup; without one, the person's keys are made anew.")] = None,
) -> None:
    """Make a compartment anew, from a backup and its code.

    Without a backup only the person's keys come back, of which registering again as before brings the rest.
    """
    setup = Setup.of(context)
    purpose = backup.purpose_of(file) if file else PersonCompartment.PURPOSE
    setup.require_none(purpose)
    code = ask("Recovery code")
    backup.read_code(code, purpose)  # a slip of the pen is told before a passphrase is asked for
    passphrase = setup.new_passphrase(purpose)
    if file:
        backup.restore(file, code, setup.wallet_directory, passphrase)
        output.done(f"the {purpose} compartment is restored")
        return
    backup.restore_person(code, setup.wallet_directory, passphrase)
    output.done("the person's keys are restored; `vouchsafe register`, with the same particulars, brings the rest")


@app.command("new")
def new_compartment(context: typer.Context, compartment: Which) -> None:
    """Make an empty compartment where one is missing."""
    setup = Setup.of(context)
    setup.require_none(compartment)
    kind = PersonCompartment if compartment is Compartment.PERSON else AliasCompartment
    kind.create(setup.wallet_directory, setup.new_passphrase(compartment), cost=Cost())
    output.done(f"the {compartment} compartment is made")


def _open(setup: Setup, compartment: Compartment) -> backup.Compartment:
    return setup.open_person() if compartment is Compartment.PERSON else setup.open_aliases()


def _state(alias: Alias) -> str:
    if alias.retired:
        return "retired"
    if alias.handle:
        return "ready"
    due = alias.create_due if alias.receipt else alias.deposit_due
    state = "deposited" if alias.receipt else "issued"
    return f"{state}, goes on from {output.moment(due)}" if due > time.time() else state

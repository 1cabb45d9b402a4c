"""Commands of an officer's own machine: officer approve, officer key. The key never leaves its file."""

from pathlib import Path
from typing import Annotated

import typer

from services.seal.ed25519 import SigningKey
from vouchsafe.cli import output
from vouchsafe.cli.case import CaseId, facts_of
from vouchsafe.cli.setup import Setup, run
from vouchsafe.sdk.key_file import read_key, write_key
from vouchsafe.sdk.officer_side import OfficerSide

app = typer.Typer(no_args_is_help=True, help="What an officer does on his own machine.")


@app.command()
def approve(
    context: typer.Context,
    case_id: CaseId,
    officer: Annotated[str, typer.Option(help="Name of the officer, as the trust material has it.")],
    key: Annotated[Path, typer.Option(help="File with the officer's private key.")],
) -> None:
    """Sign an approval of a case here, and send it."""
    profile = Setup.of(context).profile()
    signing_key = SigningKey(read_key(key))

    async def work() -> None:
        async with OfficerSide(profile.officer_edge(), profile.read_trust()) as desk:
            output.facts(facts_of(await desk.approve(case_id, officer, signing_key)))

    run(work())


@app.command("key")
def show_key(
    file: Annotated[Path, typer.Argument(help="File with the officer's private key.")],
    new: Annotated[bool, typer.Option("--new", help="Make the file, with a fresh key.")] = False,
) -> None:
    """Show an officer's public key, for the trust material."""
    if new:
        write_key(file, SigningKey.generate().seed())
    output.facts([("public key", SigningKey(read_key(file)).public_key.hex())])

"""Commands of those who run the platform: operator revoke-label."""

from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.sdk.operator_side import OperatorSide, RevocationReason

app = typer.Typer(no_args_is_help=True, help="What only the platform's operators may do.")


@app.command("revoke-label")
def revoke_label(
    context: typer.Context,
    label: Annotated[str, typer.Argument(help="Label to stop, an employer's or a wider one.")],
    reason: Annotated[RevocationReason, typer.Option(help="Why. It stands in the public log.")],
    epoch: Annotated[int, typer.Option(help="Epoch; by default all whose keys may still be used.", min=0)] = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Revoke without asking.")] = False,
) -> None:
    """Let nobody speak under a label any more. Public, and never taken back."""
    setup = Setup.of(context)
    edge = setup.profile().operator_edge()
    if not yes and ask(f"Stop {label} for good, and say so in the public log? Type yes") != "yes":
        raise typer.Abort

    async def work() -> tuple[int, ...]:
        async with OperatorSide(edge, patience=setup.patience) as desk:
            return await desk.revoke_label(label, reason, epoch=epoch)

    epochs = setup.run(work())
    output.facts([("label", label), ("revoked in", ", ".join(map(str, epochs)))])

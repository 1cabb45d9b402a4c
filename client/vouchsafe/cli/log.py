"""Commands of whoever distrusts the platform: log verify, and those of `report` and `log_following`."""

from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.log_following import follow, mirror
from vouchsafe.cli.log_source import mirror_reader
from vouchsafe.cli.report import report
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import audit
from vouchsafe.sdk.alias_side import AliasSide

app = typer.Typer(no_args_is_help=True, help="The public log.")
app.command()(follow)
app.command()(mirror)
app.command()(report)


@app.command()
def verify(
    context: typer.Context,
    leaf: Annotated[int | None, typer.Option(help="Index of the leaf to prove; the last if not given.")] = None,
    old_size: Annotated[int | None, typer.Option(help="Older size to compare with; half if not given.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep what was downloaded in this directory.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Verify such a directory, without network.")] = None,
    of_mirror: Annotated[str, typer.Option("--mirror", help="Download from this mirror (http://…).")] = "",
) -> None:
    """Download the log and verify all of it: signatures, witnesses, root, inclusion, consistency."""
    setup = Setup.of(context)
    trust = setup.profile().read_trust()
    snapshot = audit.load(source) if source else setup.run(_fetch(setup, of_mirror, leaf, old_size))
    verdict = audit.verify(snapshot, trust)
    if save is not None:
        audit.save(snapshot, save)
    output.facts(
        [
            ("leaves", verdict.size),
            ("root", verdict.root.hex()),
            ("cosigned by", ", ".join(verdict.witnesses)),
            ("inclusion proven of leaf", verdict.leaf_index),
            ("consistency proven with size", verdict.old_size),
            *((f"leaves of kind {kind}", count) for kind, count in verdict.kinds),
        ]
    )
    output.done("the log verifies")


async def _fetch(setup: Setup, mirror: str, leaf: int | None, old_size: int | None) -> audit.Snapshot:
    profile = setup.profile()
    if mirror:
        reader = mirror_reader(mirror, timeout=setup.patience, proxy=profile.alias.proxy)
        return await audit.fetch_from_mirror(reader, profile.read_trust(), leaf_index=leaf, old_size=old_size)
    # Over the alias side: reading the log says nothing of who reads, and the person side stays closed.
    async with AliasSide(profile.alias, profile.read_trust(), patience=setup.patience) as side:
        return await audit.fetch(side.log, leaf_index=leaf, old_size=old_size)

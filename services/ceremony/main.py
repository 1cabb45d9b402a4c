"""The `vouchsafe-ceremony` command: what is done with the opening key's shares, on a machine without a network.

Exit codes: 0 done; 1 refused or failed, in one line on stderr; 2 a command line that makes no sense. What the commands
do is in the modules beside this one; when each is used, `docs/custody.md` says.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from services.ceremony import dealing, paper, part_commands, passphrases
from services.ceremony.errors import CeremonyError
from services.ceremony.machine import keep_memory_private
from services.ceremony.new_directory import demand_absent, read, write_new
from services.ceremony.part_commands import shown
from services.ceremony.public_part import PublicPart
from services.seal.errors import SealError
from services.seal.passphrase import Cost
from services.seal.share_file import index_of, seal_share

DEBUG: Final = "VOUCHSAFE_DEBUG"

ShareFile = Annotated[Path, typer.Argument(help="A trustee's share file.")]
Public = Annotated[Path, typer.Option(help="The dealing's public.toml, or trust.toml.")]
PassphraseFile = Annotated[Path | None, typer.Option(help="File with the passphrase; asked for without it.")]

app = typer.Typer(
    name="vouchsafe-ceremony",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Deal, check and keep the shares of the opening key. For a machine without a network.",
)
app.add_typer(part_commands.app, name="part")
app.command()(part_commands.assemble)
app.command("hash")(part_commands.hash_of)


@app.callback()
def private() -> None:
    """Keep what follows in memory."""
    for warning in keep_memory_private():
        typer.echo(f"warning: {warning}", err=True)


@app.command()
def deal(
    out: Annotated[Path, typer.Option(help="New directory for the share files and the public part.")],
    trustees: Annotated[int, typer.Option(help="How many shares.", min=2, max=dealing.MOST_TRUSTEES)],
    threshold: Annotated[int, typer.Option(help="How many of them open.", min=2, max=dealing.MOST_TRUSTEES)],
    passphrase_file: Annotated[
        list[Path] | None, typer.Option(help="File with a trustee's passphrase; once for each, in their order.")
    ] = None,
) -> None:
    """Make a new opening key and deal it: one file for each trustee, under the trustee's own passphrase."""
    if threshold > trustees:
        raise CeremonyError("more shares would be needed than there are")
    demand_absent(out)
    chosen = passphrases.for_all(trustees, passphrase_file or [])
    public = dealing.deal(out, chosen, threshold, cost=Cost())
    for index in range(1, trustees + 1):
        typer.echo(f"{out / dealing.share_name(index)}: for trustee {index} alone")
    typer.echo(f"{out / dealing.PUBLIC}: for everybody")
    typer.echo(f"checked: any {threshold} of {trustees} open, {threshold - 1} do not")
    typer.echo(f"hash of the public part: {shown(public.hash())}")


@app.command()
def check(share: ShareFile, public: Public, passphrase_file: PassphraseFile = None) -> None:
    """Open a share file and check the share against the dealer's commitments."""
    part = _public(public)
    index = _index(share, part)
    dealing.open_file(share, passphrases.existing(f"trustee {index}", passphrase_file), part)
    typer.echo(f"{share}: share {index} of {len(part.share_public_keys)}, good; {part.threshold} open")
    typer.echo(f"hash of the public part: {shown(part.hash())}")


@app.command("paper")
def to_paper(
    share: ShareFile,
    public: Public,
    groups: Annotated[str, typer.Option(help="How many sheets it takes, of how many.")] = "2of3",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write a share as words on sheets of paper (SLIP-39), to be copied by hand or printed without a network."""
    k, n = paper.groups(groups)
    part = _public(public)
    index = _index(share, part)
    opened = dealing.open_file(share, passphrases.existing(f"trustee {index}", passphrase_file), part)
    for number, sheet in enumerate(paper.to_sheets(opened, k, n), 1):
        typer.echo(f"share {index} of {part.opening_key.hex()[:16]}, sheet {number} of {n}, any {k} give it back:")
        typer.echo(f"{sheet}\n")


@app.command()
def restore(
    out: Annotated[Path, typer.Option(help="The new share file.")],
    public: Public,
    sheet: Annotated[list[Path] | None, typer.Option(help="File with a sheet's words; asked for without it.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a share file again from sheets of paper, under a new passphrase."""
    part = _public(public)
    demand_absent(out)
    words = [read(path).decode("ascii", errors="replace") for path in sheet] if sheet else _typed()
    share = paper.from_sheets(words)
    part.check(share)
    passphrase = passphrases.new(f"trustee {share.index}", passphrase_file)
    write_new(out, seal_share(share, part.opening_key, passphrase, cost=Cost()))
    dealing.open_file(out, passphrase, part)
    typer.echo(f"{out}: share {share.index} of {len(part.share_public_keys)}, good; {part.threshold} open")


def _typed() -> list[str]:
    """The words of sheets, typed without being shown, until an empty line."""
    words: list[str] = []
    while text := typer.prompt(
        f"Words of a sheet ({len(words)} so far)", default="", show_default=False, hide_input=True, err=True
    ):
        words.append(text)
    return words


def _public(path: Path) -> PublicPart:
    return PublicPart.parse(read(path).decode("utf-8", errors="replace"))


def _index(share: Path, part: PublicPart) -> int:
    try:
        return index_of(read(share), part.opening_key)
    except SealError as error:
        raise CeremonyError(f"{share.name}: {error}") from error


def main() -> None:
    """Run the command line. A refusal is one line on stderr."""
    try:
        app()
    except CeremonyError as error:
        if os.environ.get(DEBUG, "") not in ("", "0"):
            raise
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(1)

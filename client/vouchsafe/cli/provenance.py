"""Commands about files that prove who wrote a post: provenance make, provenance verify."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.seal.errors import SealError
from services.seal.exhibit import MAX_EXHIBIT
from services.seal.provenance import Provenance
from services.seal.trust import Trust
from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk import provenance as sdk
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.officer_side import OfficerSide
from vouchsafe.sdk.provenance_findings import findings

app = typer.Typer(no_args_is_help=True, help="Files that prove, offline, who wrote a post.")

TrustFile = Annotated[Path, typer.Option("--trust", help="The public trust material, trust.toml.")]
Out = Annotated[Path | None, typer.Option(help="Where the file is to be; standard output if not given.")]

_WARNING = (
    "This file shows the alias key. Whoever holds the files of two threads of one alias sees that one person wrote "
    "both; whoever holds this one will recognise any other one of the same alias."
)


@app.command()
def make(
    context: typer.Context,
    post_id: Annotated[str, typer.Argument(help="Identifier of a post of your own, or of the case's.")],
    out: Out = None,
    case: Annotated[str, typer.Option(help="Make it as an officer, from this case.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Make it without asking.")] = False,
) -> None:
    """Make the file about a post, as its author or, with --case, as an officer."""
    setup = Setup.of(context)
    if not yes:
        sys.stderr.write(f"{_WARNING}\n")
        if ask("Make it? Type yes") != "yes":
            raise typer.Abort
    made = _of_case(setup, case, post_id) if case else _of_author(setup, post_id)
    write(made.to_bytes(), out)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The file.")],
    trust: TrustFile,
) -> None:
    """Verify a file, without network, and say link by link what it proves and what it does not."""
    provenance = sdk.read(contents(file))
    verdict = sdk.verify(provenance, read_trust(trust))
    output.facts(
        [
            ("label", f"{provenance.label_name} ({provenance.label}, epoch {provenance.epoch})"),
            ("thread", provenance.thread),
            ("post", provenance.post),
            ("title", provenance.title or "(none: the post answers a thread)"),
            ("text", provenance.body),
        ]
    )
    for number, finding in enumerate(findings(provenance, verdict), start=1):
        output.facts(
            [
                (f"{number}. checked", finding.checked),
                ("   proves", finding.proves),
                ("   leaves open", finding.leaves_open),
            ]
        )
    size = verdict.log_size
    output.done(
        f'the file verifies: a holder of a credential as "{provenance.label_name}" wrote this (log of {size} leaves)'
    )


def contents(file: Path) -> bytes:
    """What a file holds; FILE_UNREADABLE, also when it is longer than `MAX_EXHIBIT` bytes. No more is read of it."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_EXHIBIT + 1)
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{file}: {error.strerror}") from error
    if len(data) > MAX_EXHIBIT:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{file} is longer than {MAX_EXHIBIT} bytes")
    return data


def read_trust(file: Path) -> Trust:
    """The trust material in a file; FILE_UNREADABLE when it is none."""
    try:
        return Trust.parse(contents(file).decode("utf-8"))
    except (SealError, UnicodeDecodeError) as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{file} is no trust material") from error


def write(data: bytes, out: Path | None) -> None:
    """Put a file where it is to be, which must not be there yet, or on standard output."""
    if out is None:
        sys.stdout.buffer.write(data)
        return
    try:
        with out.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise VouchsafeError(Reason.FILE_EXISTS, f"{out} is there already") from error
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{out}: {error.strerror}") from error
    output.done(f"written to {out}")


def _of_author(setup: Setup, post_id: str) -> Provenance:
    profile, aliases = setup.profile(), setup.open_aliases()
    trust = profile.read_trust()

    async def work() -> Provenance:
        async with AliasSide(profile.alias, trust, patience=setup.patience) as side:
            return await sdk.make(side, aliases.aliases, post_id, trust)

    return setup.run(work())


def _of_case(setup: Setup, case_id: str, post_id: str) -> Provenance:
    profile = setup.profile()
    trust = profile.read_trust()

    async def work() -> Provenance:
        memory = setup.log_memory(trust)
        async with OfficerSide(profile.officer_edge(), trust, patience=setup.patience, memory=memory) as desk:
            reviewed = await desk.review(case_id)
            if reviewed.case.post_id != post_id:
                raise VouchsafeError(Reason.PROOF_INVALID, "the case is about another post")
            return await sdk.of_case(reviewed, desk.log, trust)

    return setup.run(work())

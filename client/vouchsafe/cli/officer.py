"""Commands of an officer's own machine: officer approve, officer key. The key never leaves its file."""

from pathlib import Path
from typing import Annotated

import typer

from services.seal.ed25519 import SigningKey
from vouchsafe.cli import output
from vouchsafe.cli.case import CaseId, facts_of
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.case_review import ReviewedCase
from vouchsafe.sdk.key_file import read_key, write_key
from vouchsafe.sdk.officer_side import OfficerSide

app = typer.Typer(no_args_is_help=True, help="What an officer does on his own machine.")


@app.command()
def approve(
    context: typer.Context,
    case_id: CaseId,
    officer: Annotated[str, typer.Option(help="Name of the officer, as the trust material has it.")],
    key: Annotated[Path, typer.Option(help="File with the officer's private key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking. The case is checked all the same.")] = False,
) -> None:
    """Check a case, show it, and after a yes sign an approval here and send it."""
    setup = Setup.of(context)
    profile = setup.profile()
    signing_key = SigningKey(read_key(key))

    # Two connections: nobody should have to decide within the life of one.
    async def look() -> ReviewedCase:
        async with OfficerSide(profile.officer_edge(), profile.read_trust(), patience=setup.patience) as desk:
            return await desk.review(case_id)

    async def sign() -> pb.Case:
        async with OfficerSide(profile.officer_edge(), profile.read_trust(), patience=setup.patience) as desk:
            return await desk.approve(reviewed, officer, signing_key)

    reviewed = setup.run(look())
    output.facts(facts_of(reviewed.case) + evidence_of(reviewed))
    if not yes and ask("Approve that the author is named to this recipient? Type yes") != "yes":
        raise typer.Abort
    approved = setup.run(sign())
    output.facts([("approved by", ", ".join(approved.approved_by))])


def evidence_of(reviewed: ReviewedCase) -> list[tuple[str, object]]:
    """Whose envelope would be opened: the post, proven to be written by the holder of this label."""
    case = reviewed.case
    return [
        ("label", f"{case.credential.label}, epoch {case.credential.epoch}"),
        ("title", case.post.title or "(none: the post answers a thread)"),
        ("text", case.post.body),
    ]


@app.command("key")
def show_key(
    file: Annotated[Path, typer.Argument(help="File with the officer's private key.")],
    new: Annotated[bool, typer.Option("--new", help="Make the file, with a fresh key.")] = False,
) -> None:
    """Show an officer's public key, for the trust material."""
    if new:
        write_key(file, SigningKey.generate().seed())
    output.facts([("public key", SigningKey(read_key(file)).public_key.hex())])

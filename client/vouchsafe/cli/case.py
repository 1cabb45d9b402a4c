"""Commands of the officers' desk: case open, show, execute, recipient-key."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.seal import hpke
from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.key_file import KEY_SIZE, read_key, write_key
from vouchsafe.sdk.officer_side import OfficerSide, read_released

app = typer.Typer(no_args_is_help=True, help="Cases: learning, by quorum, who stands behind a post.")

CaseId = Annotated[str, typer.Argument(help="Identifier of the case.")]


class Requester(StrEnum):
    """Who asks."""

    COURT = "court"
    POLICE = "police"
    REGULATOR = "regulator"
    COMPANY = "company"


_CLASSES = {
    Requester.COURT: pb.REQUESTER_CLASS_COURT,
    Requester.POLICE: pb.REQUESTER_CLASS_POLICE,
    Requester.REGULATOR: pb.REQUESTER_CLASS_REGULATOR,
    Requester.COMPANY: pb.REQUESTER_CLASS_COMPANY,
}


@app.command("open")
def open_case(
    context: typer.Context,
    post_id: Annotated[str, typer.Argument(help="Post the case is about.")],
    requester: Annotated[Requester, typer.Option(help="Kind of party that asks.")],
    instrument: Annotated[str, typer.Option(help="Reference of the instrument, such as a docket number.")],
    ground: Annotated[str, typer.Option(help="Legal ground.")],
    document: Annotated[Path, typer.Option(help="The instrument itself; only its hash is sent.")],
    recipient: Annotated[str, typer.Option(help="Public key of the only one who may read the answer, in hex.")],
) -> None:
    """Open a case about a post. Nothing is opened yet but the case."""
    setup = Setup.of(context)
    profile = setup.profile()
    try:
        content = document.read_bytes()
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{document}: {error.strerror}") from error
    recipient_key = _public_key(recipient)

    async def work() -> None:
        async with OfficerSide(profile.officer_edge(), profile.read_trust(), patience=setup.patience) as desk:
            case = await desk.open_case(
                post_id,
                requester=_CLASSES[requester],
                instrument=instrument,
                ground=ground,
                document=content,
                recipient_key=recipient_key,
            )
        output.facts(facts_of(case))

    setup.run(work())


@app.command()
def show(
    context: typer.Context,
    case_id: CaseId,
    recipient_key: Annotated[Path | None, typer.Option(help="Private key file, to read who was released.")] = None,
) -> None:
    """Show a case; with the recipient's key, also the person it named."""
    setup = Setup.of(context)
    profile = setup.profile()

    async def work() -> pb.Case:
        async with OfficerSide(profile.officer_edge(), profile.read_trust(), patience=setup.patience) as desk:
            return await desk.case(case_id)

    case = setup.run(work())
    output.facts(facts_of(case))
    if recipient_key is not None:
        person = read_released(case, read_key(recipient_key))
        output.facts([("name", person.name), ("login", person.login)])


@app.command()
def execute(context: typer.Context, case_id: CaseId) -> None:
    """Carry out a case that enough officers have approved: log first, then open."""
    setup = Setup.of(context)
    profile = setup.profile()

    async def work() -> None:
        async with OfficerSide(profile.officer_edge(), profile.read_trust(), patience=setup.patience) as desk:
            output.facts(facts_of(await desk.execute(case_id)))

    setup.run(work())


@app.command("recipient-key")
def recipient_key(
    file: Annotated[Path, typer.Argument(help="Where the recipient's private key is, or is to be.")],
    new: Annotated[bool, typer.Option("--new", help="Make the file, with a fresh key.")] = False,
) -> None:
    """Show the public key of the one who is to read an answer."""
    if new:
        write_key(file, hpke.generate()[0])
    output.facts([("public key", hpke.public_key(read_key(file)).hex())])


def _public_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        what = f"the recipient's key is not {KEY_SIZE} bytes in hex; `case recipient-key` shows one"
        raise VouchsafeError(Reason.RECIPIENT_INVALID, what)
    return key


def facts_of(case: pb.Case) -> list[tuple[str, object]]:
    """What there is to say of a case. The sealed answer is not shown: it means nothing without the recipient's key."""
    state = pb.CaseState.Name(case.state).removeprefix("CASE_STATE_").lower()
    facts: list[tuple[str, object]] = [
        ("case", case.case_id),
        ("state", state),
        ("post", case.post_id),
        ("requester", pb.RequesterClass.Name(case.requester).removeprefix("REQUESTER_CLASS_").lower()),
        ("instrument", case.instrument),
        ("ground", case.ground),
        ("document sha256", case.document_hash.hex()),
        ("recipient", case.recipient_key.hex()),
        ("ends", output.moment(case.expires_at)),
        ("approved by", ", ".join(case.approved_by) or "nobody"),
    ]
    if case.state >= pb.CASE_STATE_INTENDED:
        facts.append(("intent is leaf", case.intent_index))
    if case.state == pb.CASE_STATE_OPENED:
        facts.append(("result is leaf", case.result_index))
    return facts

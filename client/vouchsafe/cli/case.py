"""Commands of the officers' desk about one case: case open, list, show, execute, collect, and what becomes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from services.seal import hpke
from services.seal.canonical import sha256
from services.seal.requests import Basis, Field, Requester
from vouchsafe.cli import output
from vouchsafe.cli.case_facts import facts_of, row_of
from vouchsafe.cli.durations import duration
from vouchsafe.cli.setup import Setup
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.collecting import Answer
from vouchsafe.sdk.collecting import collect as collect_answer
from vouchsafe.sdk.key_file import KEY_SIZE, read_key, write_key
from vouchsafe.sdk.officer_side import Ask, OfficerSide

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Cases: learning, by quorum, who stands behind a post.")

CaseId = Annotated[str, typer.Argument(help="Identifier of the case.")]

_COLUMNS = ("case", "state", "requester / basis", "organisation", "instrument", "answer due", "opens")
_POLL = 0.5


def at_desk(setup: Setup, work: Callable[[OfficerSide], Awaitable[T]]) -> T:
    """Run some work with the officers' connections, and close them. Nobody is asked anything within."""
    profile = setup.profile()

    async def connected() -> T:
        trust = profile.read_trust()
        memory = setup.log_memory(trust)
        async with OfficerSide(profile.officer_edge(), trust, patience=setup.patience, memory=memory) as desk:
            return await work(desk)

    return setup.run(connected())


@app.command("open")
def open_case(
    context: typer.Context,
    requester: Annotated[Requester, typer.Option(help="Kind of party that asks.")],
    basis: Annotated[Basis, typer.Option(help="What the request stands on.")],
    organisation: Annotated[str, typer.Option(help="The party itself; its own officers have no voice in the case.")],
    instrument: Annotated[str, typer.Option(help="Reference of the instrument, such as a docket number.")],
    ground: Annotated[str, typer.Option(help="Legal ground.")],
    document: Annotated[Path, typer.Option(help="The instrument itself; only its hash is sent.")],
    recipient: Annotated[str, typer.Option(help="Public key of the only one who may read the answer, in hex.")],
    post_id: Annotated[str, typer.Argument(help="Post the case is about.")] = "",
    alias_key: Annotated[str, typer.Option(help="Instead of a post: key of the alias itself, in hex.")] = "",
    field: Annotated[list[Field] | None, typer.Option(help="What is asked for; the name if not given.")] = None,
    due: Annotated[int | None, duration("Until an answer is due; by default 10d, in an emergency 8h.")] = None,
    waiver: Annotated[Path | None, typer.Option(help="Order that he is not told; only its hash is sent.")] = None,
    gag: Annotated[int | None, duration("How long the subject is not told; needs --waiver.")] = None,
) -> None:
    """Open a case. Nothing is opened yet but the case, and the public log counts that it was asked."""
    if bool(post_id) == bool(alias_key):
        raise typer.BadParameter("name a post or, with --alias-key, an alias")
    if gag and waiver is None:
        raise typer.BadParameter("a gag needs the order that imposes it: --waiver")
    ask = Ask(
        requester=requester,
        basis=basis,
        organisation=organisation,
        instrument=instrument,
        ground=ground,
        document_hash=_hash_of(document),
        recipient_key=_public_key(recipient),
        fields=field or [Field.NAME],
        post_id=post_id,
        alias_key=_key(alias_key, "the alias key") if alias_key else b"",
        due_seconds=due or 0,
        waiver_hash=_hash_of(waiver) if waiver else b"",
        gag_seconds=gag or 0,
    )
    show_case(at_desk(Setup.of(context), lambda desk: desk.open_case(ask)))


@app.command("list")
def list_cases(context: typer.Context) -> None:
    """List all cases, newest first, with what their clocks say. Declined ones are among them."""

    async def work(desk: OfficerSide) -> list[pb.CaseSummary]:
        return [case async for case in desk.cases()]

    cases = at_desk(Setup.of(context), work)
    output.table(_COLUMNS, (row_of(case, now=_now()) for case in cases))


@app.command()
def show(context: typer.Context, case_id: CaseId) -> None:
    """Show a case, as the desk tells it. `officer approve` checks what it shows."""
    show_case(at_desk(Setup.of(context), lambda desk: desk.case(case_id)))


@app.command()
def execute(
    context: typer.Context,
    case_id: CaseId,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end of the delay, and carry it through.")] = False,
) -> None:
    """Log the intent of a case that enough officers have approved; called again after its delay, carry it through."""

    async def work(desk: OfficerSide) -> pb.Case:
        case = await desk.execute(case_id)
        while wait and case.state in (pb.CASE_STATE_INTENDED, pb.CASE_STATE_WITNESSED):
            await asyncio.sleep(max(case.intent.opens_at - time.time(), _POLL))
            case = await desk.execute(case_id)
        return case

    case = at_desk(Setup.of(context), work)
    show_case(case)
    if case.state == pb.CASE_STATE_WITNESSED:
        output.done("the intent is in the log, and one officer can still veto it; execute again when it opens")


@app.command()
def collect(
    context: typer.Context,
    case_id: CaseId,
    recipient_key: Annotated[Path, typer.Option(help="File with the recipient's private key.")],
    save: Annotated[Path, typer.Option(help="Where the sealed answer is kept, before it is shown.")],
) -> None:
    """Collect the answer, which is given once, and read it. The same file shows it again and asks nobody."""
    key = read_key(recipient_key)

    async def work(desk: OfficerSide) -> Answer:
        return await collect_answer(await desk.case(case_id), key, save, desk.collect)

    output.facts(at_desk(Setup.of(context), work).fields.items())


@app.command()
def hold(context: typer.Context, case_id: CaseId) -> None:
    """Have what the alias wrote kept from deletion, for 60 days."""
    show_case(at_desk(Setup.of(context), lambda desk: desk.place_hold(case_id)))


@app.command("extend-hold")
def extend_hold(context: typer.Context, case_id: CaseId) -> None:
    """Add 30 days to a hold, once."""
    show_case(at_desk(Setup.of(context), lambda desk: desk.extend_hold(case_id)))


@app.command("release-hold")
def release_hold(context: typer.Context, case_id: CaseId) -> None:
    """End a hold before its time."""
    show_case(at_desk(Setup.of(context), lambda desk: desk.release_hold(case_id)))


@app.command("extend-gag")
def extend_gag(
    context: typer.Context,
    case_id: CaseId,
    length: Annotated[int, duration("How long from now the subject is not told.", "--for")],
    document: Annotated[Path, typer.Option(help="The order that says so; its hash stands in the public log.")],
) -> None:
    """Put off the day on which the subject is told. The public log shows that it was, and on which document."""
    until, hashed = _now() + length, _hash_of(document)
    show_case(at_desk(Setup.of(context), lambda desk: desk.extend_gag(case_id, until=until, document_hash=hashed)))


@app.command()
def withdraw(context: typer.Context, case_id: CaseId) -> None:
    """End a case whose requester no longer asks, as long as nothing is intended."""
    show_case(at_desk(Setup.of(context), lambda desk: desk.withdraw_case(case_id)))


@app.command("recipient-key")
def recipient_key(
    file: Annotated[Path, typer.Argument(help="Where the recipient's private key is, or is to be.")],
    new: Annotated[bool, typer.Option("--new", help="Make the file, with a fresh key.")] = False,
) -> None:
    """Show the public key of the one who is to read an answer."""
    if new:
        write_key(file, hpke.generate()[0])
    output.facts([("public key", hpke.public_key(read_key(file)).hex())])


def show_case(case: pb.Case) -> None:
    """Show a case as it stands."""
    output.facts(facts_of(case, now=_now()))


def _public_key(text: str) -> bytes:
    return _key(text, "the recipient's key", "; `case recipient-key` shows one")


def _key(text: str, what: str, hint: str = "") -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise VouchsafeError(Reason.RECIPIENT_INVALID, f"{what} is not {KEY_SIZE} bytes in hex{hint}")
    return key


def _hash_of(document: Path) -> bytes:
    try:
        return sha256(document.read_bytes())
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{document}: {error.strerror}") from error


def _now() -> int:
    return int(time.time())

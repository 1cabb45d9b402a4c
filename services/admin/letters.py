"""Dead letters: what other services said and this one could not take in, and what is to become of it.

A command writes a wish; the service's own consumer carries it out, and the command waits to see it done.
"""

import asyncio
import getpass
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import typer

from services.admin import output
from services.admin.errors import AdminError
from services.admin.payload import decoded
from services.admin.place import Opened, Place
from services.chassis.integration.dead_letters import LetterState, Parked
from services.chassis.log.eventstore import Mark

_COLUMNS: Final = ("producer", "key", "mark", "type", "error", "attempts", "parked", "state")
_RECORD_COLUMNS: Final = ("producer", "mark", "type", "by", "reason", "asked", "done", "digest")
_LOOK_SECONDS = 0.25

app = typer.Typer(no_args_is_help=True, help="What could not be taken in from other services, and waits.")

Producer = Annotated[str, typer.Argument(help="The service whose events they are.")]
MarkText = Annotated[str, typer.Argument(help="The letter's mark, as list shows it: position.offset.")]
Patience = Annotated[float, typer.Option(help="Seconds to wait for the service to do it; 0 not to wait.", min=0)]


@app.command("list")
def list_(
    context: typer.Context,
    discarded: Annotated[bool, typer.Option("--discarded", help="Show the records of what was thrown away.")] = False,
) -> None:
    """Show all letters in the order in which they must be taken in."""
    place = Place.of(context)
    if discarded:
        records = place.run(lambda opened: opened.letters.discarded())
        rows = [
            {
                **_told(each.parked),
                "by": each.by,
                "reason": each.reason,
                "asked": output.moment(each.asked_at),
                "done": output.moment(each.done_at),
                "digest": each.digest,
            }
            for each in records
        ]
        output.rows(rows, _RECORD_COLUMNS, as_json=place.as_json)
        return
    parked = place.run(lambda opened: opened.letters.all_parked())
    output.rows([_told(each) for each in parked], _COLUMNS, as_json=place.as_json)


@app.command()
def show(
    context: typer.Context,
    producer: Producer,
    mark: MarkText,
    payload: Annotated[bool, typer.Option("--payload", help="Show what the event holds; it may be private.")] = False,
) -> None:
    """Show one letter."""
    place = Place.of(context)
    letter = place.run(lambda opened: opened.letters.letter(producer, _mark(mark)))
    if letter is None:
        raise AdminError("NO_SUCH_LETTER", "no letter is parked under that mark")
    told: dict[str, Any] = {**_told(letter.parked), "bytes": len(letter.event.data)}
    if payload:
        told["payload"] = decoded(letter.event.type, letter.event.data)
    output.facts(told, as_json=place.as_json)


@app.command()
def redrive(
    context: typer.Context,
    producer: Producer,
    key: Annotated[str, typer.Option(help="Only the letters of this key.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="All letters of the producer.")] = False,
    patience: Patience = 30.0,
) -> None:
    """Have letters taken in again, in order, through the same reaction that failed."""
    if bool(key) == all_:
        raise AdminError("WHICH_LETTERS", "name one --key, or say --all")
    place = Place.of(context)

    async def work(opened: Opened) -> tuple[int, list[Parked]]:
        wished = await opened.letters.wish_redrive(producer, key or None)
        if not wished:
            raise AdminError("NO_SUCH_LETTER", "nothing is parked there")

        async def left() -> list[Parked]:
            parked = await opened.letters.all_parked()
            return [each for each in parked if each.producer == producer and key in ("", each.key)]

        async def done() -> bool:
            return all(each.state is not LetterState.REDRIVE for each in await left())

        await _seen_done(done, patience)
        return wished, await left()

    wished, left = place.run(work)
    waiting = sum(each.state is LetterState.REDRIVE for each in left)
    told = {"letters": wished, "taken in": wished - min(wished, len(left)), "parked still": len(left) - waiting}
    output.facts({**told, "not tried yet": waiting}, as_json=place.as_json)
    if left and patience:
        raise AdminError("STILL_PARKED", "not everything was taken in; see `dead-letters list`")


@app.command()
def discard(
    context: typer.Context,
    producer: Producer,
    mark: MarkText,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    by: Annotated[str, typer.Option(help="Who, for the record; the user of this machine if not given.")] = "",
    patience: Patience = 30.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Throw one letter away for good, and keep a record of who did and why.

    What waits behind it goes on waiting until it is redriven.
    """
    place, at = Place.of(context), _mark(mark)
    operator = by or _user()
    if not reason.strip():
        raise AdminError("NO_REASON", "a reason is kept for the record; give one with --reason")
    output.confirm(f"throw the event {mark} of {producer} away", mark, yes=yes)

    async def work(opened: Opened) -> bool:
        now = int(time.time())
        if not await opened.letters.wish_discard(producer, at, by=operator, reason=reason, now=now):
            raise AdminError("NO_SUCH_LETTER", "no letter is parked under that mark")

        async def done() -> bool:
            return await opened.letters.letter(producer, at) is None

        return await _seen_done(done, patience)

    output.facts({"mark": mark, "discarded": place.run(work)}, as_json=place.as_json)


async def _seen_done(done: Callable[[], Awaitable[bool]], patience: float) -> bool:
    """Look until it is done or the patience ends; the wish stands in any case."""
    ends = time.monotonic() + patience
    while not await done():
        if time.monotonic() >= ends:
            output.note("the wish is noted; the service's consumer has not got there yet")
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True


def _mark(text: str) -> Mark:
    try:
        return Mark.parse(text)
    except ValueError:
        raise AdminError("NO_SUCH_LETTER", "a mark is written position.offset, such as 17.0") from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise AdminError("NO_OPERATOR", "this machine does not say who you are; give --by") from None


def _told(parked: Parked) -> dict[str, Any]:
    return {
        "producer": parked.producer,
        "key": parked.key,
        "mark": str(parked.mark),
        "type": parked.type,
        "error": parked.error or None,
        "attempts": parked.attempts,
        "parked": output.moment(parked.parked_at),
        "state": parked.state.value,
    }

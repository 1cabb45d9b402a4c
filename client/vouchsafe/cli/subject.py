"""Commands of whoever an opening is about: alias-notices, which asks the forum, and wallet openings, which asks nobody.

Both open the aliases' compartment alone.
"""

from collections.abc import Iterator
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.log_source import Mirror, Saved, public_log
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Notice
from vouchsafe.sdk.openings import FoundOpening, Search, search


def alias_notices(
    context: typer.Context,
    label: Annotated[str, typer.Option("--as", help="Label of the alias.")],
    slot: Annotated[int | None, typer.Option(help="Slot of the credential; the newest if not given.", min=0)] = None,
) -> None:
    """Ask the forum whether an opening of an alias was announced.

    The forum learns that the alias's owner has asked. `wallet openings` finds the same without asking anybody.
    """
    setup = Setup.of(context)
    profile, aliases = setup.profile(), setup.open_aliases()

    async def work() -> tuple[Notice, ...]:
        async with setup.platform(profile) as platform:
            return await platform.voice(aliases, aliases.alias(label, slot)).notices()

    notices = setup.run(work())
    if not notices:
        output.done("no opening of this alias was announced")
        return
    rows = ((n.intent.hex(), output.moment(n.opens_at), "opened" if n.opened else "announced") for n in notices)
    output.table(("intent", "may be opened from", "state"), rows)


def openings(context: typer.Context, mirror: Mirror = "", saved: Saved = None) -> None:
    """Find out privately whether an alias of this wallet was opened, or is about to be.

    All of the public log is read and verified here, so nobody learns what was looked for. A subject who may not be told
    yet is found once his gag has ended.
    """
    setup = Setup.of(context)
    aliases = setup.open_aliases().aliases
    log = public_log(setup, mirror, saved)
    found = search(log.leaves, aliases, setup.profile().read_trust(), as_of=log.as_of)
    output.facts([("leaves", found.size), ("as of", output.moment(log.as_of)), ("aliases looked for", found.aliases)])
    columns = ("label", "epoch", "slot", "state", "opens at the earliest", "asked for by", "leaf", "intent")
    if found.found:
        output.table(columns, _rows(found))
    else:
        output.done(f"as of leaf {found.size - 1}, no opening of any of them was announced")
    if found.untold:
        output.facts([("openings whose subject is not told yet, which may be anybody's", found.untold)])


def _rows(found: Search) -> Iterator[tuple[object, ...]]:
    for each in found.found:
        alias = each.alias
        opens = output.moment(each.opens_from) if each.opens_from else "unknown"
        asked = f"{each.requester or 'unknown'} ({each.basis or 'unknown'})"
        yield alias.label, alias.epoch, alias.slot, _state(each), opens, asked, each.index, each.intent.hex()


def _state(found: FoundOpening) -> str:
    state = {"": "announced", "refused": "refused, nobody was named", "expired": "expired, nobody was named"}
    said = state.get(found.outcome, found.outcome)
    return f"{said} (you could not be told before)" if found.gagged else said

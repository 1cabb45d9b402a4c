"""From where a command takes the whole public log: the platform, a mirror, or a directory; verified in each case.

Of the platform or a mirror, what was read before is not asked for again (`sdk.log_memory`).
"""

from pathlib import Path
from typing import Annotated

import typer

from services.tlog.reader import MirrorReader
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Profile, Reason, VouchsafeError
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.public_log import PlatformLog, PublicLog, read_public_log, saved_log

Mirror = Annotated[str, typer.Option(help="Read the log from this mirror (http://…), not from the platform.")]
Saved = Annotated[
    Path | None, typer.Option("--from", help="Read what a mirror or `log verify --save` wrote here, without network.")
]


def public_log(setup: Setup, mirror: str, saved: Path | None) -> PublicLog:
    """All of the log, from a mirror or a directory if one is named; the refusals are `LogMemory.read`'s."""
    if mirror and saved:
        raise typer.BadParameter("give either --mirror or --from")
    return setup.run(_read(setup, setup.profile(), mirror, saved))


async def _read(setup: Setup, profile: Profile, mirror: str, saved: Path | None) -> PublicLog:
    trust = profile.read_trust()
    if saved:
        return await read_public_log(saved_log(saved), trust)
    memory = setup.log_memory(trust)
    if mirror:
        reader = mirror_reader(mirror, timeout=setup.patience, proxy=profile.alias.proxy)
        return await memory.read(lambda _: reader)
    # Over the alias side: reading the log says nothing of who reads, and the person side stays closed.
    async with AliasSide(profile.alias, trust, patience=setup.patience) as side:
        return await memory.read(lambda known: PlatformLog(side.log, known))


def mirror_reader(url: str, *, timeout: float, proxy: str | None) -> MirrorReader:
    """The mirror at a URL that somebody has typed; PROFILE_INVALID when it is none."""
    try:
        return MirrorReader(url, timeout=timeout, proxy=proxy)
    except ValueError as error:
        raise VouchsafeError(Reason.PROFILE_INVALID, "a mirror is http://host[:port][/prefix] or https") from error

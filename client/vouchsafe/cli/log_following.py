"""Commands of whoever watches the public log or shows it himself: log follow and log mirror."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from services.chassis.clock import SystemClock
from services.chassis.durable_file import StateError
from services.seal.trust import Trust
from services.tlog.errors import LogForked, SourceError
from services.tlog.kept import KeptLog
from services.tlog.reader import MirrorReader
from vouchsafe.cli import output
from vouchsafe.cli.log_source import mirror_reader
from vouchsafe.cli.provenance import read_trust
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.log_auditor import SEEN, LogAlarm, LogAuditor, Look, News

Mirrors = Annotated[list[str], typer.Option("--mirror", help="Read the log here (http://…); any number of times.")]
TrustFile = Annotated[
    Path | None, typer.Option("--trust", help="The public trust material, trust.toml; the profile's if not given.")
]
Pause = Annotated[float, typer.Option(help="Seconds between two looks.", min=0.05)]
Once = Annotated[bool, typer.Option("--once", help="Look once and end.")]
Proxy = Annotated[str | None, typer.Option(help="HTTP proxy that takes CONNECT, http://host:port, as Tor's.")]


def follow(
    context: typer.Context,
    mirror: Mirrors,
    trust: TrustFile = None,
    state: Annotated[Path | None, typer.Option(help="Remember here what was seen; a copy of the log besides.")] = None,
    pause: Pause = 10.0,
    proxy: Proxy = None,
    once: Once = False,
) -> None:
    """Watch the log for good: verify every checkpoint and all leaves, and tell each larger tree in a line.

    Ends with 1 when mirrors contradict each other, when one shows less than before, when a signature is missing or
    bad, and when leaves break the log's rules; the signed checkpoints that show it are kept in the state directory.
    """
    setup = Setup.of(context)
    material = _trust(setup, trust)
    readers = [mirror_reader(url, timeout=setup.patience, proxy=proxy) for url in mirror]
    try:
        asyncio.run(_follow(material, readers, state, pause=None if once else pause))
    except LogAlarm as alarm:
        _tell_evidence(alarm, state)
        raise


def mirror(
    context: typer.Context,
    source: Annotated[str, typer.Option("--from", help="The mirror to read (http://…).")],
    to: Annotated[Path, typer.Option(help="Directory for the files, to be served as they are.")],
    trust: TrustFile = None,
    pause: Pause = 10.0,
    proxy: Proxy = None,
    once: Once = False,
) -> None:
    """Keep a mirror of the log: static files that any web server can show, each verified before it is written.

    What was seen last is kept beside the directory, in one of the same name that ends in .seen.
    """
    setup = Setup.of(context)
    reader = mirror_reader(source, timeout=setup.patience, proxy=proxy)
    seen = to.with_name(f"{to.name}.seen")
    try:
        asyncio.run(_mirror(_trust(setup, trust), reader, to, seen, pause=None if once else pause))
    except LogForked as fork:
        raise VouchsafeError(Reason.LOG_FORKED, f"{fork}; the evidence is in {seen}") from fork
    except (StateError, OSError) as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{to}: {error}") from error


async def _follow(trust: Trust, readers: list[MirrorReader], state: Path | None, *, pause: float | None) -> None:
    auditor = await LogAuditor.open(trust, readers, directory=state, clock=SystemClock())

    async def look() -> set[str]:
        seen = await auditor.look()
        for each in seen.news:
            _tell(each)
        return _problems(seen)

    try:
        await _again_and_again(look, pause)
    finally:
        await auditor.close()


async def _mirror(trust: Trust, reader: MirrorReader, to: Path, seen: Path, *, pause: float | None) -> None:
    kept, _ = await KeptLog.open(trust, tree=to, state=seen)

    async def look() -> set[str]:
        try:
            growth = await kept.take(reader)
        except SourceError as error:
            return {f"{reader.name}: {error}"}
        if growth.leaves:
            output.done(f"{kept.size} leaves, {len(growth.leaves)} of them new")
        return set()

    try:
        await _again_and_again(look, pause)
    finally:
        await kept.close()


async def _again_and_again(look: Callable[[], Awaitable[set[str]]], pause: float | None) -> None:
    """Look until somebody ends it, telling each problem when it begins; without `pause` once, and any is a refusal."""
    told: set[str] = set()
    while True:
        problems = await look()
        if pause is None:
            if problems:
                raise VouchsafeError(Reason.LOG_UNREACHABLE, "; ".join(sorted(problems)))
            return
        for problem in sorted(problems - told):
            sys.stderr.write(f"{output.shown(problem)}\n")
        sys.stderr.flush()
        told = problems
        await asyncio.sleep(pause)


def _problems(look: Look) -> set[str]:
    stale = {"no mirror shows a tree that was co-signed lately"} if look.stale else set()
    return stale | {f"{mirror}: {why}" for mirror, why in look.failed.items()}


def _tell(news: News) -> None:
    """One line: when it was co-signed, how many leaves, the root, what is new, who showed it."""
    signed = news.signed
    added = ", ".join(f"{count} {kind}" for kind, count in news.added.items())
    void = f"; {news.void} void in all" if news.void else ""
    root = signed.checkpoint.root.hex()[:16]
    output.done(
        f"{output.moment(signed.seen_unix)}  {signed.size} leaves  root {root}…  new: {added}{void}  {news.mirror}"
    )


def _tell_evidence(alarm: LogAlarm, state: Path | None) -> None:
    """Where the evidence is; and the evidence itself where nobody keeps it."""
    if state is not None:
        sys.stderr.write(f"the evidence is in {state / SEEN}\n")
        return
    for note in alarm.evidence:
        sys.stderr.write(f"{output.shown(note)}\n")


def _trust(setup: Setup, file: Path | None) -> Trust:
    return setup.profile().read_trust() if file is None else read_trust(file)

"""Taking a log out into a file and into an empty database again, the same to the bit. The file is told at `archive`.

What is taken in is read to its end and found whole before the first commit is written.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Final

import typer

from services.admin import output
from services.admin.archive import ArchiveInvalid, Header, Reader, Writer
from services.admin.errors import AdminError
from services.admin.place import Opened, Place
from services.admin.progress import Shown
from services.chassis.log.eventstore import Commit, LogGap, RestoreRefused
from services.chassis.log.restoring import joined_versions

_STANDARD_OUTPUT: Final = Path("-")
_PAGE: Final = 200
_BATCH_COMMITS: Final = 200
_BATCH_BYTES: Final = 4 * 1024 * 1024

File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive.")]


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive; - for standard output.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write all commits that have a position to a file, and read it again to see that it is whole.

    The file holds everything that the log does, in the clear as it is stored: guard it like the database. What goes to
    standard output is not read again; do so with `verify`.
    """
    place = Place.of(context)
    if file == _STANDARD_OUTPUT:
        header, chain = place.run(lambda opened: _written(opened, place.service, sys.stdout.buffer))
        output.note(f"{header.head} commits, chain {chain}")
        return
    if file.exists() and not force:
        raise AdminError("FILE_EXISTS", f"{file} is there already; --force replaces it")
    part = file.with_name(f"{file.name}.part")

    async def work(opened: Opened) -> tuple[Header, str]:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            told = await _written(opened, place.service, raw)
            raw.flush()
            os.fsync(raw.fileno())
        return told

    try:
        header, chain = place.run(work)
        if _verified(part).chain != chain:
            raise AdminError("EXPORT_FAILED", "the file does not hold what was written to it")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    output.facts({"file": str(file), "commits": header.head, "chain": chain}, as_json=place.as_json)


def verify(context: typer.Context, file: File) -> None:
    """Read an archive to its end, and say what it holds if it is whole. Asks no service."""
    checked = _verified(file)
    header = checked.header
    told = {"service": header.service, "store epoch": header.epoch, "exported": output.moment(header.made)}
    output.facts({**told, "commits": header.head, "chain": checked.chain}, as_json=Place.of(context).as_json)


def import_(
    context: typer.Context,
    file: File,
    resume: Annotated[bool, typer.Option(help="Go on with an import of this very file that was interrupted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a log from a file into this service's empty database. Stop the service's processes before.

    Followers begin anew: views are built from the log, and what other services said is read and recognised again.
    """
    place = Place.of(context)
    checked = _verified(file)
    if checked.header.service != place.service:
        raise AdminError("OTHER_SERVICE", f"the file holds the log of {checked.header.service}")
    output.confirm(f"take {checked.header.head} commits into the database of {place.service}", place.service, yes=yes)

    async def work(opened: Opened) -> None:
        await opened.store.ensure_indexes()
        there = await opened.store.head_position()
        if await opened.store.unsequenced_count() or (there and not resume) or there > checked.header.head:
            raise AdminError("LOG_NOT_EMPTY", "the database holds commits already; nothing was written")
        with Reader(file) as reader, Shown("importing") as shown:
            await _taken_in(opened, reader, there, shown)
            if reader.chain != checked.chain:
                raise AdminError("FILE_CHANGED", "the file was changed while it was read")
        if await opened.store.head_position() != checked.header.head:
            raise AdminError("IMPORT_FAILED", "the log has another head than the file")

    place.run(work)
    output.facts({"file": str(file), "commits": checked.header.head, "chain": checked.chain}, as_json=place.as_json)


async def _written(opened: Opened, service: str, raw: IO[bytes]) -> tuple[Header, str]:
    """Write the log as it is now; its header, and the chain over it."""
    epoch, head = await opened.store.store_epoch(), await opened.store.head_position()
    header = Header(service, epoch, head, int(time.time()))
    writer = Writer(raw, header)
    position = 0
    with Shown("exporting") as shown:
        while position < head:
            commits = await opened.store.read_log(position, min(_PAGE, head - position))
            if not commits:
                raise LogGap(f"position {position + 1} is missing")
            for commit in commits:
                writer.add(commit)
            position += len(commits)
            shown.saw(position, head)
    return header, writer.close()


def _verified(file: Path) -> Reader:
    """The archive, read to its end, with its header and chain; raises AdminError when it may not be taken in."""
    versions: dict[str, int] = {}
    try:
        with Reader(file) as reader:
            for position, commit in enumerate(reader):
                _check_next(commit, position, versions)
    except (ArchiveInvalid, RestoreRefused) as error:
        raise AdminError("FILE_INVALID", str(error)) from error
    return reader


def _check_next(commit: Commit, head: int, versions: dict[str, int]) -> None:
    """That the commit goes on after position `head` and after the versions of the streams so far, which it moves on."""
    before = joined_versions([commit], head)[commit.stream]
    if versions.get(commit.stream, 0) != before:
        raise ArchiveInvalid(f"a stream does not go on at position {head + 1}")
    versions[commit.stream] = commit.last


async def _taken_in(opened: Opened, reader: Reader, there: int, shown: Shown) -> None:
    """Restore the commits after position `there`, when those up to it are the same as in the file."""
    head = 0
    for batch in _batches(reader):
        known = batch[: max(0, there - head)]
        if known and known != await opened.store.read_log(head, len(known)):
            raise AdminError("LOG_NOT_EMPTY", "the database holds other commits than the file")
        if fresh := batch[len(known) :]:
            await opened.store.restore(fresh)
        head += len(batch)
        shown.saw(head, reader.header.head)


def _batches(reader: Reader) -> Iterator[list[Commit]]:
    batch: list[Commit] = []
    size = 0
    for commit in reader:
        batch.append(commit)
        size += commit.size
        if len(batch) == _BATCH_COMMITS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

"""Streams, what one of them holds, and the log as it grows.

Payloads are shown only when they are asked for: they may be private.
"""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from services.admin import output
from services.admin.errors import AdminError
from services.admin.payload import decoded
from services.admin.place import Opened, Place
from services.chassis.log.eventstore import Commit, CommitMeta, RecordedEvent
from services.chassis.log.pages import is_full

_POLL_SECONDS = 0.5
_PAGE = 200
_EVENT_COLUMNS: Final = ("version", "position", "at", "type", "caller")
_COMMIT_COLUMNS: Final = ("position", "at", "stream", "versions", "types")

Payload = Annotated[bool, typer.Option("--payload", help="Show what the events hold; it may be private.")]


def streams(
    context: typer.Context,
    category: Annotated[str, typer.Argument(help="Kind of stream, such as thread; all if not given.")] = "",
    after: Annotated[str, typer.Option(help="Go on after the stream of this name.")] = "",
    limit: Annotated[int, typer.Option(help="Most streams to show.", min=1)] = 1000,
) -> None:
    """Show streams by name, with their versions and how many commits they have."""
    place = Place.of(context)
    found = place.run(lambda opened: opened.store.streams(category, after, limit))
    rows = [{"stream": each.stream, "version": each.version, "commits": each.commits} for each in found]
    output.rows(rows, ("stream", "version", "commits"), as_json=place.as_json)
    if len(found) == limit:
        output.note("there may be more: go on with --after and the last name")


def show(
    context: typer.Context,
    stream: Annotated[str, typer.Argument(help="The stream's whole name.")],
    after: Annotated[int, typer.Option(help="Begin after this version.", min=0)] = 0,
    payload: Payload = False,
) -> None:
    """Show the events of one stream."""
    place = Place.of(context)
    commits = place.run(lambda opened: opened.store.read_stream(stream, after))
    if not commits:
        raise AdminError("NOTHING_THERE", "there is no such stream, or nothing in it after that version")
    rows = [
        {"version": event.version, "position": commit.position, **_told(event, meta, payload=payload)}
        for commit in commits
        for event, meta in commit.recorded()
        if event.version > after
    ]
    output.rows(rows, (*_EVENT_COLUMNS, *(("payload",) if payload else ())), as_json=place.as_json)


def tail(
    context: typer.Context,
    after: Annotated[int | None, typer.Option(help="Begin after this position.", min=0)] = None,
    last: Annotated[int, typer.Option(help="Else begin with so many of the last commits.", min=0)] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows, until Ctrl-C.")] = False,
    payload: Payload = False,
) -> None:
    """Show the log's commits by position, one a line."""
    place = Place.of(context)

    async def work(opened: Opened) -> None:
        position = max(0, await opened.store.head_position() - last) if after is None else after
        while True:
            commits = await opened.store.read_log(position, _PAGE)
            for commit in commits:
                columns = (*_COMMIT_COLUMNS, *(("events",) if payload else ()))
                output.row(_commit(commit, payload=payload), columns, as_json=place.as_json)
            position += len(commits)
            if not is_full(commits, _PAGE):
                if not follow:
                    return
                await asyncio.sleep(_POLL_SECONDS)

    place.run(work)


def _commit(commit: Commit, *, payload: bool) -> dict[str, Any]:
    told = {
        "position": commit.position,
        "at": output.moment(commit.parts[0].meta.at),
        "stream": commit.stream,
        "versions": f"{commit.first}-{commit.last}",
        "types": ",".join(dict.fromkeys(event.type.rpartition(".")[2] for event in commit.events)),
    }
    return {**told, "events": list(_events(commit, payload=payload))} if payload else told


def _events(commit: Commit, *, payload: bool) -> Iterator[dict[str, Any]]:
    for event, meta in commit.recorded():
        yield {"version": event.version, **_told(event, meta, payload=payload)}


def _told(event: RecordedEvent, meta: CommitMeta, *, payload: bool) -> dict[str, Any]:
    told = {"type": event.type, "at": output.moment(meta.at), "caller": meta.caller}
    return {**told, "payload": decoded(event.type, event.data)} if payload else told

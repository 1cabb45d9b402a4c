"""The log: its newest checkpoint and who cosigned it, its leaves in words, and the proof of any one of them."""

import hashlib
from dataclasses import dataclass

from aiohttp import web

from services.seal.checkpoint import Checkpoint
from services.seal.merkle import leaf_hash
from services.seal.tlog_proof import TlogProof
from vouchsafe.desk.desk import DESK
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.desk.rendering import page
from vouchsafe.desk.words import LeafInWords, leaf_in_words

PAGE_SIZE = 50


@dataclass(frozen=True)
class Row:
    """A leaf of a page."""

    index: int
    said: LeafInWords


@dataclass(frozen=True)
class Proven:
    """An inclusion proof that verified in this process: from which leaf hash, over which path, to which checkpoint."""

    index: int
    hashed: str
    path: tuple[str, ...]
    checkpoint: Checkpoint
    witnesses: tuple[tuple[str, int], ...]
    text: str


def add_routes(router: web.UrlDispatcher, room: str) -> None:
    """The log and each of its leaves."""
    router.add_get(f"{room}/log", show)
    router.add_get(f"{room}/log/{{index:[0-9]{{1,15}}}}", leaf)


async def show(request: web.Request) -> web.Response:
    """A page of leaves, newest first."""
    desk = request.app[DESK]
    await desk.log.refresh()
    last = max(0, (len(desk.log.leaves) - 1) // PAGE_SIZE)
    asked = request.query.get("page", "0")
    number = min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < 12 else 0
    return page(request, "log.html", desk=desk, rows=rows(desk.log, number), number=number, last=last)


def rows(log: LogCopy, number: int) -> list[Row]:
    """The leaves of one page; page 0 has the newest."""
    stop = max(0, len(log.leaves) - number * PAGE_SIZE)
    indexes = range(stop - 1, max(-1, stop - 1 - PAGE_SIZE), -1)
    return [Row(index, leaf_in_words(log.leaves[index])) for index in indexes]


async def leaf(request: web.Request) -> web.Response:
    """One leaf; with `?prove`, also its inclusion proof, asked for and verified now."""
    desk = request.app[DESK]
    await desk.log.refresh()
    index = int(request.match_info["index"])
    if index >= len(desk.log.leaves):
        raise web.HTTPNotFound(text="The log has no such leaf.")
    data = desk.log.leaves[index]
    proven = None
    if "prove" in request.query:
        text, verified = await desk.side.log.prove(data)
        proof = TlogProof.parse(text)
        witnesses = tuple((each.key.name, each.timestamp) for each in verified.cosignatures)
        path = tuple(node.hex() for node in proof.path)
        proven = Proven(proof.index, leaf_hash(data).hex(), path, verified.checkpoint, witnesses, text)
    return page(
        request,
        "leaf.html",
        desk=desk,
        row=Row(index, leaf_in_words(data)),
        text=data.decode("utf-8", errors="replace"),
        digest=hashlib.sha256(b"\x00" + data).hexdigest(),
        proven=proven,
    )

"""What a mirror answers over HTTP: the checkpoint, tiles and entry bundles of C2SP tlog-tiles, and nothing else.

A path is taken only as the one name of one file; it is never joined to a directory as it came.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.seal import tiles
from services.tlog.tile_store import TileStore

_SECURITY: Final = {"X-Content-Type-Options": "nosniff"}
_CHECKPOINT: Final = {"Content-Type": tiles.CHECKPOINT_TYPE, "Cache-Control": "no-cache"} | _SECURITY
_IMMUTABLE: Final = {
    "Content-Type": tiles.DATA_TYPE,
    "Cache-Control": "public, max-age=31536000, immutable",
} | _SECURITY
# Entries come compressed or not, as the reader asks: a cache must not give one for the other.
_COMPRESSIBLE: Final = _IMMUTABLE | {"Vary": "Accept-Encoding"}
# What is not there may be there in a second.
_ABSENT: Final = {"Cache-Control": "no-store"} | _SECURITY
_METHODS: Final = ("GET", "HEAD")
_ENTRIES: Final = "tile/entries/"
ROUTES: Final = ("/checkpoint", "/tile/entries/", "/tile/")
"""What spans tell apart: never which tile, of which there are as many as the log is long."""


class Pages:
    """Answers requests from a directory of static files."""

    def __init__(self, store: TileStore) -> None:
        self._store = store

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The file that a request names, 404, or 405 for whoever wants to change something."""
        if request.method not in _METHODS:
            return web.Response(status=405, headers={"Allow": ", ".join(_METHODS)} | _ABSENT)
        path = request.rel_url.raw_path.removeprefix("/")
        data = await asyncio.to_thread(self._store.read, path)
        if data is None:
            return web.Response(status=404, headers=_ABSENT)
        response = web.Response(body=data, headers=_headers(path))
        if path.startswith(_ENTRIES):
            response.enable_compression()  # if the reader takes it; hashes would not get smaller
        return response


def _headers(path: str) -> Mapping[str, str]:
    if path == tiles.CHECKPOINT:
        return _CHECKPOINT
    return _COMPRESSIBLE if path.startswith(_ENTRIES) else _IMMUTABLE

"""A mirror as a source of the log: C2SP tlog-tiles over HTTP. What it shows is verified by whoever asked for it."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

from services.seal import tiles
from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.merkle import HASH_SIZE, MerkleTree
from services.seal.merkle_proof import verify_consistency
from services.seal.tiles import Bundle, Tile, TiledTree
from services.tlog.errors import SourceError
from services.tlog.fetch import CONCURRENT, Fetcher, NotThereError

MAX_CHECKPOINT: Final = 64 * 1024
"""Bytes of the longest checkpoint that is read."""
TIMEOUT: Final = 5.0
"""Seconds for one file."""

T = TypeVar("T")


class MirrorReader:
    """The mirror at `url`; `timeout`, `proxy` and `tls` are told by `Fetcher`. Raises ValueError for a bad URL."""

    def __init__(
        self, url: str, *, timeout: float = TIMEOUT, proxy: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._fetcher = Fetcher(url, timeout=timeout, proxy=proxy, tls=tls)

    @property
    def name(self) -> str:
        """The URL."""
        return self._fetcher.url

    async def checkpoint(self) -> str:
        """The newest signed head, unverified."""
        data = await self._fetcher.get(tiles.CHECKPOINT, MAX_CHECKPOINT)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SourceError("a checkpoint is text") from error

    async def entries(self, start: int, size: int) -> list[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves, unverified."""
        bundles = list(tiles.bundles_of(size, start))
        found: list[bytes] = []
        for at in range(0, len(bundles), CONCURRENT):
            for entries in await asyncio.gather(*map(self._bundle, bundles[at : at + CONCURRENT])):
                found += entries
        return found[start % tiles.WIDTH :]

    async def proven(self, checkpoint: Checkpoint, compute: Callable[[MerkleTree], T]) -> T:
        """What a computation on the tree under a checkpoint gives, from the tiles that it needs and no others.

        Whatever is not a proof that somebody verifies afterwards proves nothing: the tiles may be anybody's.
        """
        needed = sorted(tiles.needed_tiles(checkpoint.size, compute), key=lambda tile: (tile.level, tile.index))
        data: list[bytes] = []
        for at in range(0, len(needed), CONCURRENT):
            data += await asyncio.gather(*map(self._tile, needed[at : at + CONCURRENT]))
        return compute(TiledTree(checkpoint.size, dict(zip(needed, data, strict=True))))

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root over the first `size` leaves of the tree under this checkpoint, proven; SealError."""

        def both(tree: MerkleTree) -> tuple[bytes, tuple[bytes, ...]]:
            return tree.root(size), tree.consistency(size, checkpoint.size)

        root, path = await self.proven(checkpoint, both)
        verify_consistency(size, checkpoint.size, root, checkpoint.root, path)
        return root

    async def _tile(self, tile: Tile) -> bytes:
        # The full tile begins with the partial one, which may be gone once that is there.
        width = tile.width * HASH_SIZE
        try:
            return await self._fetcher.get(tile.path, width)
        except NotThereError:
            if tile.width == tiles.WIDTH:
                raise
        return (await self._fetcher.get(Tile(tile.level, tile.index).path, tiles.WIDTH * HASH_SIZE))[:width]

    async def _bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        try:
            return await self._entries_of(bundle)
        except NotThereError:
            if bundle.width == tiles.WIDTH:
                raise
        return (await self._entries_of(Bundle(bundle.index)))[: bundle.width]

    async def _entries_of(self, bundle: Bundle) -> tuple[bytes, ...]:
        data = await self._fetcher.get(bundle.path, bundle.width * (2 + tiles.MAX_ENTRY))
        try:
            return tiles.decode_bundle(data, bundle.width)
        except SealError as error:
            raise SourceError("the source sends what is no bundle of entries") from error

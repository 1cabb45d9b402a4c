"""The log as a directory of static files (C2SP tlog-tiles), written so that it is whole at every instant.

Each file appears at once and in full, and the checkpoint after all that it is about: whoever reads while it is written,
or after it was cut off, finds a tree. The directory is a source of the log like any other, and no more believed.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.chassis import durable_file
from services.chassis.durable_file import replace, sync_directory
from services.seal import tiles
from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.merkle import MerkleTree
from services.seal.tiles import Bundle, Tile
from services.tlog.errors import SourceError
from services.tlog.root_check import tree_of
from services.tlog.verified import Signed

_PARTIAL: Final = ".p"


class TileStore:
    """The files below `directory`, which is made. One process at a time may write."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        _make(directory)

    @property
    def name(self) -> str:
        """The directory."""
        return str(self.directory)

    @property
    def is_empty(self) -> bool:
        """Whether no checkpoint was ever written."""
        return not (self.directory / tiles.CHECKPOINT).exists()

    def read(self, path: str) -> bytes | None:
        """What is at a path that the specification knows, None when nothing is or it knows none such."""
        try:
            named = path if path == tiles.CHECKPOINT else tiles.parse_path(path).path
            return durable_file.read(self.directory / named)
        except (SealError, FileNotFoundError, NotADirectoryError):
            return None

    async def checkpoint(self) -> str:
        """The signed head."""
        return self._bytes(tiles.CHECKPOINT).decode("utf-8", errors="replace")

    async def entries(self, start: int, size: int) -> list[bytes]:
        """The leaves from index `start` on, of the tree of `size` leaves."""
        found: list[bytes] = []
        for bundle in tiles.bundles_of(size, start):
            found += self._entries_of(bundle)
        return found[start % tiles.WIDTH :]

    async def root_at(self, size: int, checkpoint: Checkpoint) -> bytes:
        """The root over the first `size` leaves of the tree under this checkpoint; SealError when it is not there."""
        return tree_of(await self.entries(0, checkpoint.size), checkpoint).root(size)

    def extend(self, tree: MerkleTree, since: int, leaves: Iterable[bytes], signed: Signed) -> None:
        """Write what the tree under `signed` has beyond the one of `since` leaves, then the checkpoint.

        `leaves` are those from index `since` on; all before are here already. Durable on return; OSError when not.
        """
        size = signed.size
        held = [leaf for bundle in _last_partial(since) for leaf in self._entries_of(bundle)]
        first = since - len(held)
        held += leaves
        for bundle in tiles.bundles_of(size, since):
            at = bundle.index * tiles.WIDTH - first
            self._write(bundle.path, tiles.encode_bundle(held[at : at + bundle.width]))
        for tile in tiles.tiles_of(size, since):
            self._write(tile.path, tiles.encode_tile(tree, tile))
        replace(self.directory / tiles.CHECKPOINT, signed.note.encode("utf-8"))

    def drop_partials(self, size: int, since: int) -> None:
        """Remove partial tiles whose full ones came with the tree of `size` leaves; readers turn to those.

        The specification allows it. Only after the checkpoint: until then the partial ones are all that is shown.
        """
        grown: list[Tile | Bundle] = [*tiles.tiles_of(size, since), *tiles.bundles_of(size, since)]
        for named in grown:
            if named.width == tiles.WIDTH:
                shutil.rmtree(self.directory / f"{named.path}{_PARTIAL}", ignore_errors=True)

    def _write(self, path: str, data: bytes) -> None:
        file = self.directory / path
        _make(file.parent)
        replace(file, data)

    def _entries_of(self, bundle: Bundle) -> tuple[bytes, ...]:
        full = Bundle(bundle.index)
        named = bundle if (self.directory / bundle.path).exists() else full
        try:
            return tiles.decode_bundle(self._bytes(named.path), named.width)[: bundle.width]
        except SealError as error:
            raise SourceError("a bundle of entries is damaged") from error

    def _bytes(self, path: str) -> bytes:
        try:
            return durable_file.read(self.directory / path)
        except OSError as error:
            raise SourceError(f"{path} is missing") from error


def _last_partial(size: int) -> list[Bundle]:
    return [Bundle(size // tiles.WIDTH, size % tiles.WIDTH)] if size % tiles.WIDTH else []


def _make(directory: Path) -> None:
    """Make a directory whose name is as durable as what will be in it."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)

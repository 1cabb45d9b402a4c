"""A log as static files (C2SP tlog-tiles): what the files are called, what is in them, and proofs from them.

A tile holds up to 256 consecutive hashes of one height, a multiple of 8; an entry bundle the leaves below one tile of
level 0. The files' names tell their width, so none ever changes. Reading, writing and fetching is the caller's; so is
showing that the tree has the root of a checkpoint, without which a tile proves nothing. All errors are `SealError`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.seal.errors import SealError
from services.seal.merkle import HASH_SIZE, MerkleTree, leaf_hash, node_hash

WIDTH: Final = 256
"""Hashes in a full tile, and entries in a full bundle."""
MAX_ENTRY: Final = 2**16 - 1
"""Bytes of the longest entry."""
MAX_BUNDLE: Final = WIDTH * (2 + MAX_ENTRY)
"""Bytes of the longest bundle."""
CHECKPOINT: Final = "checkpoint"
"""Path of the signed head."""
CHECKPOINT_TYPE: Final = "text/plain; charset=utf-8"
DATA_TYPE: Final = "application/octet-stream"
"""Content type of tiles and bundles."""

_HEIGHT: Final = 8
_MAX_LEVEL: Final = 63
_MAX_GROUPS: Final = 7  # more than 2^63 leaves cannot be
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True)
class Tile:
    """The `index`-th tile of a level: `width` hashes of complete subtrees over 256^level leaves each."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= _MAX_LEVEL:
            raise SealError("a tile's level is 0 to 63")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where the tile is, below the log's prefix."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"


@dataclass(frozen=True)
class Bundle:
    """The `index`-th entry bundle: `width` leaves from 256 * index on."""

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where the bundle is, below the log's prefix."""
        return f"tile/entries/{_place(self.index, self.width)}"


def parse_path(path: str) -> Tile | Bundle:
    """Return what a path names; only the one path of each tile and bundle is taken."""
    match = _PATH.fullmatch(path)
    if not match or match[2].count("/") >= _MAX_GROUPS:
        raise SealError("not the path of a tile")
    index = int(match[2].replace("x", "").replace("/", "") + match[3])
    width = WIDTH if match[4] is None else int(match[4])
    named = Bundle(index, width) if match[1] == "entries" else Tile(int(match[1]), index, width)
    if named.path != path:
        raise SealError("not the canonical path of a tile")
    return named


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Every tile of the tree of `size` leaves that the tree of `since` leaves did not have."""
    for level in range(_MAX_LEVEL + 1):
        hashes, before = size >> (_HEIGHT * level), since >> (_HEIGHT * level)
        if hashes == 0:
            return
        if hashes > before:
            for index in range(before // WIDTH, -(-hashes // WIDTH)):
                yield Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def bundles_of(size: int, since: int = 0) -> Iterator[Bundle]:
    """Every bundle that holds a leaf from index `since` on, in the tree of `size` leaves."""
    if since < size:
        for index in range(since // WIDTH, -(-size // WIDTH)):
            yield Bundle(index, min(WIDTH, size - index * WIDTH))


def encode_tile(tree: MerkleTree, tile: Tile) -> bytes:
    """Return a tile's bytes, from a tree that has it."""
    first = tile.index * WIDTH
    return b"".join(tree.complete(_HEIGHT * tile.level, first + i) for i in range(tile.width))


def decode_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the `width` hashes of a tile."""
    if len(data) != width * HASH_SIZE:
        raise SealError("a tile holds as many hashes as it is wide")
    return tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle's bytes: each entry after its length, two bytes, the higher first."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise SealError("an entry has at most 65535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the `width` entries of a bundle."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or len(entries) != width:
        raise SealError("a bundle holds as many entries as it is wide, each after its length")
    return tuple(entries)


class TiledTree(MerkleTree):
    """A tree of which only some tiles are at hand, unverified: a proof from them shows whether they are the tree's."""

    def __init__(self, size: int, tiles: Mapping[Tile, bytes]) -> None:
        self._size = size
        self._tiles = {tile: decode_tile(data, tile.width) for tile, data in tiles.items()}

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def complete(self, height: int, index: int) -> bytes:
        """Return the hash of a complete subtree; SealError when its tile is not at hand."""
        tile, first, count = _home(self._size, height, index)
        if tile not in self._tiles:
            raise SealError("a tile is missing")
        hashes = list(self._tiles[tile][first : first + count])
        while len(hashes) > 1:
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]


def needed_tiles(size: int, compute: Callable[[MerkleTree], object]) -> frozenset[Tile]:
    """Return the tiles that a computation on the tree of `size` leaves looks at, such as one of its proofs."""
    probe = _Probe(size)
    compute(probe)
    return frozenset(probe.tiles)


class _Probe(MerkleTree):
    """Stands in for a tree, and notes which tiles it was asked for. Which these are never depends on the hashes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.tiles: set[Tile] = set()

    @property
    def size(self) -> int:
        return self._size

    def complete(self, height: int, index: int) -> bytes:
        self.tiles.add(_home(self._size, height, index)[0])
        return leaf_hash(b"")


def _home(size: int, height: int, index: int) -> tuple[Tile, int, int]:
    """The tile that a complete subtree is derived from, and which of its hashes: the first one and how many."""
    level, above = divmod(height, _HEIGHT)
    first, count = index << above, 1 << above
    hashes = size >> (_HEIGHT * level)
    if not 0 <= first <= hashes - count:
        raise SealError("the tree has no such complete subtree")
    tile = first // WIDTH
    return Tile(level, tile, min(WIDTH, hashes - tile * WIDTH)), first % WIDTH, count


def _check_place(index: int, width: int) -> None:
    if not 0 <= index < 1000**_MAX_GROUPS or not 1 <= width <= WIDTH:
        raise SealError("a tile has an index, and a width of 1 to 256")


def _place(index: int, width: int) -> str:
    """The index in groups of three digits, all but the last behind an x, and the width unless it is full."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + ("" if width == WIDTH else f".p/{width}")

"""Static files say the same as the tree: names, widths, contents, and every proof."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.seal.errors import SealError
from services.seal.merkle import Tree, leaf_hash
from services.seal.merkle_proof import verify_consistency, verify_inclusion
from services.seal.tiles import (
    MAX_BUNDLE,
    MAX_ENTRY,
    WIDTH,
    Bundle,
    Tile,
    TiledTree,
    bundles_of,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
    needed_tiles,
    parse_path,
    tiles_of,
)

LARGEST = 2 * WIDTH * WIDTH + 3
SIZES = st.one_of(
    st.integers(1, 600),
    st.integers(1, LARGEST),
    st.sampled_from([WIDTH - 1, WIDTH, WIDTH + 1, WIDTH * WIDTH - 1, WIDTH * WIDTH, WIDTH * WIDTH + 1, LARGEST]),
)


@cache
def tree() -> Tree:
    return Tree(leaf_hash(i.to_bytes(4, "big")) for i in range(LARGEST))


def fetched(size: int, tiles: frozenset[Tile]) -> TiledTree:
    """A tree of just these tiles, as their bytes were written when the log had `size` leaves."""
    return TiledTree(size, {tile: encode_tile(tree(), tile) for tile in tiles})


@pytest.mark.parametrize(
    ("named", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 999, 1), "tile/63/999.p/1"),
        (Tile(1, 1000, 255), "tile/1/x001/000.p/255"),
        (Bundle(273, 112), "tile/entries/273.p/112"),
        (Bundle(1000000), "tile/entries/x001/x000/000"),
    ],
)
def test_paths_are_those_of_the_specification(named: Tile | Bundle, path: str):
    assert named.path == path
    assert parse_path(path) == named


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/64/000",
        "tile/00/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/001/002",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/-1/000",
        "tile/entries/../../etc/passwd",
        "tile/0/" + "x999/" * 7 + "999",
    ],
)
def test_no_other_path_is_taken(path: str):
    with pytest.raises(SealError):
        parse_path(path)


@pytest.mark.parametrize(("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_no_tile_is_out_of_range(level: int, index: int, width: int):
    with pytest.raises(SealError):
        Tile(level, index, width)


@given(st.integers(0, 63), st.integers(0, 10**18), st.integers(1, WIDTH))
def test_every_path_is_read_back(level: int, index: int, width: int):
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)
    assert parse_path(Bundle(index, width).path) == Bundle(index, width)


def test_the_specifications_example_of_70000_leaves():
    tiles = list(tiles_of(70_000))
    assert len([tile for tile in tiles if tile.level == 0 and tile.width == WIDTH]) == 273
    assert [tile for tile in tiles if tile.width < WIDTH] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert Tile(1, 0) in tiles
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_growth_adds_just_the_tiles_that_were_not_there(one: int, other: int):
    since, size = sorted((one, other))
    assert set(tiles_of(size, since)) == set(tiles_of(size)) - set(tiles_of(since))
    held = [range(b.index * WIDTH, b.index * WIDTH + b.width) for b in bundles_of(size, since)]
    assert {i for each in held for i in each if i >= since} == set(range(since, size))
    assert set(bundles_of(size, since)) == set(bundles_of(size)) - (set(bundles_of(since)))


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data())
def test_proofs_from_tiles_are_the_trees(size: int, data: st.DataObject):
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    needed = needed_tiles(size, lambda t: (t.root(size), t.root(first), t.inclusion(index, size)))
    needed |= needed_tiles(size, lambda t: t.consistency(first, size))
    tiled = fetched(size, needed)
    assert tiled.size == size
    assert tiled.root() == tree().root(size)
    assert tiled.inclusion(index, size) == tree().inclusion(index, size)
    assert tiled.consistency(first, size) == tree().consistency(first, size)
    verify_inclusion(index, size, tree().complete(0, index), tiled.inclusion(index, size), tiled.root())
    verify_consistency(first, size, tiled.root(first), tiled.root(), tiled.consistency(first, size))
    assert needed <= set(tiles_of(size))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 700), st.data())
def test_each_hash_of_a_tile_is_its_subtrees(size: int, data: st.DataObject):
    tile = data.draw(st.sampled_from(list(tiles_of(size))))
    hashes = decode_tile(encode_tile(tree(), tile), tile.width)
    span = WIDTH**tile.level
    at = data.draw(st.integers(0, tile.width - 1))
    first = (tile.index * WIDTH + at) * span
    assert hashes[at] == Tree(tree().complete(0, i) for i in range(first, first + span)).root()


def test_a_proof_takes_few_tiles_of_a_large_tree():
    assert len(needed_tiles(10**9, lambda t: t.inclusion(123_456_789, 10**9))) <= 8


def test_a_tree_without_a_needed_tile_proves_nothing():
    tiled = fetched(300, frozenset([Tile(0, 0)]))
    with pytest.raises(SealError):
        tiled.root()
    with pytest.raises(SealError):
        tiled.complete(9, 0)
    with pytest.raises(SealError):
        tiled.complete(0, -1)


@pytest.mark.parametrize("length", [0, 31, 32 * 255, 32 * 256 + 1, 32 * 257])
def test_a_tile_of_another_length_is_refused(length: int):
    with pytest.raises(SealError):
        decode_tile(bytes(length), WIDTH)


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_bundles_are_read_back(entries: list[bytes]):
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.data())
def test_a_damaged_bundle_is_refused_or_another_one(entries: list[bytes], data: st.DataObject):
    bundle = encode_bundle(entries)
    cut = data.draw(st.integers(0, len(bundle) - 1))
    for damaged in (bundle[:cut], bundle + b"\x00", bundle + b"\x00\x05abc"):
        with pytest.raises(SealError):
            decode_bundle(damaged, len(entries))


def test_entries_have_at_most_65535_bytes():
    longest = [bytes(MAX_ENTRY)] * WIDTH
    assert len(encode_bundle(longest)) == MAX_BUNDLE
    assert decode_bundle(encode_bundle(longest), WIDTH) == tuple(longest)
    with pytest.raises(SealError):
        encode_bundle([bytes(MAX_ENTRY + 1)])

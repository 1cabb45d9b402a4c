"""Verification of Merkle proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2). Anyone can do it; it takes no tree.

A proof shows something about roots. That a root is the log's, seen by witnesses, is `checkpoint`'s to show.
"""

from collections.abc import Sequence

from services.seal.errors import SealError
from services.seal.merkle import HASH_SIZE, node_hash

MAX_PATH = 64


def verify_inclusion(index: int, size: int, hashed: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Return when the leaf hash is at `index` in the tree of this size and root; raise `SealError` otherwise."""
    _check_hashes([hashed, root, *path])
    if not 0 <= index < size:
        raise SealError("the leaf is not in a tree of this size")
    fn, sn, result = index, size - 1, hashed
    for node in path:
        if sn == 0:
            raise SealError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            result = node_hash(node, result)
            fn, sn = _climb_right(fn, sn)
        else:
            result = node_hash(result, node)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or result != root:
        raise SealError("the inclusion proof does not lead to the root")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> None:
    """Return when the tree of `first` leaves is a beginning of the tree of `second`; raise `SealError` otherwise.

    For equal sizes the path must be empty and the roots equal. From the empty tree everything follows, so a proof from
    it says nothing and is refused: whoever has seen no tree yet has nothing to call this for.
    """
    if not 0 < first <= second:
        raise SealError("consistency is between sizes 0 < first <= second")
    if first == second:
        if path or first_root != second_root:
            raise SealError("one size has one root, and takes no proof")
        return
    _check_hashes([first_root, second_root, *path])
    # A complete first tree is itself a node of the second, so its root is left out of the path.
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not nodes:
        raise SealError("the consistency proof is empty")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if sn == 0:
            raise SealError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(node, old), node_hash(node, new)
            fn, sn = _climb_right(fn, sn)
        else:
            new = node_hash(new, node)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or old != first_root or new != second_root:
        raise SealError("the consistency proof does not lead to both roots")


def _climb_right(fn: int, sn: int) -> tuple[int, int]:
    """Skip the levels at which the last node of an incomplete tree has no sibling."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_PATH + 2 or any(len(each) != HASH_SIZE for each in hashes):
        raise SealError("a Merkle proof consists of at most 64 hashes of 32 bytes")

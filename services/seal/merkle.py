"""The Merkle tree of a transparency log (RFC 6962 and RFC 9162, section 2.1): a tree that grows, and its proofs.

`MerkleTree` derives every root and proof from the hashes of complete subtrees, whoever keeps them. `Tree` keeps them in
memory, two for each leaf, so that the root and the proofs of any earlier size take O(log n) look-ups; it stores no
leaves, and the caller rebuilds it from its event log. `tiles` keeps them in static files. Verification, which needs no
tree, is `merkle_proof`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from hashlib import sha256

from services.seal.errors import SealError

HASH_SIZE = 32
EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's data."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class MerkleTree(ABC):
    """A tree over leaf hashes, known by its complete subtrees."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of leaves."""

    @abstractmethod
    def complete(self, height: int, index: int) -> bytes:
        """Return the hash of the complete subtree over leaves index*2^height to (index+1)*2^height - 1."""

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, by default over all."""
        size = self.size if size is None else size
        self._check_size(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the audit path of leaf `index` in the tree of the first `size` leaves, the leaf's sibling first."""
        self._check_size(size)
        if not 0 <= index < size:
            raise SealError("the leaf is not in a tree of this size")
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
        return tuple(reversed(path))

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `first` leaves is a beginning of the tree of `second` leaves."""
        self._check_size(second)
        if not 0 < first <= second:
            raise SealError("consistency is between sizes 0 < first <= second")
        path: list[bytes] = []
        low, high = 0, second
        while high != first:
            middle = low + _split(high - low)
            if first <= middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
        # What remains is a subtree of the first tree; when it is all of it, the verifier has its hash already.
        if low:
            path.append(self._subtree(low, high))
        return tuple(reversed(path))

    def _subtree(self, low: int, high: int) -> bytes:
        """Return the hash over leaves low to high-1, where low is a multiple of the span rounded up to a power of 2."""
        span = high - low
        height = span.bit_length() - 1
        if span == 1 << height:
            return self.complete(height, low >> height)
        middle = low + _split(span)
        return node_hash(self._subtree(low, middle), self._subtree(middle, high))

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise SealError("the tree has never had this size")


class Tree(MerkleTree):
    """An append-only tree over leaf hashes."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        # _levels[h][i] is complete(h, i).
        self._levels: list[list[bytes]] = [[]]
        for hashed in leaf_hashes:
            self.append(hashed)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    def append(self, hashed: bytes) -> int:
        """Add a leaf by its hash (see `leaf_hash`) and return its index."""
        if len(hashed) != HASH_SIZE:
            raise SealError("a leaf hash has 32 bytes")
        index = self.size
        self._levels[0].append(hashed)
        height = 0
        while len(self._levels[height]) % 2 == 0:
            left, right = self._levels[height][-2:]
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(node_hash(left, right))
        return index

    def truncate(self, size: int) -> None:
        """Forget every leaf from index `size` on."""
        self._check_size(size)
        for height, level in enumerate(self._levels):
            del level[size >> height :]

    def complete(self, height: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        return self._levels[height][index]


def _split(span: int) -> int:
    """Return the largest power of 2 below the span."""
    return 1 << ((span - 1).bit_length() - 1)

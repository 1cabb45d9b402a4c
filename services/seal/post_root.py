"""The tree over everything that was written on one day, whose root goes into the transparency log.

An RFC 6962 tree over the texts' commitments (`commitment`), arranged so that it tells nothing but what it commits to:

- the leaves are ordered by their hashes, which are as random as the salts, so neither time nor thread shows;
- it is filled up to a power of two, at least `SMALLEST`, with leaves that nobody but the holder of the secret can tell
  from others, so that its size says no more than a bucket. A day on which nothing was written has a tree as well.

What the root in the log shows is that the texts existed, as they are, when the log's witnesses signed. All errors are
`SealError`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.seal.errors import SealError
from services.seal.kdf import derive
from services.seal.leaves import PostRootLeaf, kind_of
from services.seal.merkle import Tree, leaf_hash
from services.seal.merkle_proof import verify_inclusion
from services.seal.secret import SecretBytes

SMALLEST = 64
"""Leaves of a quiet day's tree."""


@dataclass(frozen=True)
class DayPlace:
    """Where a commitment stands in the tree of a day (``YYYY-MM-DD``, UTC): size, index and audit path."""

    day: str
    size: int
    index: int
    path: tuple[bytes, ...]


class DayTree:
    """The tree of one day over the commitments of its texts, as bytes (`TextCommitment.to_bytes`)."""

    def __init__(self, secret: SecretBytes, day: str, commitments: Iterable[bytes]) -> None:
        texts = {leaf_hash(commitment) for commitment in commitments}
        fillers = (derive(secret, "post-root-filler", day, number) for number in range(_room(len(texts)) - len(texts)))
        leaves = sorted([*texts, *(filler.reveal() for filler in fillers)])
        self._index = {hashed: index for index, hashed in enumerate(leaves)}
        self._tree = Tree(leaves)
        self._day = day

    def leaf(self) -> PostRootLeaf:
        """Return the leaf of the transparency log."""
        return PostRootLeaf(self._day, self._tree.size, self._tree.root())

    def place(self, commitment: bytes) -> DayPlace:
        """Return where a commitment stands; `SealError` when it does not."""
        index = self._index.get(leaf_hash(commitment))
        if index is None:
            raise SealError("the commitment is not in the day's tree")
        size = self._tree.size
        return DayPlace(self._day, size, index, self._tree.inclusion(index, size))


def verify_place(place: DayPlace, commitment: bytes, leaf: PostRootLeaf) -> None:
    """Return when the commitment is in the tree whose root the leaf holds; raise `SealError` otherwise."""
    if (place.day, place.size) != (leaf.day, leaf.size):
        raise SealError("the place is in another day's tree")
    verify_inclusion(place.index, leaf.size, leaf_hash(commitment), place.path, leaf.root)


def check_one_root_a_day(leaves: Iterable[bytes]) -> None:
    """Refuse a log that holds two roots of one day, with which the forum could show two pasts; malformed ones too."""
    days = [PostRootLeaf.parse(leaf).day for leaf in leaves if kind_of(leaf) == PostRootLeaf.KIND]
    if len(set(days)) != len(days):
        raise SealError("a day has two roots")


def _room(texts: int) -> int:
    return max(SMALLEST, 1 << (texts - 1).bit_length() if texts else 0)

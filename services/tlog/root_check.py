"""Whether leaves are those under a checkpoint: the one place where a log's leaves come to be believed.

That the checkpoint is signed and co-signed is `seal.checkpoint`'s; that one tree extends another is `verified`'s.
"""

from collections.abc import Iterable, Sequence

from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.merkle import Tree, leaf_hash


def extend(tree: Tree, leaves: Iterable[bytes], checkpoint: Checkpoint) -> None:
    """Add to a tree the leaves that it lacks of the one under a checkpoint; SealError, and no leaf added, if not so."""
    before = tree.size
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
        tree.truncate(before)
        raise SealError("the leaves are not those of the checkpoint")


def tree_of(leaves: Iterable[bytes], checkpoint: Checkpoint) -> Tree:
    """The tree of leaves that are all those under a checkpoint, in their order, and no others; SealError otherwise."""
    tree = Tree()
    extend(tree, leaves, checkpoint)
    return tree


def log_of(leaves: Sequence[bytes], checkpoint: Checkpoint, *, first_leaf: bytes) -> Tree:
    """As `tree_of`, of a log that begins with a leaf, which the trust material knows; SealError for another log."""
    tree = tree_of(leaves, checkpoint)
    if not leaves or leaves[0] != first_leaf:
        raise SealError("the log does not begin with this trust material")
    return tree

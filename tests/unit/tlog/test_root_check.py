"""Leaves count as those under a checkpoint when they are all of them, in order; and a tree is left as it was if not."""

import pytest

from services.seal.checkpoint import Checkpoint
from services.seal.errors import SealError
from services.seal.merkle import Tree, leaf_hash
from services.tlog.root_check import extend, log_of, tree_of

LEAVES = [b"%d\n" % i for i in range(7)]
WRONG = {
    "hidden": LEAVES[:-1],
    "added": [*LEAVES, b"more\n"],
    "changed": [*LEAVES[:3], b"other\n", *LEAVES[4:]],
    "swapped": [LEAVES[1], LEAVES[0], *LEAVES[2:]],
    "none": [],
}


def head(leaves: list[bytes]) -> Checkpoint:
    tree = Tree(map(leaf_hash, leaves))
    return Checkpoint("platform.test/log", tree.size, tree.root())


def test_the_leaves_of_a_checkpoint_make_its_tree() -> None:
    tree = tree_of(LEAVES, head(LEAVES))
    assert [tree.root(size) for size in range(8)] == [head(LEAVES[:size]).root for size in range(8)]


@pytest.mark.parametrize("leaves", WRONG.values(), ids=WRONG)
def test_any_other_leaves_do_not(leaves: list[bytes]) -> None:
    for check in (tree_of, lambda *given: log_of(*given, first_leaf=LEAVES[0])):
        with pytest.raises(SealError, match="not those of the checkpoint"):
            check(leaves, head(LEAVES))


def test_the_root_of_another_size_is_no_excuse() -> None:
    small = head(LEAVES[:3])
    with pytest.raises(SealError):
        tree_of(LEAVES[:3], Checkpoint(small.origin, 4, small.root))


def test_a_tree_takes_all_of_what_is_new_or_none_of_it() -> None:
    tree = tree_of(LEAVES[:3], head(LEAVES[:3]))
    with pytest.raises(SealError):
        extend(tree, [*LEAVES[3:5], b"other\n"], head(LEAVES[:6]))
    assert (tree.size, tree.root()) == (3, head(LEAVES[:3]).root)
    extend(tree, LEAVES[3:], head(LEAVES))
    assert tree.root() == head(LEAVES).root


@pytest.mark.parametrize("leaves", [LEAVES, []])
def test_a_log_that_begins_otherwise_is_another_log(leaves: list[bytes]) -> None:
    with pytest.raises(SealError, match="begin"):
        log_of(leaves, head(leaves), first_leaf=b"ceremony\n")

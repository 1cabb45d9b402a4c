"""Merkle trees: the published 196 cases, the roots of certificate transparency, and every proof of small trees."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.errors import SealError
from services.seal.merkle import EMPTY_ROOT, Tree, leaf_hash, node_hash
from services.seal.merkle_proof import verify_consistency, verify_inclusion
from tests.support.vectors import load_vectors
from tests.unit.seal.tampering import flips, many

SIZE = 65
LEAVES = [leaf_hash(bytes([number])) for number in range(SIZE)]
TREE = Tree(LEAVES)

# The leaves and roots that implementations of RFC 6962 have been checked with since the first one.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _refused(check, *arguments) -> bool:
    try:
        check(*arguments)
    except SealError:
        return True
    return False


def test_published_inclusion_cases():
    cases = load_vectors("rfc6962_merkle_proofs.json")["inclusion"]
    assert len(cases) == 98
    for case in cases:
        path = [b64decode(node) for node in case["proof"] or []]
        leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
        refused = _refused(verify_inclusion, case["leafIdx"], case["treeSize"], leaf, path, root)
        assert refused == case["wantErr"], case["case"]


def test_published_consistency_cases():
    cases = load_vectors("rfc6962_merkle_proofs.json")["consistency"]
    assert len(cases) == 98
    for case in cases:
        path = [b64decode(node) for node in case["proof"] or []]
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        refused = _refused(verify_consistency, case["size1"], case["size2"], *roots, path)
        assert refused == case["wantErr"], case["case"]


def test_the_roots_of_certificate_transparency():
    tree = Tree(leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES)
    assert [tree.root(size).hex() for size in range(9)] == CT_ROOTS
    assert tree.root().hex() == CT_ROOTS[-1]


def test_every_earlier_root_is_the_root_then():
    growing = Tree()
    assert growing.root() == EMPTY_ROOT
    for index, leaf in enumerate(LEAVES):
        assert growing.append(leaf) == index
        assert growing.root() == TREE.root(index + 1) == _plain_root(LEAVES[: index + 1])


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33, 64, 65])
def test_every_inclusion_proof_verifies(size: int):
    for index in range(size):
        verify_inclusion(index, size, LEAVES[index], TREE.inclusion(index, size), TREE.root(size))


@pytest.mark.parametrize("second", [*range(1, 18), 31, 32, 33, 64, 65])
def test_every_consistency_proof_verifies(second: int):
    for first in range(1, second + 1):
        verify_consistency(first, second, TREE.root(first), TREE.root(second), TREE.consistency(first, second))


@many
@given(st.data())
def test_an_altered_inclusion_proof_is_refused(data: st.DataObject):
    size = data.draw(st.integers(2, SIZE))
    index = data.draw(st.integers(0, size - 1))
    path = list(TREE.inclusion(index, size))
    at = data.draw(st.integers(0, len(path) - 1))
    altered = [*path[:at], data.draw(flips(path[at])), *path[at + 1 :]]
    for wrong in (altered, path[:-1], [*path, path[-1]]):
        with pytest.raises(SealError):
            verify_inclusion(index, size, LEAVES[index], wrong, TREE.root(size))
    with pytest.raises(SealError):
        verify_inclusion((index + 1) % size, size, LEAVES[index], path, TREE.root(size))


@many
@given(st.data())
def test_an_altered_consistency_proof_is_refused(data: st.DataObject):
    second = data.draw(st.integers(2, SIZE))
    first = data.draw(st.integers(1, second - 1))
    path = list(TREE.consistency(first, second))
    at = data.draw(st.integers(0, len(path) - 1))
    altered = [*path[:at], data.draw(flips(path[at])), *path[at + 1 :]]
    for wrong in (altered, path[:-1], [*path, path[-1]]):
        with pytest.raises(SealError):
            verify_consistency(first, second, TREE.root(first), TREE.root(second), wrong)


@many
@given(st.data())
def test_a_proof_does_not_fit_other_roots(data: st.DataObject):
    second = data.draw(st.integers(2, SIZE))
    first = data.draw(st.integers(1, second - 1))
    old, new, path = TREE.root(first), TREE.root(second), TREE.consistency(first, second)
    other_old, other_new = data.draw(flips(old)), data.draw(flips(new))
    for wrong in ((other_old, new), (old, other_new), (other_old, other_new)):
        with pytest.raises(SealError):
            verify_consistency(first, second, *wrong, path)


def test_a_rewritten_leaf_is_inconsistent():
    rewritten = Tree([*LEAVES[:3], leaf_hash(b"another"), *LEAVES[4:]])
    with pytest.raises(SealError):
        verify_consistency(8, SIZE, TREE.root(8), rewritten.root(), rewritten.consistency(8, SIZE))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: TREE.append(b"short"),
        lambda: TREE.root(SIZE + 1),
        lambda: TREE.root(-1),
        lambda: TREE.inclusion(5, 5),
        lambda: TREE.inclusion(-1, 5),
        lambda: TREE.inclusion(0, SIZE + 1),
        lambda: TREE.consistency(0, 5),
        lambda: TREE.consistency(6, 5),
    ],
)
def test_questions_without_an_answer_are_refused(ask):
    with pytest.raises(SealError):
        ask()


def test_proofs_stay_short():
    assert len(TREE.inclusion(0, SIZE)) == 7
    assert all(len(TREE.inclusion(index, 64)) == 6 for index in range(64))


def _plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(_plain_root(leaves[:k]), _plain_root(leaves[k:]))


def test_a_truncated_tree_is_the_smaller_one():
    hashes = [leaf_hash(i.to_bytes(4, "big")) for i in range(300)]
    grown = Tree(hashes)
    for size in (299, 256, 200, 128, 1, 0):
        grown.truncate(size)
        assert grown.size == size
        assert grown.root() == Tree(hashes[:size]).root()
    assert [grown.append(hashed) for hashed in hashes[:3]] == [0, 1, 2]
    assert grown.root() == Tree(hashes[:3]).root()
    with pytest.raises(SealError):
        grown.truncate(4)

"""Secret sharing: RFC 9591's shares, any k and never k-1, and dealers who cheat."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import ristretto, threshold
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from tests.support.vectors import load_vectors
from tests.unit.seal.tampering import few

SECRET = threshold.generate_secret()
DEALING = threshold.deal(SECRET, 3, 5)
POINT = ristretto.base_mult(ristretto.scalar(42))
WHOLE = ristretto.mult(SECRET.reveal(), POINT)


def _combine(*indices: int) -> bytes:
    return threshold.combine_points(
        {index: ristretto.mult(DEALING.shares[index - 1].value.reveal(), POINT) for index in indices}
    )


def test_rfc_9591():
    inputs = load_vectors("rfc9591_ristretto255_shares.json")["inputs"]
    coefficients = [SecretBytes(bytes.fromhex(each)) for each in inputs["share_polynomial_coefficients"]]
    secret = SecretBytes(bytes.fromhex(inputs["group_secret_key"]))
    dealing = threshold.deal(secret, 2, 3, coefficients=coefficients)
    assert dealing.public_key.hex() == inputs["group_public_key"]
    for share, expected in zip(dealing.shares, inputs["participant_shares"], strict=True):
        assert (share.index, share.value.reveal().hex()) == (expected["identifier"], expected["participant_share"])


@pytest.mark.parametrize("indices", list(combinations(range(1, 6), 3)))
def test_any_three_of_five_agree(indices: tuple[int, ...]):
    assert _combine(*indices) == WHOLE


@pytest.mark.parametrize("indices", [*combinations(range(1, 6), 2), (1,)])
def test_two_of_three_do_not(indices: tuple[int, ...]):
    assert _combine(*indices) != WHOLE


@few
@given(st.data())
def test_every_threshold_shares_and_recovers(data: st.DataObject):
    n = data.draw(st.integers(1, 7))
    k = data.draw(st.integers(1, n))
    dealing = threshold.deal(SECRET, k, n)
    chosen = data.draw(st.permutations(dealing.shares))[:k]
    points = {share.index: ristretto.mult(share.value.reveal(), POINT) for share in chosen}
    assert threshold.combine_points(points) == WHOLE


def test_public_keys_follow_from_the_commitments():
    assert DEALING.public_key == ristretto.base_mult(SECRET.reveal())
    for share, public_key in zip(DEALING.shares, DEALING.share_public_keys, strict=True):
        assert threshold.share_public_key(DEALING.commitments, share.index) == public_key == share.public_key
        threshold.check_share(share, DEALING.commitments)


def test_a_share_that_does_not_fit_is_refused():
    share = DEALING.shares[0]
    for wrong in (replace(share, index=2), replace(share, value=threshold.generate_secret())):
        with pytest.raises(SealError):
            threshold.check_share(wrong, DEALING.commitments)


def test_commitments_that_do_not_fit_are_refused():
    other = ristretto.base_mult(ristretto.scalar(9))
    for commitments in ((other, *DEALING.commitments[1:]), DEALING.commitments[:2], (), (*DEALING.commitments, other)):
        with pytest.raises(SealError):
            threshold.check_share(DEALING.shares[0], commitments)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 2), (1, 256), (-1, 3)])
def test_impossible_thresholds_are_refused(k: int, n: int):
    with pytest.raises(SealError):
        threshold.deal(SECRET, k, n)


def test_a_share_round_trips_and_hides():
    share = DEALING.shares[2]
    assert threshold.Share.decode(share.encode()) == share
    assert share.value.reveal().hex() not in repr(share)
    assert repr(share.value.reveal()) not in repr(DEALING)


@pytest.mark.parametrize("encoded", [b"", bytes(34), b"\0\1" + b"\xff" * 32, b"\1\0" + ristretto.scalar(1)])
def test_malformed_shares_are_refused(encoded: bytes):
    with pytest.raises(SealError):
        threshold.Share.decode(SecretBytes(encoded))


@pytest.mark.parametrize(("indices", "index"), [([1, 1], 1), ([1, 2], 3), ([0, 1], 1), ([], 1), ([256], 256)])
def test_interpolation_takes_distinct_indices(indices: list[int], index: int):
    with pytest.raises(SealError):
        threshold.lagrange(indices, index)
    with pytest.raises(SealError):
        threshold.combine_points({})

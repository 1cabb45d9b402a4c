"""ristretto255: RFC 9496's and RFC 9497's values, group laws, and every encoding that must be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import ristretto as r
from services.seal.errors import SealError
from tests.support.vectors import load_vectors
from tests.unit.seal.tampering import few, many

# RFC 9496 appendix A.1: the generator and twice the generator; A.2: encodings that are not canonical or no points.
GENERATOR = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
TWICE = "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"
BAD_POINTS = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "",
    GENERATOR[:-2],
    GENERATOR + "00",
]
scalars = st.integers(1, r.ORDER - 1).map(lambda value: value.to_bytes(32, "little"))


def test_small_multiples_of_the_generator():
    assert r.base_mult(r.scalar(1)).hex() == GENERATOR
    assert r.base_mult(r.scalar(2)).hex() == TWICE
    assert r.add(bytes.fromhex(GENERATOR), bytes.fromhex(GENERATOR)).hex() == TWICE


@pytest.mark.parametrize("encoded", BAD_POINTS)
def test_bad_points_are_refused_everywhere(encoded: str):
    point, good = bytes.fromhex(encoded), bytes.fromhex(GENERATOR)
    for use in (
        lambda: r.check_point(point),
        lambda: r.mult(r.scalar(3), point),
        lambda: r.add(point, good),
        lambda: r.add(good, point),
    ):
        with pytest.raises(SealError):
            use()


def test_the_identity_is_refused_on_the_way_in_and_out():
    one = r.base_mult(r.scalar(1))
    minus_one = r.base_mult(r.scalar(-1))
    with pytest.raises(SealError, match="identity"):
        r.check_point(r.IDENTITY)
    with pytest.raises(SealError, match="identity"):
        r.add(one, minus_one)


@pytest.mark.parametrize("value", [0, r.ORDER, r.ORDER + 1, 2**256 - 1])
def test_scalars_are_canonical_and_not_zero(value: int):
    encoded = value.to_bytes(32, "little")
    for use in (r.check_scalar, r.base_mult, r.scalar_invert):
        with pytest.raises(SealError):
            use(encoded)


@few
@given(scalars, scalars)
def test_scalars_and_points_obey_the_group_laws(x: bytes, y: bytes):
    if x != y:
        assert r.scalar_add(r.scalar_sub(x, y), y) == x
    assert r.mult(x, r.base_mult(y)) == r.base_mult(r.scalar_mul(x, y))
    assert r.scalar_mul(x, r.scalar_invert(x)) == r.scalar(1)


@many
@given(st.binary(max_size=70))
def test_any_bytes_are_a_point_or_the_one_error(data: bytes):
    for use in (r.check_point, r.check_scalar, r.scalar_from_uniform, r.point_from_uniform):
        try:
            assert len(use(data)) == r.SIZE
        except SealError:
            continue


def test_random_scalars_differ():
    assert r.random_scalar() != r.random_scalar()


def test_hash_to_point_is_rfc_9497s():
    for suite in load_vectors("rfc9497_ristretto255_oprf_voprf.json"):
        dst = b"HashToGroup-OPRFV1-" + bytes([suite["mode"]]) + b"-ristretto255-SHA512"
        for vector in suite["vectors"]:
            for given_input, blind, blinded in zip(
                vector["Input"].split(","), vector["Blind"].split(","), vector["BlindedElement"].split(","), strict=True
            ):
                point = r.hash_to_point(bytes.fromhex(given_input), dst)
                assert r.mult(bytes.fromhex(blind), point).hex() == blinded
                assert r.mult(r.scalar_invert(bytes.fromhex(blind)), bytes.fromhex(blinded)) == point


@pytest.mark.parametrize("dst", [b"", b"x" * 256])
def test_a_domain_separation_tag_has_a_length(dst: bytes):
    with pytest.raises(SealError):
        r.hash_to_scalar(b"", dst)

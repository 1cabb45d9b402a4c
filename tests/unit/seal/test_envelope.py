"""The envelope: k trustees open it, fewer do not, and nothing that was altered opens or proves."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import envelope, ristretto, threshold
from services.seal.envelope import Escrow
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import Context
from tests.unit.seal.tampering import few, flips

DEALING = threshold.deal(threshold.generate_secret(), 3, 5)
ESCROW = Escrow(b"e" * 16, b"s" * 64)
AAD = envelope.associated_data(Context("employee of Example", 1), b"c" * 32)
SEALED = envelope.seal(DEALING.public_key, ESCROW.encode(), AAD)
PARTIALS = [envelope.partial_decrypt(share, SEALED) for share in DEALING.shares]


def _open(partials, sealed: bytes = SEALED, aad: bytes = AAD, k: int = 3) -> Escrow:
    return Escrow.decode(envelope.combine(DEALING.public_key, k, partials, sealed, aad))


@pytest.mark.parametrize("chosen", list(combinations(range(5), 3)))
def test_any_three_of_five_open(chosen: tuple[int, ...]):
    assert _open([PARTIALS[at] for at in chosen]) == ESCROW


def test_more_than_three_open_as_well_in_any_order():
    assert _open(reversed(PARTIALS)) == ESCROW


@pytest.mark.parametrize("chosen", list(combinations(range(5), 2)))
def test_two_do_not_open_even_when_asked_as_if_enough(chosen: tuple[int, ...]):
    partials = [PARTIALS[at] for at in chosen]
    with pytest.raises(SealError, match="fewer"):
        _open(partials)
    with pytest.raises(SealError, match="does not open"):
        _open(partials, k=2)


def test_one_trustee_does_not_count_twice():
    with pytest.raises(SealError, match="two partial"):
        _open([PARTIALS[0], PARTIALS[1], PARTIALS[1]])


def test_every_partial_verifies_under_its_own_key_only():
    for partial in PARTIALS:
        for index, public_key in enumerate(DEALING.share_public_keys, start=1):
            if index == partial.index:
                envelope.verify_partial(public_key, SEALED, partial)
            else:
                with pytest.raises(SealError):
                    envelope.verify_partial(public_key, SEALED, partial)


def test_a_forged_partial_neither_verifies_nor_opens():
    forged = replace(PARTIALS[0], point=ristretto.base_mult(ristretto.scalar(3)))
    with pytest.raises(SealError):
        envelope.verify_partial(DEALING.share_public_keys[0], SEALED, forged)
    with pytest.raises(SealError):
        _open([forged, PARTIALS[1], PARTIALS[2]])


def test_a_partial_for_another_envelope_does_not_verify():
    other = envelope.seal(DEALING.public_key, ESCROW.encode(), AAD)
    with pytest.raises(SealError):
        envelope.verify_partial(DEALING.share_public_keys[0], other, PARTIALS[0])


@few
@given(st.data())
def test_a_flipped_partial_is_refused(data: st.DataObject):
    field = data.draw(st.sampled_from(["point", "proof"]))
    forged = replace(PARTIALS[0], **{field: data.draw(flips(getattr(PARTIALS[0], field)))})
    with pytest.raises(SealError):
        envelope.verify_partial(DEALING.share_public_keys[0], SEALED, forged)


@few
@given(flips(SEALED))
def test_a_flipped_envelope_does_not_open(sealed: bytes):
    with pytest.raises(SealError):
        _open([envelope.partial_decrypt(share, sealed) for share in DEALING.shares[:3]], sealed)


@few
@given(flips(AAD))
def test_another_alias_or_context_does_not_open(aad: bytes):
    with pytest.raises(SealError):
        _open(PARTIALS, aad=aad)


def test_another_opening_key_does_not_open():
    with pytest.raises(SealError):
        envelope.combine(DEALING.share_public_keys[0], 3, PARTIALS, SEALED, AAD)


@pytest.mark.parametrize("sealed", [b"", SEALED[:-1], SEALED + b"\0", bytes(128), b"\xff" * 32 + SEALED[32:]])
def test_malformed_envelopes_are_refused_before_any_share_is_used(sealed: bytes):
    for use in (
        envelope.check_envelope,
        lambda each: envelope.partial_decrypt(DEALING.shares[0], each),
        lambda each: envelope.verify_partial(DEALING.share_public_keys[0], each, PARTIALS[0]),
        lambda each: _open(PARTIALS, each),
    ):
        with pytest.raises(SealError):
            use(sealed)


def test_given_randomness_makes_the_same_envelope_and_no_other():
    ephemeral = SecretBytes(ristretto.scalar(9))
    seals = [envelope.seal(DEALING.public_key, ESCROW.encode(), AAD, ephemeral=ephemeral) for _ in range(2)]
    assert seals[0] == seals[1] != SEALED
    assert len(SEALED) == envelope.ENVELOPE_SIZE == 128


@pytest.mark.parametrize("public_key", [b"", bytes(32), b"\xff" * 32])
def test_an_invalid_opening_key_is_refused(public_key: bytes):
    with pytest.raises(SealError):
        envelope.seal(public_key, ESCROW.encode(), AAD)


@pytest.mark.parametrize("escrow", [Escrow(b"e" * 15, b"s" * 64), Escrow(b"e" * 16, b"s" * 65)])
def test_a_malformed_escrow_is_refused(escrow: Escrow):
    with pytest.raises(SealError):
        escrow.encode()
    with pytest.raises(SealError):
        envelope.seal(DEALING.public_key, b"short", AAD)
    with pytest.raises(SealError):
        envelope.associated_data(Context("x", 1), b"short")

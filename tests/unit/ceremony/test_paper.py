"""A share on sheets of paper: SLIP-39's published examples, every choice of sheets, and what is refused."""

import itertools
import random

import pytest
import shamir_mnemonic
from hypothesis import given
from hypothesis import strategies as st

from services.ceremony import paper
from services.ceremony.errors import CeremonyError
from services.seal import ristretto
from services.seal.secret import SecretBytes
from services.seal.threshold import Share
from tests.unit.seal.tampering import few

SHARE = Share(2, SecretBytes(ristretto.random_scalar()))
SHEETS = paper.to_sheets(SHARE, 2, 3)

# Vectors 1 and 4 of SLIP-0039, passphrase TREZOR.
PUBLISHED = [
    (
        "bb54aac4b89dc868ba37d9cc21b2cece",
        [
            "duckling enlarge academic academic agency result length solution fridge kidney coal piece deal husband "
            "erode duke ajar critical decision keyboard"
        ],
    ),
    (
        "b43ceb7e57a0ea8766221624d01b0864",
        [
            "shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang wrist rescue view "
            "short owner flip making coding armed",
            "shadow pistol academic acid actress prayer class unknown daughter sweater depict flip twice unkind craft "
            "early superior advocate guest smoking",
        ],
    ),
]


@pytest.mark.parametrize(("secret", "sheets"), PUBLISHED, ids=["one sheet", "two of three"])
def test_the_library_reads_the_published_examples(secret: str, sheets: list[str]) -> None:
    assert shamir_mnemonic.combine_mnemonics(sheets, b"TREZOR").hex() == secret


@few
@given(st.integers(1, 255), st.integers(2, 5), st.integers(0, 3), st.randoms())
def test_any_k_sheets_give_the_share_back(index: int, k: int, more: int, draw: random.Random) -> None:
    share = Share(index, SecretBytes(ristretto.random_scalar()))
    sheets = paper.to_sheets(share, k, k + more)
    assert paper.from_sheets(draw.sample(sheets, k)) == share
    with pytest.raises(CeremonyError):
        paper.from_sheets(draw.sample(sheets, k - 1))


def test_more_sheets_than_needed_and_one_twice_do_no_harm() -> None:
    assert paper.from_sheets(SHEETS) == SHARE
    assert paper.from_sheets([SHEETS[0], SHEETS[2], SHEETS[0]]) == SHARE


def test_space_and_capitals_do_not_matter() -> None:
    assert paper.from_sheets([f"  {SHEETS[0].upper()}\n", SHEETS[1].replace(" ", "\n")]) == SHARE


def test_a_misspelt_or_swapped_word_is_found() -> None:
    words = SHEETS[0].split()
    for wrong in (["abacus", *words[1:]], [*words[:-1], "academic"], [words[1], words[0], *words[2:]], words[:-1]):
        with pytest.raises(CeremonyError):
            paper.from_sheets([" ".join(wrong), SHEETS[1]])


def test_sheets_of_two_backups_do_not_mix() -> None:
    other = paper.to_sheets(SHARE, 2, 3)
    for mine, theirs in itertools.product(SHEETS, other):
        with pytest.raises(CeremonyError):
            paper.from_sheets([mine, theirs])


def test_no_sheets_are_no_share() -> None:
    for nothing in ([], [""], ["\n"], ["no such words at all"]):
        with pytest.raises(CeremonyError):
            paper.from_sheets(nothing)


def test_what_is_no_share_is_refused() -> None:
    [[*sheets]] = shamir_mnemonic.generate_mnemonics(1, [(2, 2)], bytes(34))
    with pytest.raises(CeremonyError, match="do not give a share"):
        paper.from_sheets(sheets)


@pytest.mark.parametrize("text", ["1of1", "1of3", "3of2", "2of17", "2 of 3", "", "0of0", "-2of3", "２of３"])
def test_a_number_of_sheets_that_makes_no_sense(text: str) -> None:
    with pytest.raises(CeremonyError, match="2of3"):
        paper.groups(text)
    assert paper.groups("2of3") == (2, 3)

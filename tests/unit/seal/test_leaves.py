"""One fact has one leaf: to text and back, and nothing else parses."""

import contextlib
import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.seal.errors import SealError
from services.seal.leaf_lines import MAX_TEXT
from services.seal.leaves import (
    NO_PARENT,
    ApprovalWithdrawnLeaf,
    CaseAskedLeaf,
    CaseDeclinedLeaf,
    CaseEndedLeaf,
    CeremonyLeaf,
    EndorsementLeaf,
    GagExtendedLeaf,
    HoldLeaf,
    IssuerKeyLeaf,
    LabelActivatedLeaf,
    LabelDefinedLeaf,
    LabelRevokedLeaf,
    LockDownLeaf,
    OfficerAddedLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
    OpenIntentLeaf,
    OpenResultLeaf,
    OwnershipLeaf,
    PolicySetLeaf,
    PostRootLeaf,
    SubjectNoticeLeaf,
    UnlockLeaf,
    case_reference,
    kind_of,
)
from services.seal.statements import NO_WAIVER, CaseStatement
from services.seal.subject import subject_mark, subject_tag

HASHES = st.binary(min_size=32, max_size=32)
SIGNATURES = st.binary(min_size=64, max_size=64)
TIMES = st.integers(0, 2**64 - 1)
LABELS = st.text(string.ascii_lowercase + "-" + "海港 ", min_size=1, max_size=20)
LEAVES = st.one_of(
    st.builds(CeremonyLeaf, HASHES, HASHES, HASHES),
    st.builds(IssuerKeyLeaf, LABELS, st.integers(0, 2**40), HASHES),
    st.builds(LabelDefinedLeaf, LABELS, st.integers(0, 2**40), LABELS, LABELS),
    st.builds(LabelActivatedLeaf, LABELS, st.integers(0, 2**40), st.integers(0, 10**6)),
    st.builds(LabelRevokedLeaf, LABELS, st.integers(0, 2**40), LABELS),
    st.builds(OwnershipLeaf, HASHES),
    st.builds(PostRootLeaf, st.dates().map(str), st.integers(1, 2**30), HASHES),
    st.builds(CaseAskedLeaf, HASHES, LABELS, LABELS, TIMES, TIMES),
    st.builds(CaseDeclinedLeaf, HASHES, LABELS, LABELS, LABELS, TIMES),
    st.builds(OpenIntentLeaf, HASHES, HASHES, HASHES, TIMES, TIMES, st.integers(0, 1)),
    st.builds(SubjectNoticeLeaf, HASHES, HASHES, HASHES),
    st.builds(GagExtendedLeaf, HASHES, TIMES, HASHES),
    st.builds(OpenResultLeaf, HASHES, st.sampled_from(["opened", "refused", "expired"]), TIMES),
    st.builds(CaseEndedLeaf, HASHES, st.sampled_from(["expired", "withdrawn"]), TIMES),
    st.builds(HoldLeaf, HASHES, TIMES),
    st.builds(ApprovalWithdrawnLeaf, HASHES, LABELS, SIGNATURES),
    st.builds(OpeningVetoedLeaf, HASHES, LABELS, SIGNATURES),
    st.builds(LockDownLeaf, TIMES, LABELS, SIGNATURES),
    st.builds(UnlockLeaf, TIMES),
    st.builds(OfficerAddedLeaf, TIMES, LABELS, LABELS, LABELS, HASHES),
    st.builds(OfficerRemovedLeaf, TIMES, LABELS),
    st.builds(PolicySetLeaf, *[TIMES] * 7),
    st.builds(EndorsementLeaf, HASHES, LABELS, SIGNATURES),
)


@given(LEAVES)
@settings(max_examples=100)
def test_round_trip(leaf: IssuerKeyLeaf) -> None:
    data = leaf.to_bytes()
    assert type(leaf).parse(data) == leaf
    assert kind_of(data) == leaf.KIND


@given(LEAVES, st.data())
@settings(max_examples=100)
def test_an_altered_byte_is_another_leaf_or_none(leaf: IssuerKeyLeaf, data: st.DataObject) -> None:
    whole = leaf.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with contextlib.suppress(SealError):
        assert type(leaf).parse(broken) != leaf


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_parsers_raise_only_their_error(data: bytes) -> None:
    for kind in (CeremonyLeaf, IssuerKeyLeaf, OwnershipLeaf):
        with pytest.raises(SealError):
            kind.parse(data)


@pytest.mark.parametrize("number", ["07", "+7", " 7", "7_0", "٧", "-7"])
def test_a_number_has_one_spelling(number: str) -> None:
    leaf = LabelActivatedLeaf("acme", 7, 20).to_bytes().replace(b"epoch 7", f"epoch {number}".encode())
    with pytest.raises(SealError):
        LabelActivatedLeaf.parse(leaf)


@pytest.mark.parametrize("number", [-1, 2**64, True])
def test_a_number_is_one_that_canonical_bytes_can_hold(number: int) -> None:
    with pytest.raises(SealError):
        UnlockLeaf(number)


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_a_signature_has_its_size(size: int) -> None:
    with pytest.raises(SealError):
        LockDownLeaf(1, "ann", bytes(size))


def test_an_intents_leaf_says_what_its_case_says() -> None:
    statement = CaseStatement("case-1", b"c" * 32, b"b" * 32, "order", b"p" * 32, 1, 9, 5, 7, b"w" * 32)
    told = {"salt": b"s" * 32, "case": b"c" * 32, "subject": b"t" * 32}
    leaf = OpenIntentLeaf.of(statement, **told)
    assert (leaf.case, leaf.subject, leaf.delay, leaf.gag_until, leaf.waived) == (b"c" * 32, b"t" * 32, 5, 7, 1)
    assert OpenIntentLeaf.of(replace(statement, waiver_hash=NO_WAIVER), **told).waived == 0
    others = [replace(statement, case_id="case-2"), replace(statement, delay_seconds=6)]
    assert len({leaf.commitment, *(OpenIntentLeaf.of(each, **told).commitment for each in others)}) == 3
    assert OpenIntentLeaf.of(statement, **(told | {"salt": b"u" * 32})).commitment != leaf.commitment


@pytest.mark.parametrize("size", [0, 31, 33])
def test_what_hides_a_case_or_a_subject_has_32_bytes(size: int) -> None:
    for hidden in (case_reference, subject_mark, subject_tag):
        with pytest.raises(SealError):
            hidden(bytes(size), "x")  # type: ignore[operator]


def test_text_cannot_smuggle_a_line() -> None:
    with pytest.raises(SealError):
        IssuerKeyLeaf("acme\nepoch 9", 7, b"k" * 32)


def test_a_label_is_defined_by_its_words_and_the_wider_label_or_none() -> None:
    leaf = LabelDefinedLeaf.of("acme", 7, "Employee of Acme 公司", "gaming")
    lines = [
        "vouchsafe/v1/leaf/label-defined",
        "label acme",
        "epoch 7",
        "label-name Employee of Acme 公司",
        "parent gaming",
    ]
    assert leaf.to_bytes().decode() == "".join(f"{line}\n" for line in lines)
    assert LabelDefinedLeaf.of("arts", 7, "Employee", "").parent == NO_PARENT
    with pytest.raises(SealError):  # it could be taken for the widest
        LabelDefinedLeaf.of("acme", 7, "Employee", NO_PARENT)


@pytest.mark.parametrize("words", ["", "two\nlines", "tab\t", "right\u202eto left", "line\u2028end", "\ud800"])
def test_words_that_do_not_show_as_they_are_stand_in_no_leaf(words: str) -> None:
    with pytest.raises(SealError):
        LabelDefinedLeaf("acme", 7, words, NO_PARENT)


def test_a_text_has_a_longest_length_in_bytes() -> None:
    longest = "海" * (MAX_TEXT // 3)
    leaf = LabelDefinedLeaf("acme", 7, longest, NO_PARENT)
    assert LabelDefinedLeaf.parse(leaf.to_bytes()) == leaf
    with pytest.raises(SealError):
        LabelDefinedLeaf("acme", 7, longest + "海", NO_PARENT)
    with pytest.raises(SealError):
        LabelDefinedLeaf.parse(leaf.to_bytes().replace("海".encode(), "海海".encode(), 1))

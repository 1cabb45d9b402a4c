"""Commitments to texts: what is cut where, what salts hide, and what a day's tree tells."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.commitment import TextId, passage_hash, salts_of, statement_commitment, verify_passage
from services.seal.errors import SealError
from services.seal.leaves import OwnershipLeaf
from services.seal.merkle import leaf_hash
from services.seal.passages import MOST_PASSAGES, passages
from services.seal.post_root import SMALLEST, DayPlace, DayTree, check_one_root_a_day, verify_place
from services.seal.secret import SecretBytes
from services.seal.statements import PostStatement
from tests.unit.seal.exhibits import BODY, POST, SECRET, THREAD, TITLE, commitment_of
from tests.unit.seal.tampering import many

TEXTS = st.text(string.ascii_letters + " \n\t.!?…。！”)海é́", max_size=60)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three", ("One.", "Two!", "Three")),
        ("It costs 3.5 hours. Yes.", ("It costs 3.5 hours.", "Yes.")),
        ("He said “No.” Then he left.", ("He said “No.”", "Then he left.")),
        ("没人说。真的！“好。”然后", ("没人说。", "真的！", "“好。”", "然后")),
        ("Wait... what?!", ("Wait...", "what?!")),
        ("a\n\n b\t c \n", ("a", "b c")),
        ("...", ("...",)),
        ("", ()),
        (" \n\t", ()),
    ],
)
def test_where_a_text_is_cut(text: str, cut: tuple[str, ...]) -> None:
    assert passages(text) == cut


def test_the_title_is_a_line_of_its_own() -> None:
    assert passages("Body. More.", "No full stop") == ("No full stop", "Body.", "More.")


def test_how_an_accent_was_typed_makes_no_difference() -> None:
    assert passages("Cafe\u0301.") == passages("Caf\u00e9.")


def test_the_last_passage_holds_the_rest() -> None:
    cut = passages("x。" * 3 * MOST_PASSAGES)
    assert len(cut) == MOST_PASSAGES
    assert cut[-1].count("x。") == 2 * MOST_PASSAGES + 1


@many
@given(TEXTS)
def test_cutting_what_was_cut_changes_nothing(text: str) -> None:
    cut = passages(text)
    assert passages("\n".join(cut)) == cut
    assert "".join("".join(cut).split()) == "".join("".join(passages(text.replace("\n", "\n\n"))).split())


@many
@given(TEXTS, TEXTS)
def test_whole_lines_are_found_in_what_holds_them(before: str, quoted: str) -> None:
    whole, part = passages(f"{before}\n{quoted}"), passages(quoted)
    assert whole[len(whole) - len(part) :] == part


def test_every_text_has_salts_of_its_own() -> None:
    texts = [TextId("t", "p"), TextId("t", "p", "c"), TextId("t", "pc"), TextId("tp", "")]
    salts = [salts_of(SECRET, text, 3) for text in texts]
    seen = {salt for each in salts for salt in (each.statement, *each.passages)}
    assert len(seen) == 4 * len(texts)
    assert salts_of(SECRET, texts[0], 1).passages == salts[0].passages[:1]
    assert salts_of(SecretBytes(b"x" * 32), texts[0], 3) != salts[0]
    assert len(salts_of(SECRET, texts[0], MOST_PASSAGES).passages) == MOST_PASSAGES


def test_equal_passages_do_not_look_equal() -> None:
    _, hashed, _, _ = commitment_of(PostStatement(THREAD, POST, "", "Yes. Yes. Yes."))
    assert len(set(hashed)) == 3


def test_a_salt_of_the_wrong_size_is_refused() -> None:
    for salt in (b"", b"s" * 31, b"s" * 33):
        with pytest.raises(SealError):
            passage_hash(salt, "x")
        with pytest.raises(SealError):
            statement_commitment(salt, bytes(32))


def test_a_text_without_passages_has_a_commitment_and_none_to_show() -> None:
    commitment, _, _, salt = commitment_of(PostStatement(THREAD, POST, "", " \n"))
    assert commitment.passage_count == 0
    with pytest.raises(SealError):
        verify_passage(commitment, 0, salt, "", ())


@pytest.mark.parametrize("texts", [0, 1, SMALLEST - 1, SMALLEST, SMALLEST + 1, 3 * SMALLEST])
def test_a_days_tree_tells_no_more_than_a_bucket(texts: int) -> None:
    commitments = [b"text %d" % number for number in range(texts)]
    tree = DayTree(SECRET, "2030-01-02", commitments)
    leaf = tree.leaf()
    assert leaf.size in (SMALLEST, 2 * SMALLEST, 4 * SMALLEST)
    assert leaf.size < 2 * max(texts, SMALLEST)
    assert DayTree(SECRET, "2030-01-02", reversed(commitments)).leaf() == leaf
    for commitment in commitments:
        verify_place(tree.place(commitment), commitment, leaf)
    with pytest.raises(SealError):
        tree.place(b"another text")


def test_the_order_of_a_days_leaves_is_that_of_their_hashes() -> None:
    commitments = [b"text %d" % number for number in range(40)]
    tree = DayTree(SECRET, "2030-01-02", commitments)
    by_place = sorted(commitments, key=lambda each: tree.place(each).index)
    assert by_place == sorted(commitments, key=leaf_hash)
    assert by_place != commitments


def test_fillers_are_of_their_day_and_secret() -> None:
    roots = {
        DayTree(SECRET, "2030-01-02", []).leaf().root,
        DayTree(SECRET, "2030-01-03", []).leaf().root,
        DayTree(SecretBytes(b"x" * 32), "2030-01-02", []).leaf().root,
    }
    assert len(roots) == 3


def test_a_place_is_in_one_days_tree() -> None:
    commitment, _, _, _ = commitment_of(PostStatement(THREAD, POST, TITLE, BODY))
    data = commitment.to_bytes()
    tree, other = DayTree(SECRET, "2030-01-02", [data]), DayTree(SECRET, "2030-01-03", [data])
    with pytest.raises(SealError):
        verify_place(tree.place(data), data, other.leaf())
    place = tree.place(data)
    with pytest.raises(SealError):
        verify_place(DayPlace("2030-01-03", place.size, place.index, place.path), data, other.leaf())


def test_a_log_with_two_roots_of_one_day_is_refused() -> None:
    monday, tuesday = (DayTree(SECRET, day, [b"text"]).leaf().to_bytes() for day in ("2030-01-01", "2030-01-02"))
    other = DayTree(SECRET, "2030-01-01", []).leaf().to_bytes()
    check_one_root_a_day([OwnershipLeaf(b"c" * 32).to_bytes(), monday, tuesday])
    for leaves in ([monday, tuesday, other], [monday, monday], [monday[:-3] + b"zz\n"]):
        with pytest.raises(SealError):
            check_one_root_a_day(leaves)

"""Provenance and quotations: they prove what they say, and nothing that was changed anywhere proves anything."""

from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.canonical import to_base64
from services.seal.checkpoint import LogPolicy
from services.seal.errors import SealError
from services.seal.provenance import Provenance, verify_provenance
from services.seal.quotation import Quotation, verify_quotation
from tests.unit.seal.exhibits import DAY, SEEN, World, made
from tests.unit.seal.tampering import few, flips, many

PROVENANCE_FIELDS = [field.name for field in fields(Provenance) if not field.name.startswith("revo")]
QUOTATION_FIELDS = [field.name for field in fields(Quotation) if field.name != "comment"]


@cache
def world() -> World:
    return made()


@cache
def other() -> World:
    """Another alias, post and log; the day's secret is the same."""
    return made("Another", "Altogether different. And of two sentences.")


def policy() -> LogPolicy:
    return world().log.policy


def test_a_provenance_verifies_after_its_way_through_a_file() -> None:
    read = Provenance.parse(world().provenance.to_bytes())
    assert read == world().provenance
    verdict = verify_provenance(read, policy())
    assert (verdict.definition.index, verdict.issuer_key.index, verdict.activation.index) == (5, 6, 7)
    assert verdict.log_size == 9
    assert verdict.revocation is None
    assert verdict.day is not None
    assert (verdict.day.index, verdict.day.seen_unix) == (8, SEEN + 1)


def test_before_the_day_is_over_it_proves_the_author_all_the_same() -> None:
    early = Provenance.parse(world().before_the_day_was_over.to_bytes())
    assert verify_provenance(early, policy()).day is None
    assert DAY.encode() not in early.to_bytes()
    with pytest.raises(SealError, match="not complete"):
        verify_provenance(replace(early, passage_salts=world().provenance.passage_salts), policy())


@pytest.mark.parametrize("name", PROVENANCE_FIELDS)
def test_no_field_of_a_provenance_can_be_another_ones(name: str) -> None:
    mine, foreign = world().provenance, getattr(other().provenance, name)
    if foreign == getattr(mine, name):
        foreign = _changed(foreign)
    with pytest.raises(SealError):
        verify_provenance(replace(mine, **{name: foreign}), policy())


@pytest.mark.parametrize("name", PROVENANCE_FIELDS)
def test_no_field_of_a_provenance_can_be_left_out(name: str) -> None:
    lines = world().provenance.to_bytes().decode().splitlines(keepends=True)
    key = name.replace("_", "-")
    kept = [line for line in lines if line.rstrip("\n").partition(" ")[0] != key]
    assert len(kept) < len(lines)
    with pytest.raises(SealError):
        verify_provenance(Provenance.parse("".join(kept).encode()), policy())


@many
@given(st.data())
def test_no_byte_of_a_provenance_can_be_changed(data: st.DataObject) -> None:
    broken = data.draw(flips(world().provenance.to_bytes()))
    with pytest.raises(SealError):
        verify_provenance(Provenance.parse(broken), policy())


def test_a_revocation_is_shown_with_its_proof() -> None:
    world_of_its_own = made()
    revoked = Provenance.parse(world_of_its_own.revoked.to_bytes())
    verdict = verify_provenance(revoked, world_of_its_own.log.policy)
    assert verdict.revocation is not None
    assert (verdict.revocation.index, verdict.log_size) == (9, 10)
    for broken in (
        replace(revoked, revoked="superseded"),
        replace(revoked, revoked=""),
        replace(revoked, revocation_proof=""),
        replace(revoked, revocation_proof=revoked.activation_proof),
    ):
        with pytest.raises(SealError):
            verify_provenance(broken, world_of_its_own.log.policy)


def test_what_a_dishonest_forum_has_the_author_say_is_in_no_provenance() -> None:
    """What was signed is committed to, beside a sentence that was not: a quotation cannot tell, this file does."""
    forged = made("", "I saw nothing.", cut=("I took the money.",))
    assert verify_quotation(forged.quotation, forged.log.policy)
    assert forged.quotation.passages == ("I took the money.",)
    with pytest.raises(SealError, match="other passages"):
        verify_provenance(forged.provenance, forged.log.policy)
    honest = made("", "I saw nothing.")
    of_the_text = replace(forged.provenance, passages_root=honest.provenance.passages_root)
    with pytest.raises(SealError, match="root"):
        verify_provenance(of_the_text, forged.log.policy)


@pytest.mark.parametrize("cut", [(), ("I saw nothing.", "I took the money."), ("I saw", "nothing.")])
def test_passages_beyond_the_text_are_in_no_provenance(cut: tuple[str, ...]) -> None:
    """Neither may one be added, nor left out, nor cut elsewhere."""
    forged = made("", "I saw nothing.", cut=cut or ("I saw nothing.",))
    short = forged.provenance if cut else replace(forged.provenance, passage_salts=())
    with pytest.raises(SealError):
        verify_provenance(short, forged.log.policy)


def test_a_quotation_and_the_provenance_of_its_post_name_one_place() -> None:
    """As docs/provenance.md has them compared: by the day's root and the index in it."""
    provenance, quotation = world().provenance, world().quotation
    assert (provenance.day_root, provenance.day_index) == (quotation.day_root, quotation.day_index)


@pytest.mark.parametrize("name", QUOTATION_FIELDS)
def test_no_field_of_a_quotation_can_be_another_ones(name: str) -> None:
    mine, foreign = world().quotation, getattr(other().quotation, name)
    if foreign == getattr(mine, name):
        foreign = _changed(foreign)
    with pytest.raises(SealError):
        verify_quotation(replace(mine, **{name: foreign}), policy())


@many
@given(st.data())
def test_no_byte_of_a_quotation_can_be_changed(data: st.DataObject) -> None:
    broken = data.draw(flips(world().quotation.to_bytes()))
    with pytest.raises(SealError):
        verify_quotation(Quotation.parse(broken), policy())


def test_a_quotation_shows_its_passages_and_nothing_else_of_the_text() -> None:
    quotation = world().quotation
    assert verify_quotation(Quotation.parse(quotation.to_bytes()), policy()).index == 8
    assert quotation.passages == ("Who sets the rota?", "Nobody says.")
    shown = quotation.to_bytes()
    assert "没人说".encode() not in shown
    provenance = world().provenance
    for hidden in (provenance.statement_salt, provenance.alias_key, provenance.statement.hash()):
        assert to_base64(hidden).encode() not in shown


def test_a_post_cannot_be_quoted_as_a_comment() -> None:
    with pytest.raises(SealError):
        verify_quotation(replace(world().quotation, comment="c"), policy())


def test_passages_are_quoted_in_their_order() -> None:
    q = world().quotation
    turned = replace(q, passages=q.passages[::-1], salts=q.salts[::-1], paths=q.paths[::-1])
    with pytest.raises(SealError):
        verify_quotation(turned, policy())


def test_another_log_is_not_believed() -> None:
    with pytest.raises(SealError):
        verify_provenance(world().provenance, other().log.policy)
    with pytest.raises(SealError):
        verify_quotation(world().quotation, other().log.policy)


def test_a_signature_of_nobody_known_has_no_place_in_a_proof() -> None:
    stranger = other().provenance.issuer_key_proof.splitlines(keepends=True)[-1].replace("witness-2", "witness-9")
    for name in ("definition_proof", "issuer_key_proof", "activation_proof", "day_proof"):
        padded = replace(world().provenance, **{name: getattr(world().provenance, name) + stranger})
        with pytest.raises(SealError, match="known witnesses"):
            verify_provenance(padded, policy())


def test_nothing_that_is_not_authenticated_fits_into_a_proof() -> None:
    proof = world().provenance.issuer_key_proof.replace("\nindex ", "\nextra aGk=\nindex ", 1)
    with pytest.raises(SealError, match="extra"):
        verify_provenance(replace(world().provenance, issuer_key_proof=proof), policy())


@few
@given(st.text("ab \n\t.!海。", min_size=1, max_size=40), st.text("ab 海", max_size=10))
def test_any_text_goes_through_a_file(body: str, title: str) -> None:
    whole = replace(world().provenance, body=body, title=title)
    assert Provenance.parse(whole.to_bytes()) == whole


@given(st.binary(max_size=200))
def test_parsers_raise_only_their_error(data: bytes) -> None:
    for kind in (Provenance, Quotation):
        for whole in (data, f"vouchsafe/v1/exhibit/{kind.KIND}\n".encode() + data):
            with pytest.raises(SealError):
                kind.parse(whole)


def _changed(value: Any) -> Any:
    """Something else of the same kind."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return (_changed(value[0]), *value[1:]) if isinstance(value, tuple) else value + "x"

"""docs/protocol.md against the code: nothing is missing from it, and its worked example is what the code makes."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from services import seal
from services.disclosure.domain.errors import Reason as DisclosureReason
from services.forum.domain.errors import Reason as ForumReason
from services.identity.domain.errors import Reason as IdentityReason
from services.seal.canonical import sha256
from services.seal.exhibit import Exhibit
from services.seal.leaves import Leaf
from services.seal.statements import Context, CredentialMessage, Size, Statement
from services.trustee.servicer import Reason as TrusteeReason
from services.verification.domain.errors import Reason as VerificationReason
from services.witness.decision import Reason as WitnessReason
from tests.unit.seal.protocol_document import RENEW, declared, encoded, inputs, page, renewed, rows, shown
from tests.unit.seal.protocol_outputs import outputs
from tests.unit.seal.protocol_story import Story

ROOT = Path(__file__).parents[3]
STATEMENTS = "| tag | fields, in order | signed by |"
TAGS = "| tag | fields | as |"
KINDS = "| kind | fields, in order |"
REASONS = (DisclosureReason, ForumReason, IdentityReason, TrusteeReason, VerificationReason, WitnessReason)

for module in pkgutil.iter_modules(seal.__path__):
    importlib.import_module(f"services.seal.{module.name}")

B = TypeVar("B", Statement, Leaf, Exhibit)


def kinds_of(base: type[B]) -> list[type[B]]:
    """All that the seal package derives from a base."""
    return [kind for kind in base.__subclasses__() if kind.__module__.startswith("services.seal.")]


@cache
def story() -> Story:
    return Story(inputs(page()))


@cache
def worked_out() -> dict[str, str]:
    return outputs(inputs(page()))


def statement_rows() -> dict[str, list[tuple[str, str]]]:
    return {cells[0].strip("`"): declared(cells[1]) for cells in rows(page(), STATEMENTS)}


def test_the_page_shows_every_output_and_no_other() -> None:
    assert shown(page()).keys() == worked_out().keys(), f"name it in an outputs block, then: {RENEW}"


@pytest.mark.parametrize("name", sorted(shown(page())))
def test_an_output_is_what_the_code_makes_of_the_inputs(name: str) -> None:
    assert shown(page())[name] == worked_out()[name], f"if the protocol was meant to change: {RENEW}"


def test_renewing_mends_a_wrong_output_and_changes_nothing_else() -> None:
    right = shown(page())["terms.digest"]
    wrong = page().replace(f"terms.digest = {right}", f"terms.digest = {'0' * 64}")
    assert wrong != page()
    assert renewed(wrong) == page()


@pytest.mark.parametrize("kind", kinds_of(Statement), ids=lambda kind: kind.__name__)
def test_a_statement_is_told_with_its_fields(kind: type[Statement]) -> None:
    schema = [(name, _told(plain, size)) for name, (plain, size) in kind.SCHEMA.items()]
    assert statement_rows()[kind.TAG] == schema


@pytest.mark.parametrize("kind", kinds_of(Statement), ids=lambda kind: kind.__name__)
def test_a_statement_encoded_by_the_words_of_the_page_is_ours(kind: type[Statement]) -> None:
    told = statement_rows()[kind.TAG]
    values = [_embedded(story().fields[name]) for name, _ in told]
    plain = [encoding for _, encoding in told]
    if kind is CredentialMessage:
        prefix = values[0]
        assert isinstance(prefix, bytes)
        by_the_page = prefix + encoded(kind.TAG, plain[1:], values[1:])
    else:
        by_the_page = encoded(kind.TAG, plain, values)
    assert by_the_page == story().statement(kind).signed_bytes()
    if f"{kind.TAG}.sha256" in shown(page()):
        assert shown(page())[f"{kind.TAG}.sha256"] == sha256(by_the_page).hex()


@pytest.mark.parametrize("kind", kinds_of(Leaf), ids=lambda kind: kind.__name__)
def test_a_leaf_is_told_with_its_lines(kind: type[Leaf]) -> None:
    told: dict[object, str] = {bytes: "hex", int: "decimal", str: "text"}
    lines = [(field.name.replace("_", "-"), told[field.type]) for field in fields(kind)]
    assert _of_kind(f"{KINDS} put there when |", kind.KIND) == lines
    assert f"leaf.{kind.KIND}" in shown(page())


@pytest.mark.parametrize("kind", kinds_of(Exhibit), ids=lambda kind: kind.__name__)
def test_an_exhibit_is_told_with_its_lines(kind: type[Exhibit]) -> None:
    told: dict[object, str] = {bytes: "bytes", int: "integer", int | None: "integer", str: "text"}
    lines = [(field.name.replace("_", "-"), told.get(field.type, "list")) for field in fields(kind)]
    assert _of_kind(f"{KINDS}\n", kind.KIND) == lines


def test_every_domain_tag_is_told_and_no_other() -> None:
    first, second = (rows(page()[start.start() :], TAGS) for start in re.finditer(re.escape(TAGS), page()))
    told = {tag for cells in first + second for tag in re.findall(r"`([a-z0-9-]+)`", cells[0])}
    assert told | statement_rows().keys() == set(_tags())
    assert not told & statement_rows().keys()


def test_a_tag_that_is_no_literal_stands_only_where_tags_are_handed_on() -> None:
    handed_on = {"canonical.py", "kdf.py", "passphrase.py", "statements.py"}
    assert {path.name for path, tag in _tag_arguments() if tag is None} == handed_on


def test_every_method_is_told() -> None:
    protos = (ROOT / "proto" / "vouchsafe").glob("*/v1/*.proto")
    methods = {name for proto in protos for name in re.findall(r"^  rpc (\w+)\(", proto.read_text(), re.MULTILINE)}
    assert len(methods) > 30
    assert {name for name in methods if f"`{name}`" not in page()} == set()


@pytest.mark.parametrize("reasons", REASONS, ids=lambda reasons: reasons.__module__)
def test_every_reason_is_told(reasons: type[ForumReason]) -> None:
    assert {reason for reason in reasons if f"`{reason}`" not in page()} == set()


def test_lines_fit() -> None:
    assert [line for line in page().splitlines() if len(line) > 120 and not line.startswith("|")] == []


def _of_kind(heading: str, kind: str) -> list[tuple[str, str]]:
    return next(declared(cells[1]) for cells in rows(page(), heading) if cells[0] == f"`{kind}`")


def _told(plain: type, size: Size | None) -> str:
    if size is None:
        return {str: "text", int: "integer", Context: "context"}[plain]
    return f"bytes {size.low}" if size.low == size.high else f"bytes {size.low}–{size.high}"


def _embedded(value: object) -> object:
    return value.to_bytes() if isinstance(value, Context) else value


def _tags() -> Iterator[str]:
    """Every tag that the code names: those of statements, of kinds of texts, and of calls."""
    yield from (tag for _, tag in _tag_arguments() if tag is not None)
    yield from (kind.TAG for kind in kinds_of(Statement))


def _tag_arguments() -> Iterator[tuple[Path, str | None]]:
    """Where canonical bytes are made, and under which tag; None for one that is handed on."""
    places = {"signed_bytes": 0, "read_fields": 0, "derive": 1, "Kind": 1}
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "client").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            at = places.get(name)
            if at is None or len(node.args) <= at:
                continue
            argument = node.args[at]
            yield path, str(argument.value) if isinstance(argument, ast.Constant) else None

"""The leak scan finds what it must, by the rule that it documents, and nothing else."""

import base64
import json

import pytest
from bson import encode

from examples.demo.evidence import Item, texts_of
from examples.demo.needles import Needle
from examples.demo.scanner import Scanner

REFERENCE = bytes.fromhex("00112233445566778899aabbccddeeff")
EMAIL = "Wei.Chen@acme.example"


def name(text: str) -> Needle:
    return Needle(f"the name {text}", text.encode(), is_name=True)


def found(needle: Needle, data: bytes, *, own_words: tuple[str, ...] = ()) -> bool:
    scanner = Scanner([needle], own_words)
    scanner.scan(Item("logs", "a log", data))
    return bool(scanner.report.hits)


def in_document(needle: Needle, **fields: object) -> bool:
    scanner = Scanner([needle])
    scanner.scan(Item("database", "a collection", encode(fields), is_document=True))
    return bool(scanner.report.hits)


@pytest.mark.parametrize(
    "data",
    [
        REFERENCE,
        b"noise" + REFERENCE + b"noise",
        REFERENCE.hex().encode(),
        REFERENCE.hex().upper().encode(),
        base64.b64encode(REFERENCE),
        base64.b64encode(b"x" + REFERENCE + b"yz"),
        base64.b64encode(b"xy" + REFERENCE + b"z"),
        base64.urlsafe_b64encode(b"\xff\xfe\xfd" + REFERENCE),
    ],
)
def test_a_reference_is_found_in_every_encoding(data: bytes) -> None:
    assert found(Needle("reference", REFERENCE), data)


def test_another_reference_is_not_found() -> None:
    assert not found(Needle("reference", REFERENCE), REFERENCE[:-1] + b"\x00" + REFERENCE[:-1].hex().encode())


@pytest.mark.parametrize("data", [EMAIL.encode(), EMAIL.lower().encode(), f"<{EMAIL.upper()}>".encode()])
def test_an_address_is_found_in_any_case(data: bytes) -> None:
    assert found(Needle("e-mail", EMAIL.encode()), data)


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("Chen Wei", "by Chen Wei, again", True),
        ("Chen Wei", "by Chen Weiss, again", False),
        ("Anders", "Sanders", False),
        ("Anders", '{"name":"Anders"}', True),
        ("徐景行", "用户徐景行已登录", True),
        ("王芳", '{"name":"王芳"}', True),
        ("王芳", "国王芳名", False),
        ("徐景行", json.dumps({"name": "徐景行"}), True),
        ("Zoë Ruiz", json.dumps({"who": "Zoë Ruiz"}), True),
        ("Li", '{"name":"Li"}', True),
        ("Li", "Lily and Linus", False),
        ("Anders", base64.b64encode(b"Anders").decode(), True),
    ],
)
def test_a_name_counts_where_it_stands_by_itself(text: str, data: str, expected: bool) -> None:
    assert found(name(text), data.encode()) is expected


def test_a_short_name_is_found_in_texts_and_not_in_random_bytes() -> None:
    assert in_document(name("Li"), author={"name": "Li"})
    assert in_document(name("Li"), events=[{"data": b"\x0a\x02Li\x12\x03abc"}])
    assert in_document(name("Li"), events=[{"data": b"\x0a\x06\x0a\x04\x0a\x02Li"}])
    assert not in_document(name("Li"), signature=b"\x91 Li \xfe" + bytes(range(128, 160)))


def test_own_words_are_set_aside_and_told() -> None:
    needle = name("Chen Wei")
    assert not found(needle, b"\x00Ask Chen Wei about it.\x00", own_words=("Ask Chen Wei about it.",))
    assert found(needle, b"Ask Chen Wei about it. Chen Wei", own_words=("Ask Chen Wei about it.",))
    assert len(Scanner([needle], ["Ask Chen Wei about it.", "Something else"]).spoken) == 1


def test_texts_of_a_message_include_headers_and_fields() -> None:
    item = Item("forum's streams", "1", b"forum.public.x\nVs-Pos: 3\n\n\x0a\x05hello")
    assert {"forum.public.x", "Vs-Pos: 3", "hello"} <= set(texts_of(item))


def test_a_report_counts_what_was_scanned() -> None:
    scanner = Scanner([name("Chen Wei")])
    for _ in range(3):
        scanner.scan(Item("logs", "a", b"12345"))
    assert (scanner.report.items["logs"], scanner.report.size["logs"]) == (3, 15)
    assert not scanner.report.hits

"""The leak scan finds what it must, by the rule that it documents, and nothing else."""

import base64
import json

import pytest
from bson import encode

from deploy.local.topology import SERVICES
from examples.demo.evidence import Item, texts_of
from examples.demo.needles import Fact, Needle
from examples.demo.places import PLACES, Kind, Place, part_of
from examples.demo.scanner import Scanner

REFERENCE = bytes.fromhex("00112233445566778899aabbccddeeff")
EMAIL = "Wei.Chen@acme.example"
FORUM = Place("forum", Kind.DATABASE)
LOGS = Place("forum", Kind.LOGS)


def name(text: str) -> Needle:
    return Needle(f"the name {text}", text.encode(), Fact.NAME)


def found(needle: Needle, data: bytes, *, own_words: tuple[str, ...] = ()) -> bool:
    scanner = Scanner([needle], own_words)
    scanner.scan(Item(LOGS, "a log", data))
    return bool(scanner.report.hits)


def in_document(needle: Needle, **fields: object) -> bool:
    scanner = Scanner([needle])
    scanner.scan(Item(FORUM, "a collection", encode(fields)))
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
    assert found(Needle("reference", REFERENCE, Fact.REFERENCE), data)


def test_another_reference_is_not_found() -> None:
    assert not found(
        Needle("reference", REFERENCE, Fact.REFERENCE), REFERENCE[:-1] + b"\x00" + REFERENCE[:-1].hex().encode()
    )


@pytest.mark.parametrize("data", [EMAIL.encode(), EMAIL.lower().encode(), f"<{EMAIL.upper()}>".encode()])
def test_an_address_is_found_in_any_case(data: bytes) -> None:
    assert found(Needle("e-mail", EMAIL.encode(), Fact.MAIL), data)


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
    item = Item(Place("forum", Kind.STREAMS), "1", b"forum.public.x\nVs-Pos: 3\n\n\x0a\x05hello")
    assert {"forum.public.x", "Vs-Pos: 3", "hello"} <= set(texts_of(item))


def test_a_report_counts_what_was_scanned() -> None:
    scanner = Scanner([name("Chen Wei")])
    for _ in range(3):
        scanner.scan(Item(LOGS, "a", b"12345"))
    assert (scanner.report.items[LOGS], scanner.report.size[LOGS]) == (3, 15)
    assert not scanner.report.hits


MAY_BE = [
    ("identity", {Fact.REFERENCE}),
    ("verification", {Fact.REFERENCE}),
    ("forum", {Fact.ALIAS_KEY}),
    ("disclosure", {Fact.ALIAS_KEY, Fact.ENVELOPE}),
]


@pytest.mark.parametrize(("part", "allowed"), MAY_BE)
def test_a_database_is_scanned_for_all_that_its_service_must_not_know(part: str, allowed: set[Fact]) -> None:
    """Each service has one thing that it may keep of a person, and for the rest there is another service."""
    needles = [Needle(fact, f"{fact} of somebody".encode(), fact) for fact in Fact]
    scanner = Scanner(needles)
    place = Place(part, Kind.DATABASE)
    scanner.scan(Item(place, "commits", encode({"_id": 1, "data": b"|".join(n.value for n in needles)})))
    assert {what for _, what in scanner.report.hits} == set(Fact) - allowed


def test_elsewhere_nothing_about_anybody_may_be_but_which_alias_a_case_is_about() -> None:
    told = Place("disclosure", Kind.STREAMS)
    assert set(told.forbidden) == set(Fact) - {Fact.ALIAS_KEY}
    for place in PLACES:
        assert place.kind is Kind.DATABASE or place == told or set(place.forbidden) == set(Fact)


def test_every_kind_of_place_of_every_service_is_scanned() -> None:
    services = {part for part, _ in MAY_BE}
    for kind in (Kind.DATABASE, Kind.STREAMS, Kind.LOGS, Kind.TRACES, Kind.METRICS):
        assert services <= {place.part for place in PLACES if place.kind is kind}
    scanned = {place.part for place in PLACES}
    assert {part_of(process) for process in (*SERVICES, "store-forum", "nats", "smtp")} <= scanned

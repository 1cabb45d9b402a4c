"""Events and stored messages correspond field by field, or the codec refuses to be made."""

from dataclasses import dataclass

import pytest

from services.chassis.log.codec import CodecError, EventCodec, UnknownEventType
from services.chassis.log.eventstore import EventData
from tests.support.events import CODEC, PACKAGE, Colour, Raised, make_messages


@dataclass(frozen=True)
class Part:
    name: str


@dataclass(frozen=True)
class Everything:
    text: str
    raw: bytes
    yes: bool
    big: int
    small: int
    colour: Colour
    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    part: Part
    parts: tuple[Part, ...]
    maybe: int | None
    maybe_part: Part | None


_LINES = [
    "string text",
    "bytes raw",
    "bool yes",
    "int64 big",
    "uint32 small",
    "string colour",
    "repeated string names",
    "repeated string colours",
    "Part part",
    "repeated Part parts",
    "optional int64 maybe",
    "Part maybe_part",
]
_EVERYTHING = make_messages({"Everything": _LINES, "Part": ["string name"]})["Everything"]


@pytest.mark.parametrize(("maybe", "maybe_part"), [(None, None), (0, Part("")), (-5, Part("x"))])
def test_every_kind_comes_back_as_it_went(maybe: int | None, maybe_part: Part | None) -> None:
    codec = EventCodec({Everything: _EVERYTHING})
    event = Everything(
        text="数据\x00",
        raw=b"\xff",
        yes=True,
        big=-(2**63),
        small=2**32 - 1,
        colour=Colour.BLUE,
        names=("a", "", "c"),
        colours=(Colour.RED, Colour.BLUE),
        part=Part("p"),
        parts=(Part("1"), Part("")),
        maybe=maybe,
        maybe_part=maybe_part,
    )
    stored = codec.encode(event)
    assert stored.type == f"{PACKAGE}.Everything"
    (decoded,) = codec.decode(stored.type, stored.data)
    assert decoded == event
    assert type(decoded.colour) is Colour


@dataclass(frozen=True)
class Wrong:
    a: int


@dataclass
class Thawed:
    a: str


@dataclass(frozen=True)
class Pair:
    a: tuple[str, str]


@dataclass(frozen=True)
class Maybe:
    a: str | None


@dataclass(frozen=True)
class Union:
    a: str | int


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (Wrong, ["string a"]),
        (Wrong, ["int64 b"]),
        (Wrong, ["int64 a", "int64 b"]),
        (Wrong, ["bool a"]),
        (Wrong, ["repeated int64 a"]),
        (Wrong, ["optional M a"]),
        (Thawed, ["string a"]),
        (Pair, ["repeated string a"]),
        (Maybe, ["string a"]),
        (Union, ["string a"]),
        (Part, ["M name"]),
        (str, ["string a"]),
    ],
)
def test_a_mismatch_is_found_when_the_codec_is_made(event: type, lines: list[str]) -> None:
    with pytest.raises(CodecError):
        EventCodec({event: make_messages({"M": lines})["M"]})


def test_two_events_cannot_share_a_message() -> None:
    message = make_messages({"M": ["int64 a"]})["M"]
    with pytest.raises(CodecError, match="share"):
        EventCodec({Wrong: message, dataclass(frozen=True)(type("Twin", (), {"__annotations__": {"a": int}})): message})


@pytest.mark.parametrize("by", [2**63, "private words", None])
def test_a_value_that_does_not_fit_is_refused_and_not_quoted(by: object) -> None:
    with pytest.raises(CodecError) as refused:
        CODEC.encode(Raised("c", by))  # type: ignore[arg-type]
    assert "private" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_unknown_names_and_broken_bytes_are_refused() -> None:
    with pytest.raises(UnknownEventType):
        CODEC.encode(Wrong(1))
    with pytest.raises(UnknownEventType):
        CODEC.decode("vouchsafe.other.events.v1.X", b"")
    with pytest.raises(UnknownEventType):
        CODEC.type_name(Wrong)
    with pytest.raises(CodecError):
        CODEC.decode(f"{PACKAGE}.Raised", b"\xff")


def test_an_enum_value_that_is_no_longer_known_is_refused() -> None:
    codec = EventCodec({Everything: _EVERYTHING})
    message = _EVERYTHING(colour="GREEN")
    with pytest.raises(CodecError):
        codec.decode(f"{PACKAGE}.Everything", message.SerializeToString())


def test_names_lead_both_ways() -> None:
    assert CODEC.event_class(CODEC.type_name(Raised)) is Raised
    assert CODEC.encode(Raised("", 0)) == EventData(f"{PACKAGE}.Raised", b"")

"""What was stored by an older version is told as today's events: frozen bytes, and what they must say for good."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.message import Message

from services.chassis.log.codec import CodecError, EventCodec, UnknownEventType
from services.chassis.log.upcast import Upcast
from tests.support.events import PACKAGE, make_messages


@dataclass(frozen=True)
class Opened:
    title: str
    slug: str


@dataclass(frozen=True)
class NameChanged:
    name: str


@dataclass(frozen=True)
class Raised:
    by: int


@dataclass(frozen=True)
class Lowered:
    by: int


MESSAGES = make_messages(
    {
        # As they are written today.
        "Opened": ["string title", "optional string slug"],
        "NameChanged": ["string name"],
        "Raised": ["int64 by"],
        "Lowered": ["int64 by"],
        # No longer written.
        "Renamed": ["string name"],
        "Called": ["string name"],
        "Moved": ["int64 up", "int64 down"],
    }
)
WRITTEN: dict[type, type[Message]] = {
    event: MESSAGES[event.__name__] for event in (Opened, NameChanged, Raised, Lowered)
}


def with_slug(opened: Any) -> Iterable[Any]:
    """A field was added: what older bytes lack is worked out from what they have."""
    if not opened.HasField("slug"):
        opened.slug = opened.title.lower().replace(" ", "-")
    return [opened]


def moved(old: Any) -> Iterable[Any]:
    """One event became two, and moving by nothing is no longer an event."""
    if old.up:
        yield MESSAGES["Raised"](by=old.up)
    if old.down:
        yield MESSAGES["Lowered"](by=old.down)


ADDED = Upcast(MESSAGES["Opened"], (MESSAGES["Opened"],), with_slug)
RENAMED = Upcast(MESSAGES["Renamed"], (MESSAGES["NameChanged"],), lambda old: [MESSAGES["NameChanged"](name=old.name)])  # type: ignore[attr-defined]
BEFORE_THAT = Upcast(MESSAGES["Called"], (MESSAGES["Renamed"],), lambda old: [MESSAGES["Renamed"](name=old.name)])  # type: ignore[attr-defined]
SPLIT = Upcast(MESSAGES["Moved"], (MESSAGES["Raised"], MESSAGES["Lowered"]), moved)
CODEC = EventCodec(WRITTEN, [ADDED, RENAMED, BEFORE_THAT, SPLIT])


@pytest.mark.parametrize(
    ("name", "stored", "told"),
    [
        ("Opened", "0a0c4e6967687420736869667473", (Opened("Night shifts", "night-shifts"),)),
        ("Opened", "0a0c4e696768742073686966747312016e", (Opened("Night shifts", "n"),)),
        ("Opened", "0a0c4e69676874207368696674731200", (Opened("Night shifts", ""),)),
        ("Renamed", "0a026f6c", (NameChanged("ol"),)),
        ("Called", "0a026f6c", (NameChanged("ol"),)),
        ("NameChanged", "0a026f6c", (NameChanged("ol"),)),
        ("Moved", "08051003", (Raised(5), Lowered(3))),
        ("Moved", "0805", (Raised(5),)),
        ("Moved", "", ()),
    ],
    ids=[
        "field added",
        "field there",
        "field there and empty",
        "renamed",
        "renamed twice",
        "today's",
        "in two",
        "in one",
        "in none",
    ],
)
def test_frozen_bytes_are_told_as_todays_events(name: str, stored: str, told: tuple[object, ...]) -> None:
    assert CODEC.decode(f"{PACKAGE}.{name}", bytes.fromhex(stored)) == told


@pytest.mark.parametrize("event", [Opened("A", ""), Opened("A", "b"), NameChanged("n"), Raised(1), Lowered(0)])
def test_what_is_written_today_comes_back_as_it_went(event: object) -> None:
    stored = CODEC.encode(event)
    assert CODEC.decode(stored.type, stored.data) == (event,)


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (Opened, {"Opened"}),
        (NameChanged, {"NameChanged", "Renamed", "Called"}),
        (Raised, {"Raised", "Moved"}),
        (Lowered, {"Lowered", "Moved"}),
    ],
)
def test_an_event_is_known_by_all_names_that_may_tell_it(event: type, names: set[str]) -> None:
    assert CODEC.stored_names_of(event) == {f"{PACKAGE}.{name}" for name in names}


def test_the_codec_tells_what_is_written_and_what_may_be_read() -> None:
    assert CODEC.type_names == tuple(f"{PACKAGE}.{event.__name__}" for event in WRITTEN)
    assert CODEC.stored_names == (*CODEC.type_names, *(f"{PACKAGE}.{name}" for name in ("Called", "Moved", "Renamed")))
    assert CODEC.stored_message(f"{PACKAGE}.Moved") is MESSAGES["Moved"]
    assert [CODEC.is_upcast(f"{PACKAGE}.{name}") for name in ("Opened", "Moved", "Raised")] == [True, True, False]
    with pytest.raises(UnknownEventType):
        CODEC.stored_message(f"{PACKAGE}.Other")
    with pytest.raises(UnknownEventType):
        CODEC.stored_names_of(str)


def test_what_is_no_longer_written_cannot_be_written() -> None:
    with pytest.raises(UnknownEventType):
        CODEC.event_class(f"{PACKAGE}.Renamed")


def _to(*names: str) -> tuple[type[Any], ...]:
    return tuple(MESSAGES[name] for name in names)


@pytest.mark.parametrize(
    ("upcasts", "words"),
    [
        ([RENAMED, RENAMED], "two upcasts"),
        ([BEFORE_THAT], "leads to"),
        ([Upcast(MESSAGES["Raised"], _to("Lowered"), lambda old: [old])], "told as itself"),
        ([RENAMED, Upcast(MESSAGES["Moved"], _to("Moved"), lambda old: [old])], "leads to"),
        (
            [Upcast(MESSAGES["Moved"], _to("Called"), moved), Upcast(MESSAGES["Called"], _to("Moved"), moved)],
            "in a circle",
        ),
    ],
    ids=["twice", "nowhere", "hidden", "to itself", "circle"],
)
def test_upcasts_that_lead_nowhere_are_found_when_the_codec_is_made(upcasts: list[Upcast[Any]], words: str) -> None:
    with pytest.raises(CodecError, match=words):
        EventCodec(WRITTEN, upcasts)


def test_an_undeclared_message_and_broken_bytes_are_refused() -> None:
    lying = Upcast(MESSAGES["Moved"], _to("Raised"), lambda _old: [MESSAGES["Lowered"](by=1)])
    codec = EventCodec(WRITTEN, [lying])
    with pytest.raises(CodecError):
        codec.decode(f"{PACKAGE}.Moved", b"")
    with pytest.raises(CodecError):
        CODEC.decode(f"{PACKAGE}.Moved", b"\xff")

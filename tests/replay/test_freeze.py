"""The command adds what is missing and never touches a line that is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.chassis.log.codec import EventCodec
from services.chassis.log.upcast import Upcast
from tests.replay.examples import VALUES, NoExample
from tests.replay.fixtures import CORPUS, SERVICES, LineBroken, codec_of, read, stored_types
from tests.replay.freeze import freeze
from tests.support.events import PACKAGE, make_messages


@dataclass(frozen=True)
class Noted:
    title: str


@dataclass(frozen=True)
class Dropped:
    title: str


@dataclass(frozen=True)
class Unexplained:
    unheard_of: int


NOTED, TITLED = ["string title"], ["string title", "int64 opened_at"]


def codec(event: type = Noted, lines: list[str] = NOTED) -> EventCodec:
    return EventCodec({event: make_messages({event.__name__: lines})[event.__name__]})


def two_events() -> EventCodec:
    messages = make_messages({"Noted": NOTED, "Dropped": NOTED})
    return EventCodec({Noted: messages["Noted"], Dropped: messages["Dropped"]})


def renamed() -> EventCodec:
    """`Noted` is called `Dropped` today."""
    messages = make_messages({"Noted": NOTED, "Dropped": NOTED})

    def dropped(noted: Any) -> list[Any]:
        return [messages["Dropped"](title=noted.title)]

    return EventCodec({Dropped: messages["Dropped"]}, [Upcast(messages["Noted"], (messages["Dropped"],), dropped)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A corpus of one line."""
    path = tmp_path / "notes.jsonl"
    assert [fixture.type for fixture in freeze(codec(), path)] == [f"{PACKAGE}.Noted"]
    return path


def test_a_line_tells_stream_type_fields_and_bytes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == (
        '{"stream": "test_freeze", "type": "test.counter.events.v1.Noted", '
        '"fields": {"title": "Night shifts"}, "data": "0a0c4e6967687420736869667473"}\n'
    )


def test_a_second_time_nothing_is_added(path: Path) -> None:
    before = path.read_bytes()
    assert freeze(codec(), path) == []
    assert path.read_bytes() == before


def test_a_new_event_is_added_at_the_end(path: Path) -> None:
    before = path.read_bytes()
    assert [fixture.type for fixture in freeze(two_events(), path)] == [f"{PACKAGE}.Dropped"]
    assert path.read_bytes().startswith(before)
    assert len(read(path)) == 2


def test_a_grown_event_is_added_and_its_shorter_self_stays(path: Path) -> None:
    @dataclass(frozen=True)
    class Noted:
        title: str
        opened_at: int

    before = path.read_bytes()
    (new,) = freeze(codec(Noted, TITLED), path)
    assert new.fields == {"title": VALUES["title"], "opened_at": VALUES["opened_at"]}
    assert path.read_bytes() == before + new.to_line().encode()
    assert freeze(codec(Noted, TITLED), path) == []


def test_a_line_that_no_longer_holds_is_not_made_to_hold(path: Path) -> None:
    @dataclass(frozen=True)
    class Noted:
        body: str

    _refuses(codec(Noted, ["string body"]), path)


def test_a_renumbered_field_is_not_made_to_hold(path: Path) -> None:
    @dataclass(frozen=True)
    class Noted:
        opened_at: int
        title: str

    _refuses(codec(Noted, TITLED[::-1]), path)


def test_a_removed_event_keeps_its_line(path: Path) -> None:
    _refuses(codec(Dropped), path)


def test_a_line_that_was_edited_is_not_mended(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("Night", "Day"), encoding="utf-8")
    _refuses(two_events(), path)


def test_a_renamed_event_keeps_its_line_and_gets_another(path: Path) -> None:
    before = path.read_bytes()
    assert [fixture.type for fixture in freeze(renamed(), path)] == [f"{PACKAGE}.Dropped"]
    assert path.read_bytes().startswith(before)
    assert freeze(renamed(), path) == []


def test_an_event_with_a_field_that_is_worked_out_keeps_its_line_and_gets_another(path: Path) -> None:
    @dataclass(frozen=True)
    class Noted:
        title: str
        opened_at: int

    message = make_messages({"Noted": ["string title", "optional int64 opened_at"]})["Noted"]

    def with_time(noted: Any) -> list[Any]:
        if not noted.HasField("opened_at"):
            noted.opened_at = len(noted.title)
        return [noted]

    codec = EventCodec({Noted: message}, [Upcast(message, (message,), with_time)])
    old, before = read(path), path.read_bytes()
    assert old[0].told_with(codec) == (Noted(VALUES["title"], len(VALUES["title"])),)
    (new,) = freeze(codec, path)
    assert new.told_with(codec) == (Noted(VALUES["title"], VALUES["opened_at"]),)
    assert path.read_bytes() == before + new.to_line().encode()
    assert freeze(codec, path) == []


def test_an_event_that_is_no_longer_written_needs_a_line_from_when_it_was(tmp_path: Path) -> None:
    with pytest.raises(NoExample, match=r"Noted is no longer written"):
        freeze(renamed(), tmp_path / "notes.jsonl")


def test_a_line_of_a_retired_event_that_was_edited_is_not_mended(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("Night", "Day"), encoding="utf-8")
    _refuses(renamed(), path)


def test_a_field_without_an_example_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with pytest.raises(NoExample, match=r"Unexplained\.unheard_of needs a value in tests/replay/examples\.py"):
        freeze(codec(Unexplained, ["int64 unheard_of"]), path)
    assert not path.exists()


def test_a_file_whose_last_line_has_no_end_is_left_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="the last line has no end"):
        freeze(two_events(), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_of_a_service_could_be_frozen_anew(service: str, tmp_path: Path) -> None:
    codec = codec_of(service)
    assert [fixture.type for fixture in freeze(codec, tmp_path / "anew.jsonl")] == stored_types(codec)


@pytest.mark.parametrize("service", SERVICES)
def test_freezing_the_corpus_again_leaves_every_line(service: str, tmp_path: Path) -> None:
    before = (CORPUS / f"{service}.jsonl").read_bytes()
    path = tmp_path / "copy.jsonl"
    path.write_bytes(before)
    freeze(codec_of(service), path)
    assert path.read_bytes().startswith(before)


def test_examples_differ_and_none_is_empty() -> None:
    assert all(VALUES.values())
    assert len(set(VALUES.values())) == len(VALUES)


def _refuses(codec: EventCodec, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LineBroken, match=r"notes\.jsonl line 1, test\.counter\.events\.v1\.Noted"):
        freeze(codec, path)
    assert path.read_bytes() == before

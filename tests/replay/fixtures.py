"""The corpus as files, and as what today's code makes of it: one stored event a line, read whole, added to at the end.

What must hold is said by `test_corpus`; new lines are made by `freeze`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from google.protobuf.message import Message

from services.chassis.log.codec import EventCodec
from services.chassis.log.eventstore import EventData

CORPUS = Path(__file__).with_name("corpus")
SERVICES = sorted(path.parents[1].name for path in Path(__file__).parents[2].glob("services/*/adapters/event_codec.py"))
"""Every service that stores events."""


class LineBroken(Exception):
    """Today's code makes something else of what was stored than the code before it."""


@dataclass(frozen=True)
class Fixture:
    """An event as it was stored once.

    `stream`: fixtures of the same name are folded together, in the order of their lines; `type`: the stored type name;
    `fields`: the event's fields at that time, in JSON, bytes in hex; `data`: the stored bytes.
    """

    stream: str
    type: str
    fields: Mapping[str, Any]
    data: bytes

    @classmethod
    def parse(cls, line: str) -> "Fixture":
        """The fixture of a line; KeyError, ValueError for a line that is none."""
        record = json.loads(line)
        return cls(record["stream"], record["type"], record["fields"], bytes.fromhex(record["data"]))

    def to_line(self) -> str:
        """The line, with its end."""
        record = {"stream": self.stream, "type": self.type, "fields": self.fields, "data": self.data.hex()}
        return json.dumps(record, ensure_ascii=False) + "\n"

    def read_with(self, codec: EventCodec) -> dict[str, Any]:
        """The fields that `codec` finds in the bytes, as in `fields`; what it raises goes through.

        A field that came after this fixture is left out if it is empty, as it must be, for the bytes do not have it.
        Of a type that is told otherwise today, the fields are those of the message as it was stored.
        """
        if codec.is_upcast(self.type):
            found = message_in_json(codec.stored_message(self.type).FromString(self.data))
        else:
            found = in_json(*codec.decode(self.type, self.data))
        return {name: value for name, value in found.items() if name in self.fields or value}

    def told_with(self, codec: EventCodec) -> tuple[Any, ...]:
        """The events that `codec` makes of the bytes."""
        return codec.decode(self.type, self.data)

    def written_with(self, codec: EventCodec) -> list[EventData]:
        """What `codec` would store for those events today: for a type that no upcast tells, the very same."""
        return [codec.encode(event) for event in self.told_with(codec)]

    def holds(self, codec: EventCodec) -> bool:
        """Whether `codec` reads the bytes as they were read then, and writes them so, if it writes them at all."""
        if self.read_with(codec) != self.fields:
            return False
        written = self.written_with(codec)
        if codec.is_upcast(self.type):  # Told for good: what would be written today says the same.
            again = [event for each in written for event in codec.decode(each.type, each.data)]
            return again == list(self.told_with(codec))
        return written == [EventData(self.type, self.data)]


def read(path: Path) -> list[Fixture]:
    """The fixtures of a file, none if it does not exist; KeyError, ValueError for lines that are none."""
    if not path.exists():
        return []
    *lines, rest = path.read_text(encoding="utf-8").split("\n")
    if rest:
        raise ValueError(f"{path.name}: the last line has no end, so the next one would run into it")
    return [Fixture.parse(line) for line in lines]


def append(path: Path, fixtures: Iterable[Fixture]) -> None:
    """Add lines at the end of a file, which is made if need be. Nothing here can change a line that is there."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(fixture.to_line() for fixture in fixtures)


def in_json(event: Any) -> dict[str, Any]:
    """An event's fields as JSON has them, bytes in hex."""
    return cast("dict[str, Any]", _in_json(asdict(event)))


def _in_json(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case dict():
            return {name: _in_json(each) for name, each in value.items()}
        case tuple():
            return [_in_json(each) for each in value]
    return value


def message_in_json(message: Message) -> dict[str, Any]:
    """A message's fields as JSON has them, bytes in hex; None for one that is not there and could be."""
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            found[field.name] = [_value_in_json(each) for each in value]
        elif field.has_presence and not message.HasField(field.name):
            found[field.name] = None
        else:
            found[field.name] = _value_in_json(value)
    return found


def _value_in_json(value: Any) -> Any:
    return message_in_json(value) if isinstance(value, Message) else _in_json(value)


def codec_of(service: str) -> EventCodec:
    """The codec of a service's events."""
    return cast("EventCodec", import_module(f"services.{service}.adapters.event_codec").event_codec())


def stored_types(codec: EventCodec) -> list[str]:
    """Every stored type name that a codec reads, in its order: those written today, then those that no longer are."""
    return list(codec.stored_names)


def unproven_types(codec: EventCodec, fixtures: Iterable[Fixture]) -> list[str]:
    """The types that no fixture shows whole, every field with something in it: new ones, and those that have grown."""
    whole = {fixture.type for fixture in fixtures if _is_whole(codec, fixture)}
    return [name for name in stored_types(codec) if name not in whole]


def _is_whole(codec: EventCodec, fixture: Fixture) -> bool:
    if fixture.type not in stored_types(codec):
        return False
    return all(fixture.fields.get(field.name) for field in codec.stored_message(fixture.type).DESCRIPTOR.fields)

"""A little domain for tests of the event log: a counter that can be raised, renamed and closed.

Its messages are made here and not compiled, since no service has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.chassis.log.codec import EventCodec

PACKAGE = "test.counter.events.v1"

_KINDS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
}


def make_messages(messages: dict[str, Sequence[str]]) -> dict[str, type[Message]]:
    """Message classes from lines such as `repeated string names`; a kind may be a message of the same call."""
    file = FileDescriptorProto(name="test.proto", package=PACKAGE, syntax="proto3")
    for name, lines in messages.items():
        message = file.message_type.add(name=name)
        for number, line in enumerate(lines, start=1):
            *label, kind, field_name = line.split()
            field = message.field.add(name=field_name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
            if kind in _KINDS:
                field.type = _KINDS[kind]
            else:
                field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            if label == ["repeated"]:
                field.label = FieldDescriptorProto.LABEL_REPEATED
            if label == ["optional"]:
                field.proto3_optional = True
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field_name}")
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in messages}


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True)
class Raised:
    counter: str
    by: int


@dataclass(frozen=True)
class Renamed:
    counter: str
    name: str


@dataclass(frozen=True)
class Closed:
    counter: str


CounterEvent = Raised | Renamed | Closed

_MESSAGES = make_messages(
    {
        "Raised": ["string counter", "int64 by"],
        "Renamed": ["string counter", "string name"],
        "Closed": ["string counter"],
    }
)
CODEC = EventCodec({Raised: _MESSAGES["Raised"], Renamed: _MESSAGES["Renamed"], Closed: _MESSAGES["Closed"]})


@dataclass(frozen=True)
class Raise:
    by: int


@dataclass(frozen=True)
class Total:
    total: int = 0


class TooHighError(Exception):
    """The counter would pass a thousand."""


def _evolve(state: Total, event: Raised) -> Total:
    return Total(state.total + event.by)


def _decide(command: Raise, state: Total) -> tuple[Raised, ...]:
    if state.total + command.by > 1000:
        raise TooHighError
    return (Raised("c", command.by),) if command.by else ()


COUNTER = SimpleNamespace(initial=Total(), evolve=_evolve, decide=_decide)

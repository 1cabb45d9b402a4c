"""Converts a service's events between frozen dataclasses and the protobuf messages that are stored.

Dataclass and message have the same field names; a codec checks names and kinds when it is made, so that a mismatch
stops the process at its start instead of losing a field later. The stored type name is the message's full name. How
versions that are no longer written are told is the `upcast`s' business.

Kinds: `str` (and `StrEnum`) to string, `bytes`, `bool`, `int` to any integer, `float` to double, a frozen dataclass to
a message, `tuple[kind, ...]` to repeated; `kind | None` to an `optional` field or a message.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from services.chassis.log.eventstore import EventData
from services.chassis.log.upcast import Upcast, Upcasts

_INTEGERS = frozenset(
    getattr(FieldDescriptor, f"TYPE_{name}")
    for name in ("INT32", "INT64", "UINT32", "UINT64", "SINT32", "SINT64", "FIXED32", "FIXED64", "SFIXED32", "SFIXED64")
)
_SCALARS: dict[type, frozenset[int]] = {
    str: frozenset({FieldDescriptor.TYPE_STRING}),
    bytes: frozenset({FieldDescriptor.TYPE_BYTES}),
    bool: frozenset({FieldDescriptor.TYPE_BOOL}),
    int: _INTEGERS,
    float: frozenset({FieldDescriptor.TYPE_DOUBLE}),
}

_RECENT = 1024
_LARGE = 8192
"""How many events are remembered as they were decoded, and from how many bytes on one is not: 8 MiB at the most."""


class CodecError(Exception):
    """Events and messages do not fit each other."""


class UnknownEventType(CodecError):
    """An event, or a stored type name, that this codec was not told of."""


class EventCodec:
    """Encodes and decodes the events of one service.

    `messages` maps each event dataclass to its generated message class, `upcasts` tell what is stored otherwise; raises
    CodecError when a pair does not fit or an upcast leads nowhere.
    """

    def __init__(self, messages: Mapping[type, type[Message]], upcasts: Sequence[Upcast[Any]] = ()) -> None:
        self._by_class = {event: _Pair(event, message) for event, message in messages.items()}
        self._by_name = {pair.name: pair for pair in self._by_class.values()}
        if len(self._by_name) != len(self._by_class):
            raise CodecError("two events share a message")
        try:
            self._upcasts = Upcasts(upcasts, written=self._by_name)
        except ValueError as error:
            raise CodecError(str(error)) from error
        self._lately = lru_cache(maxsize=_RECENT)(self._decoded)

    def encode(self, event: object) -> EventData:
        """The event as it is stored; raises UnknownEventType, CodecError for a value that the field cannot hold."""
        pair = self._by_class.get(type(event))
        if pair is None:
            raise UnknownEventType(type(event).__name__)
        try:
            return EventData(pair.name, pair.to_message(event).SerializeToString(deterministic=True))
        except (TypeError, ValueError) as error:
            # The cause is dropped: protobuf's words quote the value, which may be private.
            raise CodecError(f"{pair.name}: a field cannot hold its value ({type(error).__name__})") from None

    def decode(self, type_name: str, data: bytes) -> tuple[Any, ...]:
        """What a stored event says, as dataclasses: one, unless what was written then is now told otherwise.

        Raises UnknownEventType, CodecError for bytes that are no such message.
        """
        # The followers of one process come to the same events one soon after the other; events are frozen, so they can
        # be given the same ones.
        return self._decoded(type_name, data) if len(data) > _LARGE else self._lately(type_name, data)

    def _decoded(self, type_name: str, data: bytes) -> tuple[Any, ...]:
        message = self.stored_message(type_name)
        try:
            if type_name not in self._upcasts.names:
                return (self._by_name[type_name].to_event(message.FromString(data)),)
            told = self._upcasts.told(message.FromString(data))
            return tuple(self._by_name[each.DESCRIPTOR.full_name].to_event(each) for each in told)
        except (DecodeError, ValueError) as error:
            raise CodecError(f"{type_name}: the stored bytes do not fit ({type(error).__name__})") from None

    @property
    def type_names(self) -> tuple[str, ...]:
        """The name of every event that is written today, in the order in which the codec was told of them."""
        return tuple(self._by_name)

    @property
    def stored_names(self) -> tuple[str, ...]:
        """Every name that can be decoded: `type_names`, then those that are no longer written."""
        return (*self._by_name, *sorted(self._upcasts.names - set(self._by_name)))

    def stored_names_of(self, event_class: type) -> frozenset[str]:
        """The names under which something is stored that may decode to an event of this class; UnknownEventType.

        What is stored under one of them may also decode to other events, or to nothing.
        """
        return self._upcasts.names_of(self.type_name(event_class))

    def stored_message(self, type_name: str) -> type[Message]:
        """The message class of the stored bytes; raises UnknownEventType."""
        if type_name in self._by_name:
            return self._by_name[type_name].message
        message = self._upcasts.message(type_name)
        if message is None:
            raise UnknownEventType(type_name)
        return message

    def is_upcast(self, type_name: str) -> bool:
        """Whether what is stored under this name may be told otherwise than it was written."""
        return type_name in self._upcasts.names

    def type_name(self, event_class: type) -> str:
        """The stored type name of an event class, as it is written today; raises UnknownEventType."""
        if event_class not in self._by_class:
            raise UnknownEventType(event_class.__name__)
        return self._by_class[event_class].name

    def event_class(self, type_name: str) -> type:
        """The event class of a name that is written today; raises UnknownEventType."""
        if type_name not in self._by_name:
            raise UnknownEventType(type_name)
        return self._by_name[type_name].event


class _Pair:
    """A dataclass and its message, with one `_Field` for each field."""

    def __init__(self, event: type, message: type[Message]) -> None:
        descriptor = message.DESCRIPTOR
        if not is_dataclass(event) or not event.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            raise CodecError(f"{event.__name__} is no frozen dataclass")
        names = {field.name for field in fields(event)}
        numbered = {field.name: typing.cast("FieldDescriptor", field) for field in descriptor.fields}
        if names != set(numbered):
            raise CodecError(f"{event.__name__} and {descriptor.full_name} differ in {sorted(names ^ set(numbered))}")
        self.event, self.message, self.name = event, message, descriptor.full_name
        hints = typing.get_type_hints(event)
        every = [_Field(event, hints[name], field) for name, field in numbered.items()]
        # Most fields of most events are the same on both sides, and taken over by name without a call for each.
        self._same = [field.name for field in every if field.is_same]
        self._converted = [field for field in every if not field.is_same]

    def to_message(self, event: object) -> Message:
        values = {name: getattr(event, name) for name in self._same}
        if None in values.values():
            raise TypeError("None where there must be a value")  # a message would take it for nothing said
        message = self.message(**values)
        for field in self._converted:
            field.put(message, getattr(event, field.name))
        return message

    def to_event(self, message: Message) -> Any:
        values = {name: getattr(message, name) for name in self._same}
        for field in self._converted:
            values[field.name] = field.take(message)
        return self.event(**values)


class _Field:
    """One field's conversion, worked out once from the dataclass's annotation and the message's descriptor."""

    def __init__(self, event: type, hint: Any, field: FieldDescriptor) -> None:
        self.name = field.name
        where = f"{event.__name__}.{field.name}"
        self._optional, hint = _without_none(hint)
        self._repeated = typing.get_origin(hint) is tuple
        if self._repeated:
            arguments = typing.get_args(hint)
            if len(arguments) != 2 or arguments[1] is not Ellipsis:
                raise CodecError(f"{where}: a tuple must be of one kind and any length")
            hint = arguments[0]
        if self._repeated != field.is_repeated or (self._optional and not field.has_presence):
            raise CodecError(f"{where}: repeated and optional must be so on both sides")
        self._pair = _nested(hint, field, where)
        self._read: Callable[[Any], Any] = self._pair.to_event if self._pair else _reader(hint, field, where)
        self.is_same = not self._optional and not self._repeated and hint in _SCALARS

    def put(self, message: Message, value: Any) -> None:
        if value is None and self._optional:
            return
        if self._repeated:
            getattr(message, self.name).extend(value if self._pair is None else map(self._pair.to_message, value))
        elif self._pair is not None:
            getattr(message, self.name).CopyFrom(self._pair.to_message(value))
        else:
            setattr(message, self.name, value)

    def take(self, message: Message) -> Any:
        if self._optional and not message.HasField(self.name):
            return None
        value = getattr(message, self.name)
        return tuple(map(self._read, value)) if self._repeated else self._read(value)


def _without_none(hint: Any) -> tuple[bool, Any]:
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return False, hint
    kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
    return len(kinds) == 1, kinds[0] if len(kinds) == 1 else hint


def _nested(hint: Any, field: FieldDescriptor, where: str) -> _Pair | None:
    if not is_dataclass(hint):
        return None
    if field.message_type is None:
        raise CodecError(f"{where}: the message has no message there")
    return _Pair(typing.cast("type", hint), GetMessageClass(field.message_type))


def _reader(hint: Any, field: FieldDescriptor, where: str) -> Callable[[Any], Any]:
    is_enum = isinstance(hint, type) and issubclass(hint, StrEnum)
    if field.type not in _SCALARS.get(str if is_enum else hint, frozenset()):
        raise CodecError(f"{where}: {hint} does not fit the message's field")
    return typing.cast("Callable[[Any], Any]", hint)
